import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mien.settings import Settings
from mien.trust.policy import (
    Policy,
    PolicyRefused,
    read_draft,
    read_signed,
    sign_policy,
    write_draft,
)
from mien.trust.signed_json import key_name, sign_json

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
STRICT = Policy("required", "required", "deny", 1.5, "burned_in", "hold")


def signed(about: dict[str, Any]) -> bytes:
    """A file that is well signed, whatever it says."""
    whole = {
        "policy": about,
        "signature": sign_json(about, KEY),
        "key": key_name(KEY.public_key()),
    }
    return json.dumps(whole, indent=2).encode() + b"\n"


def test_the_defaults_are_the_settings() -> None:
    policy, settings = Policy(), Settings()
    assert policy.likeness == settings.likeness
    assert policy.gate == settings.gate
    assert policy.lost_face == settings.lost_face.value
    assert (policy.recording == "allow") is settings.recording.allow
    assert policy.recording_days == settings.recording.keep_days


def test_a_signed_policy_is_read_as_it_was_written() -> None:
    for policy in (Policy(), STRICT):
        assert read_signed(sign_policy(policy, KEY), KEY.public_key()) == policy
        assert read_draft(write_draft(policy)) == policy
    assert json.loads(sign_policy(STRICT, KEY))["policy"] == STRICT.as_json()


def test_any_changed_byte_is_found() -> None:
    data = sign_policy(STRICT, KEY)
    for place in range(len(data)):
        for flip in (1, 0x20):
            changed = bytearray(data)
            changed[place] ^= flip
            with pytest.raises(PolicyRefused):
                read_signed(bytes(changed), KEY.public_key())


@pytest.mark.parametrize("more", [b" ", b"\n", b"{}"])
def test_what_is_added_is_found(more: bytes) -> None:
    with pytest.raises(PolicyRefused):
        read_signed(sign_policy(STRICT, KEY) + more, KEY.public_key())


def test_a_field_said_twice_is_found() -> None:
    data = sign_policy(STRICT, KEY).replace(b'"gate":', b'"gate": "off",\n    "gate":')
    with pytest.raises(PolicyRefused, match="changed"):
        read_signed(data, KEY.public_key())


def test_another_key_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(PolicyRefused, match="another key"):
        read_signed(sign_policy(STRICT, other), KEY.public_key())
    lying = sign_policy(STRICT, other).replace(
        key_name(other.public_key()).encode(), key_name(KEY.public_key()).encode()
    )
    with pytest.raises(PolicyRefused, match="changed"):
        read_signed(lying, KEY.public_key())


@pytest.mark.parametrize("name", Policy().as_json())
def test_each_field_must_be_there(name: str) -> None:
    about = Policy().as_json()
    del about[name]
    with pytest.raises(PolicyRefused, match=f"lacks {name}"):
        read_signed(signed(about), KEY.public_key())


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(PolicyRefused, match="says watermark: no such field"):
        read_signed(signed(Policy().as_json() | {"watermark": "off"}), KEY.public_key())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("likeness", "off"),
        ("gate", None),
        ("recording", True),
        ("recording_days", 0),
        ("recording_days", "7"),
        ("label", "none"),
        ("lost_face", "card"),
    ],
)
def test_a_value_that_nobody_understands_is_refused(name: str, value: object) -> None:
    with pytest.raises(PolicyRefused, match=f"The policy's {name}: "):
        read_signed(signed(Policy().as_json() | {name: value}), KEY.public_key())


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"{}", b'{"policy": 1}', b"null"])
def test_what_is_no_policy_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyRefused):
        read_signed(data, KEY.public_key())
    with pytest.raises(PolicyRefused):
        read_draft(data)


def test_a_number_without_end_is_no_number_of_days() -> None:
    draft = write_draft(Policy()).replace(b"7.0", b"Infinity")
    with pytest.raises(PolicyRefused):
        read_draft(draft)


def test_a_digest_tells_policies_apart() -> None:
    assert Policy().digest == Policy().digest
    assert len({Policy().digest, STRICT.digest, replace(STRICT, gate="on").digest}) == 3

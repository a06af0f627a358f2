import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mien.live.governance import (
    PIN_FILE,
    POLICY_FILE,
    govern,
    install_policy,
    policy_of,
    signed_policy,
)
from mien.settings import LostFace, RecordingSettings, Settings
from mien.trust.audit import LOG_FILE, open_audit_log
from mien.trust.policy import Policy, PolicyRefused, sign_policy

KEY = Ed25519PrivateKey.generate()
STRICT = Policy("required", "required", "deny", 1.5, "burned_in", "hold")


def install(folder: Path, policy: Policy = STRICT, key: Ed25519PrivateKey = KEY) -> None:
    install_policy(folder, policy, key, open_audit_log(folder, lambda: 1.0))


def test_without_a_policy_the_settings_decide(tmp_path: Path) -> None:
    assert signed_policy(tmp_path) is None
    settings = Settings(gate="off")
    assert govern(settings, None) is settings
    assert policy_of(settings) == replace(Policy(), gate="off")


def test_the_first_key_stays_the_only_one(tmp_path: Path) -> None:
    install(tmp_path)
    assert signed_policy(tmp_path) == STRICT
    with pytest.raises(PolicyRefused, match="another key"):
        install(tmp_path, Policy(), Ed25519PrivateKey.generate())
    assert signed_policy(tmp_path) == STRICT, "nothing was written"
    install(tmp_path, Policy())
    assert signed_policy(tmp_path) == Policy()
    lines = (tmp_path / LOG_FILE).read_text().splitlines()
    changes = [json.loads(line) for line in lines]
    assert [one["event"] for one in changes] == ["policy.changed"] * 2
    assert [one["digest"] for one in changes] == [STRICT.digest, Policy().digest]


def test_somebody_else_s_policy_in_its_place_is_refused(tmp_path: Path) -> None:
    install(tmp_path)
    (tmp_path / POLICY_FILE).write_bytes(sign_policy(Policy(), Ed25519PrivateKey.generate()))
    with pytest.raises(PolicyRefused, match="another key"):
        signed_policy(tmp_path)


@pytest.mark.parametrize("gone", [POLICY_FILE, PIN_FILE])
def test_taking_one_of_the_two_files_away_does_not_free_anybody(tmp_path: Path, gone: str) -> None:
    install(tmp_path)
    (tmp_path / gone).unlink()
    with pytest.raises(PolicyRefused, match=f"{gone} is missing"):
        signed_policy(tmp_path)


def test_a_pin_that_is_no_key_is_refused(tmp_path: Path) -> None:
    install(tmp_path)
    (tmp_path / PIN_FILE).write_text("no key")
    with pytest.raises(PolicyRefused, match="can't be read"):
        signed_policy(tmp_path)
    other_kind = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = other_kind.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / PIN_FILE).write_bytes(pem)
    with pytest.raises(PolicyRefused, match="no Ed25519 key"):
        signed_policy(tmp_path)


@pytest.mark.parametrize(
    ("change", "reads", "value"),
    [
        ({"likeness": "required"}, lambda made: made.likeness, "required"),
        ({"gate": "off"}, lambda made: made.gate, "off"),
        ({"recording": "deny"}, lambda made: made.recording.allow, False),
        ({"recording_days": 2.5}, lambda made: made.recording.keep_days, 2.5),
        ({"lost_face": "pass"}, lambda made: made.lost_face, LostFace.PASS),
    ],
)
def test_each_field_overrides_its_setting(change: dict[str, Any], reads: Any, value: Any) -> None:
    settings = Settings(gate="required", lost_face=LostFace.HOLD)
    policy = replace(policy_of(settings), **change)
    governed = govern(settings, policy)
    assert reads(settings) != value
    assert reads(governed) == value
    assert policy_of(governed) == policy, "and nothing else"


def test_what_a_policy_does_not_name_stays() -> None:
    settings = Settings(port=1234, recording=RecordingSettings(keep_days=3))
    governed = govern(settings, STRICT)
    assert governed.port == 1234
    assert settings.recording.keep_days == 3, "the settings themselves are not touched"


def test_only_the_owner_may_write_it(tmp_path: Path) -> None:
    install(tmp_path)
    for name in (POLICY_FILE, PIN_FILE):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600

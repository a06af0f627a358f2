import json
import re
from base64 import urlsafe_b64encode
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from mien.trust.session_statement import (
    SessionStatement,
    StatementRefused,
    read_statement,
    sign_statement,
)
from mien.trust.statement_keys import (
    KEYS_FILE,
    StatementKeys,
    StatementKeysBroken,
    open_statement_keys,
    read_statement_keys,
    rotate_statement_keys,
)

STATEMENT = SessionStatement(
    iss="mien-test",
    iat=1_800_000_000,
    session="5e" * 16,
    mark_id="c0ffee123456",
    policy="ab" * 32,
    policy_signed=True,
    label="burned_in",
    engine_version="1.2.3",
)


@pytest.fixture
def keys(tmp_path: Path) -> StatementKeys:
    return open_statement_keys(tmp_path)


def signed(key: OKPKey | OctKey, payload: Any, **header: Any) -> str:
    """What somebody else's program might make."""
    head = {"typ": "mien-session-statement+jwt", "alg": "Ed25519", "kid": key.thumbprint()}
    data = json.dumps(payload).encode()
    return jws.serialize_compact(head | header, data, key, algorithms=["Ed25519", "HS256"])


def test_what_was_signed_is_read_with_the_published_keys(keys: StatementKeys) -> None:
    text = sign_statement(STATEMENT, keys.newest)
    published = StatementKeys.from_jwks(json.loads(json.dumps(keys.public())))
    assert read_statement(text, published) == STATEMENT
    assert "d" not in published.newest.as_dict()
    said = STATEMENT.as_text()
    assert said.startswith("On 2027-01-15 at 08:00:00 UTC mien-test had session 5e5e")
    assert "marked c0ffee123456, by mien 1.2.3 under policy abababababababab." in said


def test_each_changed_character_is_found(keys: StatementKeys) -> None:
    """Also in the last of a part, where base64 has bits to spare."""
    text = sign_statement(STATEMENT, keys.newest)
    for place, was in enumerate(text):
        for now in "ABQgwx_.9":
            if now != was:
                with pytest.raises(StatementRefused):
                    read_statement(text[:place] + now + text[place + 1 :], keys)
    for changed in (text + "A", text[:-1], " " + text, text + "=", "", "é.é.é", "a" * 5000):
        with pytest.raises(StatementRefused):
            read_statement(changed, keys)


def test_a_stranger_s_signature_is_refused(keys: StatementKeys) -> None:
    stranger = OKPKey.generate_key("Ed25519")
    claims = asdict(STATEMENT)
    assert read_statement(signed(keys.newest, claims), keys) == STATEMENT
    for text in (
        sign_statement(STATEMENT, stranger),
        signed(stranger, claims, kid=keys.newest.thumbprint()),
        signed(keys.newest, claims, kid="another"),
        signed(keys.newest, claims, typ="JWT"),
    ):
        with pytest.raises(StatementRefused):
            read_statement(text, keys)


def test_no_other_algorithm_is_taken(keys: StatementKeys) -> None:
    """The public key must not serve as an HMAC's secret, nor `none` as a signature."""
    kid = keys.newest.thumbprint()
    public = OctKey.import_key(str(keys.newest.as_dict(private=False)["x"]))
    forged = signed(public, asdict(STATEMENT), alg="HS256", kid=kid)
    head = {"typ": "mien-session-statement+jwt", "alg": "none", "kid": kid}
    parts = (json.dumps(part).encode() for part in (head, asdict(STATEMENT)))
    unsigned = ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
    for text in (forged, unsigned):
        with pytest.raises(StatementRefused):
            read_statement(text, keys)


@pytest.mark.parametrize("change", [{"iat": "now"}, {"label": "none"}, {"mark_id": 5}])
def test_claims_of_another_kind_are_refused(keys: StatementKeys, change: dict[str, Any]) -> None:
    with pytest.raises(StatementRefused):
        read_statement(signed(keys.newest, asdict(STATEMENT) | change), keys)
    with pytest.raises(StatementRefused):
        read_statement(signed(keys.newest, [1]), keys)


def test_a_rotated_key_still_verifies_and_can_sign_no_more(tmp_path: Path) -> None:
    old = open_statement_keys(tmp_path)
    before = sign_statement(STATEMENT, old.newest)
    rotated = rotate_statement_keys(tmp_path)
    assert rotated.newest.thumbprint() != old.newest.thumbprint()
    kept = read_statement_keys(tmp_path / KEYS_FILE)
    assert [key.is_private for key in kept.keys] == [False, True]
    for text in (before, sign_statement(STATEMENT, kept.newest)):
        assert read_statement(text, kept) == STATEMENT
        assert read_statement(text, StatementKeys.from_jwks(kept.public())) == STATEMENT
    newest = kept.public()["keys"][0]
    assert newest["kid"] == kept.newest.thumbprint()
    assert {k: v for k, v in newest.items() if k not in ("kid", "x")} == {
        "kty": "OKP",
        "crv": "Ed25519",
        "use": "sig",
        "alg": "Ed25519",
    }


def test_the_file_of_keys_is_private_and_kept(tmp_path: Path) -> None:
    first = open_statement_keys(tmp_path)
    path = tmp_path / KEYS_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert open_statement_keys(tmp_path).newest.thumbprint() == first.newest.thumbprint()
    for broken in ("", "{}", '{"keys": []}', '{"keys": [{"kty": "OKP", "crv": "Ed25519"}]}', "[1]"):
        path.write_text(broken)
        with pytest.raises(StatementKeysBroken):
            open_statement_keys(tmp_path)
    path.write_text('{"keys": [{"kty": "EC", "crv": "P-256"}, 5]}')
    with pytest.raises(StatementKeysBroken, match=re.escape("no Ed25519 key")):
        open_statement_keys(tmp_path)

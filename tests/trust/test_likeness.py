from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mien.trust.likeness import Basis, Likeness, Scope, alike, is_genuine, sign_likeness

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RECORD = Likeness(
    id="lik_1",
    tenant_id="studio",
    subject="Eileen Collins",
    basis=Basis.WRITTEN_LICENCE,
    scope=(Scope.LIVE,),
    adult=True,
    valid_from=100.0,
    valid_until=200.0,
    created_at=90.0,
    evidence="ab" * 32,
    verifier="studio",
)
CHANGES: tuple[dict[str, Any], ...] = (
    {"id": "lik_2"},
    {"tenant_id": "other"},
    {"subject": "Grace Hopper"},
    {"basis": Basis.SELF},
    {"scope": (Scope.LIVE, Scope.FILE)},
    {"adult": False},
    {"valid_from": 99.0},
    {"valid_until": None},
    {"created_at": 91.0},
    {"evidence": "ac" * 32},
    {"verifier": None},
)


def test_a_signed_record_is_genuine_and_stays_so_when_consent_is_withdrawn() -> None:
    signed = sign_likeness(RECORD, KEY)
    assert is_genuine(signed, KEY.public_key())
    assert is_genuine(replace(signed, revoked_at=150.0), KEY.public_key())


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_change_of_any_field_shows(change: dict[str, Any]) -> None:
    signed = sign_likeness(RECORD, KEY)
    assert not is_genuine(replace(signed, **change), KEY.public_key())


@pytest.mark.parametrize("signature", ["", "?", "AAAA", "é"])
def test_what_is_no_signature_is_not_genuine(signature: str) -> None:
    assert not is_genuine(replace(RECORD, signature=signature), KEY.public_key())


def test_another_installations_signature_is_not_genuine() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert not is_genuine(sign_likeness(RECORD, other), KEY.public_key())


def test_a_valid_record_has_nothing_against_it() -> None:
    assert RECORD.objection(Scope.LIVE, 100.0) is None
    assert replace(RECORD, valid_until=None).objection(Scope.LIVE, 1e12) is None


@pytest.mark.parametrize(
    ("change", "use", "now", "word"),
    [
        ({"revoked_at": 120.0}, Scope.LIVE, 150.0, "withdrawn"),
        ({}, Scope.FILE, 150.0, "cover"),
        ({}, Scope.LIVE, 99.9, "valid"),
        ({}, Scope.LIVE, 200.0, "valid"),
    ],
)
def test_what_speaks_against_a_use(
    change: dict[str, Any], use: Scope, now: float, word: str
) -> None:
    objection = replace(RECORD, **change).objection(use, now)
    assert objection is not None
    assert word in objection


def embedding(*values: float) -> Any:
    return np.array([*values, *[0.0] * (128 - len(values))], np.float32)


def test_the_same_persons_faces_are_found_the_most_similar_first() -> None:
    known = {"a": embedding(1.0), "b": embedding(0.0, 1.0), "c": embedding(0.8)}
    assert alike(embedding(0.95), known) == ("a", "c")
    assert alike(embedding(0.0, 0.6), known) == ("b",)
    assert alike(embedding(0.0, 0.0), known) == ()
    assert alike(embedding(1.0), {}) == ()
    # 0.5 apart is one too many.
    assert alike(embedding(0.51), {"a": embedding(1.0)}) == ("a",)
    assert alike(embedding(0.5), {"a": embedding(1.0)}) == ()


def test_a_record_is_proven_by_a_basis_with_evidence_of_an_adult() -> None:
    assert RECORD.proven
    assert not replace(RECORD, basis=Basis.ATTESTED).proven
    assert not replace(RECORD, evidence=None).proven
    assert not replace(RECORD, adult=False).proven

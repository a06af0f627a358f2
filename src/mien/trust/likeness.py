"""A likeness record: whose face may be worn, on what ground, for what, and for how long."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mien.vision.identity import Embedding, distance

# Of two photos of one person's embeddings: about 0.31 apart in the mean, strangers 0.8. Stricter
# than the usual 0.6, for a stranger who passes wears somebody's face.
SAME_PERSON = 0.5


class Basis(StrEnum):
    """On what ground a face is used."""

    SELF = "self"
    WRITTEN_LICENCE = "written_licence"
    SYNTHETIC = "synthetic"
    ESTATE = "estate"
    # The caller says so by calling: what existing clients do. Proves nothing.
    ATTESTED = "attested"


class Scope(StrEnum):
    """For what it may be used."""

    LIVE = "live"
    FILE = "file"
    RECORDING = "recording"


@dataclass(frozen=True)
class Likeness:
    """One record. Times are seconds since the epoch; valid_until None has no end.

    adult: somebody has stated that the person is one. evidence: SHA-256 of what proves the basis,
    hex; verifier: who has looked at it. revoked_at is the only field that changes after the record
    was signed.
    """

    id: str
    tenant_id: str
    subject: str
    basis: Basis
    scope: tuple[Scope, ...]
    adult: bool
    valid_from: float
    valid_until: float | None
    created_at: float
    evidence: str | None = None
    verifier: str | None = None
    revoked_at: float | None = None
    signature: str = ""

    @property
    def proven(self) -> bool:
        """Whether somebody has shown what the use is based on, and that the person is an adult."""
        return self.basis is not Basis.ATTESTED and self.evidence is not None and self.adult

    def objection(self, use: Scope, now: float) -> str | None:
        """Why the face may not be used so at that time, proven or not; None where it may."""
        if self.revoked_at is not None:
            return "Consent to the use of this face was withdrawn."
        if use not in self.scope:
            return f"The record of this face does not cover use '{use.value}'."
        if now < self.valid_from or (self.valid_until is not None and now >= self.valid_until):
            return "The record of this face is not valid at this time."
        return None


def sign_likeness(record: Likeness, key: Ed25519PrivateKey) -> Likeness:
    """The record with the installation's signature over all but the withdrawal."""
    return replace(record, signature=b64encode(key.sign(_signed(record))).decode())


def is_genuine(record: Likeness, key: Ed25519PublicKey) -> bool:
    """Whether nothing but the withdrawal was changed since the record was signed."""
    try:
        key.verify(b64decode(record.signature, validate=True), _signed(record))
    except (InvalidSignature, ValueError):
        return False
    return True


def alike(
    embedding: Embedding, known: Mapping[str, Embedding], within: float = SAME_PERSON
) -> tuple[str, ...]:
    """The names of the faces that are the same person's, the most similar first."""
    apart = {name: distance(embedding, other) for name, other in known.items()}
    return tuple(name for name in sorted(apart, key=lambda one: apart[one]) if apart[name] < within)


def _signed(record: Likeness) -> bytes:
    about = {
        "id": record.id,
        "tenant": record.tenant_id,
        "subject": record.subject,
        "basis": record.basis.value,
        "scope": [use.value for use in record.scope],
        "adult": record.adult,
        "valid": [record.valid_from, record.valid_until],
        "created_at": record.created_at,
        "evidence": record.evidence,
        "verifier": record.verifier,
    }
    return b"mien likeness 1\n" + json.dumps(about, sort_keys=True, ensure_ascii=True).encode()

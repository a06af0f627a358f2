"""The operator's policy: what an installation lets through, signed with the operator's key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ConfigDict, TypeAdapter, ValidationError

from mien.errors import MienError
from mien.trust.signed_json import canonical, is_signed, key_name, sign_json
from mien.trust.strictness import (
    GateMode,
    LabelBy,
    LikenessMode,
    LostFaceMode,
    RecordingDays,
    RecordingMode,
)
from mien.trust.tenant_policy import TenantPolicy


class PolicyRefused(MienError):
    """A policy that was changed, is signed by somebody else, or says what nobody understands."""


@dataclass(frozen=True)
class Policy:
    """The defaults are those of the settings. recording_days: how long recordings are kept.

    label: who draws it; no policy takes label or mark away. tenants: by their names, what is
    otherwise for them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    likeness: LikenessMode = "implicit"
    gate: GateMode = "on"
    recording: RecordingMode = "allow"
    recording_days: RecordingDays = 7.0
    label: LabelBy = "burned_in"
    lost_face: LostFaceMode = "blur"
    tenants: Mapping[str, TenantPolicy] = field(default_factory=dict, hash=False)

    def of(self, tenant_id: str) -> "Policy":
        """What a tenant is under."""
        own = self.tenants.get(tenant_id)
        return replace(self, tenants={}, **(own.fields if own else {}))

    def as_json(self) -> dict[str, Any]:
        """As the file has it; without tenants as it was before they had policies."""
        tenants = {name: own.said for name, own in self.tenants.items()}
        return {**vars(self), "tenants": tenants} if tenants else _installation(self)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, hex: what the audit log calls it."""
        return sha256(canonical(self.as_json())).hexdigest()


def read_draft(data: bytes) -> Policy:
    """A policy that nobody has signed yet. Raises PolicyRefused."""
    return _parsed(_object(data))


def write_draft(policy: Policy) -> bytes:
    """A policy for an operator to edit."""
    return json.dumps(policy.as_json(), indent=2).encode() + b"\n"


def sign_policy(policy: Policy, key: Ed25519PrivateKey) -> bytes:
    """The whole of a signed policy file."""
    about = policy.as_json()
    return _written(about, sign_json(about, key), key_name(key.public_key()))


def read_signed(data: bytes, key: Ed25519PublicKey) -> Policy:
    """The policy of a file that only that key's owner can have written. Raises PolicyRefused."""
    whole = _object(data)
    if set(whole) != {"policy", "signature", "key"} or not isinstance(whole["policy"], dict):
        raise PolicyRefused("The policy is no signed policy; `mien policy sign` makes one.")
    if whole["key"] != key_name(key):
        raise PolicyRefused("The policy is signed by another key than this installation's.")
    about, signature = whole["policy"], str(whole["signature"])
    # Byte for byte, so that what one reads in the file is what was signed.
    if not is_signed(about, signature, key) or data != _written(about, signature, whole["key"]):
        raise PolicyRefused("The policy was changed after it was signed; sign it again.")
    return _parsed(about)


def _written(about: dict[str, Any], signature: str, key: str) -> bytes:
    whole = {"policy": about, "signature": signature, "key": key}
    return json.dumps(whole, indent=2, ensure_ascii=True).encode() + b"\n"


def _object(data: bytes) -> dict[str, Any]:
    try:
        whole = json.loads(data)
    except ValueError as error:
        raise PolicyRefused("The policy is no JSON; start from `mien policy init`.") from error
    if not isinstance(whole, dict):
        raise PolicyRefused("The policy is no JSON object; start from `mien policy init`.")
    return whole


def _parsed(about: dict[str, Any]) -> Policy:
    known = {each.name for each in fields(Policy)}
    if missing := known - set(about) - {"tenants"}:
        raise PolicyRefused(f"The policy lacks {', '.join(sorted(missing))}; say all fields.")
    if unknown := set(about) - known:
        raise PolicyRefused(f"The policy says {', '.join(sorted(unknown))}: no such field.")
    try:
        policy = TypeAdapter(Policy).validate_json(json.dumps(about), strict=True)
    except ValidationError as error:
        wrong = error.errors()[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise PolicyRefused(f"The policy's {place}: {wrong['msg']}.") from error
    _require_strict_tenants(policy)
    return policy


def _require_strict_tenants(policy: Policy) -> None:
    for name, own in policy.tenants.items():
        if (laxer := own.laxer_in(_installation(policy))) and not own.laxer:
            raise PolicyRefused(
                f"The policy of tenant {name} lets more through than the installation's: "
                f'{", ".join(laxer)}. Say "laxer": true there if it is meant.'
            )


def _installation(policy: Policy) -> dict[str, Any]:
    return {name: value for name, value in vars(policy).items() if name != "tenants"}

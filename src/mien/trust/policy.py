"""The operator's policy: what an installation lets through, signed with the operator's key."""

import json
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from mien.errors import MienError
from mien.trust.signed_json import canonical, is_signed, key_name, sign_json


class PolicyRefused(MienError):
    """A policy that was changed, is signed by somebody else, or says what nobody understands."""


@dataclass(frozen=True)
class Policy:
    """The defaults are those of the settings. recording_days: how long recordings are kept.

    label: `burned_in` is all there is; no policy takes label or mark away.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    likeness: Literal["implicit", "required"] = "implicit"
    gate: Literal["off", "on", "required"] = "on"
    recording: Literal["allow", "deny"] = "allow"
    recording_days: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 7.0
    label: Literal["burned_in"] = "burned_in"
    lost_face: Literal["pass", "hold", "blur"] = "blur"

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, hex: what the audit log calls it."""
        return sha256(canonical(asdict(self))).hexdigest()


def read_draft(data: bytes) -> Policy:
    """A policy that nobody has signed yet. Raises PolicyRefused."""
    return _parsed(_object(data))


def write_draft(policy: Policy) -> bytes:
    """A policy for an operator to edit."""
    return json.dumps(asdict(policy), indent=2).encode() + b"\n"


def sign_policy(policy: Policy, key: Ed25519PrivateKey) -> bytes:
    """The whole of a signed policy file."""
    about = asdict(policy)
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
    known = {field.name for field in fields(Policy)}
    if missing := known - set(about):
        raise PolicyRefused(f"The policy lacks {', '.join(sorted(missing))}; say all fields.")
    if unknown := set(about) - known:
        raise PolicyRefused(f"The policy says {', '.join(sorted(unknown))}: no such field.")
    try:
        return TypeAdapter(Policy).validate_json(json.dumps(about), strict=True)
    except ValidationError as error:
        wrong = error.errors()[0]
        field = ".".join(str(part) for part in wrong["loc"])
        raise PolicyRefused(f"The policy's {field}: {wrong['msg']}.") from error

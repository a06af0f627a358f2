"""JSON that is signed: one way to write it down, and Ed25519 over those bytes."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def canonical(about: Mapping[str, Any]) -> bytes:
    """Sorted keys, no spaces, ASCII. Raises ValueError for what JSON has no word for."""
    return json.dumps(
        about, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode()


def sign_json(about: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """The signature over the canonical form, base64."""
    return b64encode(key.sign(canonical(about))).decode()


def is_signed(about: Mapping[str, Any], signature: str, key: Ed25519PublicKey) -> bool:
    """Whether the signature is the key's, over just that."""
    try:
        key.verify(b64decode(signature, validate=True), canonical(about))
    except (InvalidSignature, ValueError):
        return False
    return True


def key_name(key: Ed25519PublicKey) -> str:
    """A public key as it stands beside a signature: its 32 bytes, base64."""
    return b64encode(key.public_bytes_raw()).decode()

"""The installation's keys for session statements: the newest signs, all of them are published."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from mien.errors import MienError
from mien.trust.private_file import write_private

KEYS_FILE = "statement-keys.json"
CURVE: Literal["Ed25519"] = "Ed25519"


class StatementKeysBroken(MienError):
    """The keys can't be read."""


@dataclass(frozen=True, repr=False)
class StatementKeys:
    """At least one key, the oldest first. Only the newest has its private half."""

    keys: tuple[OKPKey, ...]

    @property
    def newest(self) -> OKPKey:
        """The key that signs, where these are the installation's own."""
        return self.keys[-1]

    def find(self, kid: object) -> OKPKey | None:
        """The key of that name, an RFC 7638 thumbprint."""
        return next((key for key in self.keys if key.thumbprint() == kid), None)

    def public(self) -> dict[str, Any]:
        """A JWK set (RFC 7517) of the public halves, the newest first."""
        return {"keys": [_public(key) for key in reversed(self.keys)]}

    @classmethod
    def from_jwks(cls, body: object) -> "StatementKeys":
        """The Ed25519 keys of a JWK set, newest first as `public` gives it.

        Raises StatementKeysBroken where there is none.
        """
        rows = body.get("keys") if isinstance(body, Mapping) else None
        rows = rows if isinstance(rows, list) else []
        try:
            ours = [row for row in rows if isinstance(row, dict) and row.get("crv") == CURVE]
            keys = tuple(OKPKey.import_key(row) for row in reversed(ours))
        except (JoseError, ValueError, TypeError) as error:
            raise StatementKeysBroken("A key of the JWK set can't be read.") from error
        if not keys:
            raise StatementKeysBroken("The JWK set holds no Ed25519 key.")
        return cls(keys)


def open_statement_keys(data_dir: Path) -> StatementKeys:
    """The keys that the data directory holds; the first is made where there are none.

    Raises StatementKeysBroken for a file that is damaged.
    """
    path = data_dir / KEYS_FILE
    return read_statement_keys(path) if path.exists() else _write(path, (_fresh(),))


def read_statement_keys(path: Path) -> StatementKeys:
    """The keys of a JWK set in a file. Raises StatementKeysBroken, OSError."""
    try:
        return StatementKeys.from_jwks(json.loads(path.read_bytes()))
    except ValueError as error:
        raise StatementKeysBroken(f"{path} is no JWK set.") from error


def rotate_statement_keys(data_dir: Path) -> StatementKeys:
    """Sign with a new key from the next start on; what older ones signed still verifies."""
    older = open_statement_keys(data_dir).keys
    return _write(data_dir / KEYS_FILE, (*older, _fresh()))


def _fresh() -> OKPKey:
    return OKPKey.generate_key(CURVE)


def _write(path: Path, keys: tuple[OKPKey, ...]) -> StatementKeys:
    """What no longer signs is kept without what could sign."""
    older = (OKPKey.import_key(key.as_dict(private=False)) for key in keys[:-1])
    kept = StatementKeys((*older, keys[-1]))
    newest, *rest = kept.public()["keys"]
    rows = [{**newest, **keys[-1].as_dict(private=True)}, *rest]
    write_private(path, json.dumps({"keys": rows}, indent=2).encode())
    return kept


def _public(key: OKPKey) -> dict[str, Any]:
    about = {"kid": key.thumbprint(), "use": "sig", "alg": CURVE}
    return {**key.as_dict(private=False), **about}

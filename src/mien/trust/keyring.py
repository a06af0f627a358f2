"""The installation's keys for marks: the newest marks, all of them are looked for."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mien.errors import MienError
from mien.trust.pattern import KEY_BYTES, Pattern, make_pattern
from mien.trust.private_file import write_private

KEYRING_FILE = "mark-keys.json"

RandomBytes = Callable[[int], bytes]


class KeyringBroken(MienError):
    """The file of keys can't be read; without it no frame may leave."""


@dataclass(frozen=True, repr=False)
class MarkKey:
    """id: names the key without giving it away. created_at: seconds since 1970."""

    id: str
    secret: bytes
    created_at: float


@dataclass(frozen=True)
class Keyring:
    """At least one key, the oldest first."""

    keys: tuple[MarkKey, ...]

    @property
    def newest(self) -> MarkKey:
        """The key that new marks are made with."""
        return self.keys[-1]

    def patterns(self) -> list[Pattern]:
        """Of every key, newest first, for a detector."""
        return [make_pattern(key.secret) for key in reversed(self.keys)]


def open_keyring(data_dir: Path, random: RandomBytes, now: float) -> Keyring:
    """The keys that the data directory holds; the first is made where there are none.

    Raises KeyringBroken for a file that is damaged.
    """
    path = data_dir / KEYRING_FILE
    return read_keyring(data_dir) if path.exists() else _write(path, (_fresh(random, now),))


def read_keyring(data_dir: Path) -> Keyring:
    """The keys that the data directory holds. Raises KeyringBroken where there are none."""
    path = data_dir / KEYRING_FILE
    try:
        return _read(path)
    except FileNotFoundError as error:
        raise KeyringBroken(
            f"There are no keys for marks in {data_dir}; name the server's data directory."
        ) from error


def rotate_keyring(data_dir: Path, random: RandomBytes, now: float) -> Keyring:
    """Mark with a new key from the next session on; older marks are still found."""
    older = open_keyring(data_dir, random, now).keys
    return _write(data_dir / KEYRING_FILE, (*older, _fresh(random, now)))


def _fresh(random: RandomBytes, now: float) -> MarkKey:
    return MarkKey(random(4).hex(), random(KEY_BYTES), now)


def _write(path: Path, keys: tuple[MarkKey, ...]) -> Keyring:
    rows = [{"id": k.id, "secret": k.secret.hex(), "created_at": k.created_at} for k in keys]
    write_private(path, json.dumps({"keys": rows}, indent=2).encode())
    return Keyring(keys)


def _read(path: Path) -> Keyring:
    try:
        rows = json.loads(path.read_bytes())["keys"]
        keys = tuple(
            MarkKey(row["id"], bytes.fromhex(row["secret"]), float(row["created_at"]))
            for row in rows
        )
    except (ValueError, KeyError, TypeError) as error:
        raise KeyringBroken(f"{path} is damaged; restore it from a backup.") from error
    if not keys or any(len(key.secret) != KEY_BYTES for key in keys):
        raise KeyringBroken(f"{path} holds no usable key; restore it from a backup.")
    return Keyring(keys)

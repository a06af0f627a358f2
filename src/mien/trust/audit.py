"""The audit log: JSON lines, each sealed with a hash of itself and all before it.

Some of the lines are checkpoints: they sign the chain so far. Whoever may write the file and holds
the key can write another history; and the end of a log can be cut off unseen. Both are found by
comparing with a checkpoint that was copied off the machine.
"""

import fcntl
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mien.errors import MienError
from mien.trust.private_file import write_private

LOG_FILE = "audit.jsonl"
KEY_FILE = "audit-key.pem"
CHECKPOINT_EVERY = 100
CHECKPOINT = "checkpoint"
START = sha256(b"mien audit log 1").hexdigest()
SEAL = len(',"hash":"') + 64 + len('"}\n')

Event = dict[str, Any]


class AuditBroken(MienError):
    """The log can't be continued: what it says last is no line of a log."""


@dataclass(frozen=True)
class Tail:
    """Where the chain stands: lines so far, and the last one's hash."""

    lines: int
    hash: str


@dataclass(frozen=True)
class AuditReport:
    """broken_line counts from 1; None where the whole log is as it was written."""

    lines: int
    checkpoints: int
    unsigned: int
    hash: str
    broken_line: int | None = None
    reason: str | None = None

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return self.reason is None


class AuditLog:
    """Appends. Several processes may: each line is written under a lock on the file."""

    def __init__(self, path: Path, key: Ed25519PrivateKey, clock: Callable[[], float]) -> None:
        self._path, self._key, self._clock = path, key, clock

    def append(self, event: str, **about: str | int | float | bool | None) -> None:
        """Write what happened, onto the disk. Never a face, a token or an address."""
        with self._locked() as (file, tail):
            tail = self._write(file, tail, {"event": event, **about})
            if tail.lines % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
                self._write_checkpoint(file, tail)

    def checkpoint(self) -> Tail:
        """Sign the chain so far; copy what is returned off the machine."""
        with self._locked() as (file, tail):
            return self._write_checkpoint(file, tail)

    def _write_checkpoint(self, file: IO[bytes], tail: Tail) -> Tail:
        signature = b64encode(self._key.sign(_signed(tail))).decode()
        return self._write(file, tail, {"event": CHECKPOINT, "signature": signature})

    def _write(self, file: IO[bytes], tail: Tail, event: Event) -> Tail:
        about = {"line": tail.lines + 1, "time": round(self._clock(), 3), **event}
        body = json.dumps(about, separators=(",", ":"), ensure_ascii=True).encode()[:-1]
        seal = _hash(tail.hash, body)
        file.write(body + f',"hash":"{seal}"}}\n'.encode())
        file.flush()
        os.fsync(file.fileno())
        return Tail(tail.lines + 1, seal)

    @contextmanager
    def _locked(self) -> Iterator[tuple[IO[bytes], Tail]]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file, _tail_of(file)


def open_audit_log(data_dir: Path, clock: Callable[[], float]) -> AuditLog:
    """The log of a data directory; its key is made at the first use."""
    path = data_dir / KEY_FILE
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_private(path, pem)
    return AuditLog(data_dir / LOG_FILE, read_key(path), clock)


def read_key(path: Path) -> Ed25519PrivateKey:
    """The key in a PEM file. Raises ValueError where it is no Ed25519 key."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds no Ed25519 key.")
    return key


def verify_log(path: Path, key: Ed25519PublicKey, known: Tail | None = None) -> AuditReport:
    """Read the whole log and check every byte of it.

    known: a checkpoint kept elsewhere; its line must be there with its hash.
    """
    tail, checkpoints, signed, seen = Tail(0, START), 0, 0, known is None
    with path.open("rb") as file:
        for line in file:
            reason = _fault(line, tail, key)
            tail_before, tail = tail, Tail(tail.lines + 1, _seal_of(line))
            if known and tail.lines == known.lines:
                seen = True
                reason = reason or (None if tail == known else "It is not the line that was kept.")
            if reason:
                return AuditReport(
                    tail_before.lines, checkpoints, 0, tail_before.hash, tail.lines, reason
                )
            if _is_checkpoint(line):
                checkpoints, signed = checkpoints + 1, tail.lines
    report = AuditReport(tail.lines, checkpoints, tail.lines - signed, tail.hash)
    if not seen:
        cut = "The log ends before the checkpoint that was kept."
        report = replace(report, broken_line=tail.lines + 1, reason=cut)
    return report


def _fault(line: bytes, tail: Tail, key: Ed25519PublicKey) -> str | None:
    """What is wrong with a line that follows `tail`."""
    body, seal = line[:-SEAL], _seal_of(line)
    if line[-SEAL:] != f',"hash":"{seal}"}}\n'.encode() or _hash(tail.hash, body) != seal:
        return "It was changed, or lines before it are missing."
    try:
        event = json.loads(line)
        if event["line"] != tail.lines + 1:
            return "Its number is wrong."
        if event["event"] == CHECKPOINT:
            key.verify(b64decode(event["signature"]), _signed(tail))
    except InvalidSignature:
        return "Its signature is not the installation's."
    except (ValueError, KeyError, TypeError):
        return "It is no line of an audit log."
    return None


def _is_checkpoint(line: bytes) -> bool:
    return bool(json.loads(line)["event"] == CHECKPOINT)


def _seal_of(line: bytes) -> str:
    return line[-SEAL:][len(',"hash":"') : -len('"}\n')].decode("ascii", "replace")


def _hash(before: str, body: bytes) -> str:
    return sha256(before.encode() + b"\n" + body).hexdigest()


def _signed(tail: Tail) -> bytes:
    return f"mien audit checkpoint 1\n{tail.lines}\n{tail.hash}".encode()


def _tail_of(file: IO[bytes]) -> Tail:
    """The last whole line's; a line that was not finished when the machine died is cut off."""
    end = file.seek(0, os.SEEK_END)
    last, start = b"", end
    while start > 0 and last.count(b"\n", 0, -1) < 1 + (not last.endswith(b"\n")):
        start = max(0, start - 4096)
        file.seek(start)
        last = file.read(end - start)
    whole = last[: last.rfind(b"\n") + 1]
    file.truncate(end - len(last) + len(whole))
    file.seek(0, os.SEEK_END)
    if not whole:
        return Tail(0, START)
    line = whole[whole.rfind(b"\n", 0, -1) + 1 :]
    try:
        return Tail(int(json.loads(line)["line"]), _seal_of(line))
    except (ValueError, KeyError, TypeError) as error:
        raise AuditBroken("The audit log's last line is damaged; see `mien audit verify`.") from (
            error
        )

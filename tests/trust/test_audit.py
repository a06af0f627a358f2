"""The audit log: every changed byte is found, and so are cuts, forgeries and torn lines."""

import json
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from hashlib import sha256
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mien.trust.audit import (
    KEY_FILE,
    LOG_FILE,
    SEAL,
    START,
    AuditBroken,
    AuditLog,
    Tail,
    open_audit_log,
    read_key,
    verify_log,
)


def write(folder: Path, events: int) -> AuditLog:
    ticks = count(1000)
    log = open_audit_log(folder, lambda: float(next(ticks)))
    for number in range(events):
        log.append("session.created", session=f"s{number}", level=number)
    return log


def public_key(folder: Path) -> Ed25519PublicKey:
    return read_key(folder / KEY_FILE).public_key()


def lines_of(folder: Path) -> list[bytes]:
    return (folder / LOG_FILE).read_bytes().splitlines(keepends=True)


def sealed(before: str, event: dict[str, object]) -> bytes:
    """A line as somebody without the key could forge it."""
    body = json.dumps(event, separators=(",", ":")).encode()[:-1]
    seal = sha256(before.encode() + b"\n" + body).hexdigest()
    return body + f',"hash":"{seal}"}}\n'.encode()


def test_a_log_says_what_happened_and_when(tmp_path: Path) -> None:
    write(tmp_path, 2)
    first, second = (json.loads(line) for line in lines_of(tmp_path))
    assert (first["line"], first["time"], first["event"]) == (1, 1000.0, "session.created")
    assert (second["line"], second["session"], second["level"]) == (2, "s1", 1)


def test_the_chain_is_sha_256_over_the_line_and_the_hash_before(tmp_path: Path) -> None:
    write(tmp_path, 2)
    first, second = lines_of(tmp_path)
    assert sha256(b"mien audit log 1").hexdigest() == START
    seal = sha256(START.encode() + b"\n" + first[:-SEAL]).hexdigest()
    assert json.loads(first)["hash"] == seal
    again = sha256(seal.encode() + b"\n" + second[:-SEAL]).hexdigest()
    assert json.loads(second)["hash"] == again


def test_an_untouched_log_is_intact(tmp_path: Path) -> None:
    write(tmp_path, 205)
    report = verify_log(tmp_path / LOG_FILE, public_key(tmp_path))
    assert report.intact
    assert (report.lines, report.checkpoints, report.unsigned) == (207, 2, 7)


def test_any_changed_byte_is_found(tmp_path: Path) -> None:
    log = write(tmp_path, 2)
    log.checkpoint()
    log.append("session.closed")
    path, key = tmp_path / LOG_FILE, public_key(tmp_path)
    data = bytearray(path.read_bytes())
    for place in range(len(data)):
        for change in (0x01, 0x20):
            data[place] ^= change
            path.write_bytes(data)
            data[place] ^= change
            assert not verify_log(path, key).intact, f"byte {place} ^ {change}"


@pytest.mark.parametrize("what", ["left out", "twice", "swapped", "added at the front"])
def test_moved_lines_are_found(what: str, tmp_path: Path) -> None:
    write(tmp_path, 6)
    lines = lines_of(tmp_path)
    changed = {
        "left out": lines[:2] + lines[3:],
        "twice": lines[:3] + lines[2:],
        "swapped": [*lines[:2], lines[3], lines[2], *lines[4:]],
        "added at the front": [lines[0], *lines],
    }[what]
    (tmp_path / LOG_FILE).write_bytes(b"".join(changed))
    assert not verify_log(tmp_path / LOG_FILE, public_key(tmp_path)).intact


def test_the_first_bad_line_is_named(tmp_path: Path) -> None:
    write(tmp_path, 6)
    lines = lines_of(tmp_path)
    lines[3] = lines[3].replace(b"s3", b"sX")
    (tmp_path / LOG_FILE).write_bytes(b"".join(lines))
    report = verify_log(tmp_path / LOG_FILE, public_key(tmp_path))
    assert (report.broken_line, report.lines) == (4, 3)


def test_a_history_rewritten_without_the_key_is_found(tmp_path: Path) -> None:
    log = write(tmp_path, 3)
    log.checkpoint()
    signature = json.loads(lines_of(tmp_path)[3])["signature"]
    forged, before = [], START
    for number in range(3):
        event = {"line": number + 1, "time": 1.0, "event": "nothing"}
        forged.append(sealed(before, event))
        before = json.loads(forged[-1])["hash"]
    event = {"line": 4, "time": 1.0, "event": "checkpoint", "signature": signature}
    forged.append(sealed(before, event))
    (tmp_path / LOG_FILE).write_bytes(b"".join(forged))
    report = verify_log(tmp_path / LOG_FILE, public_key(tmp_path))
    assert report.broken_line == 4
    assert report.reason == "Its signature is not the installation's."


def test_another_installation_s_key_does_not_fit(tmp_path: Path) -> None:
    write(tmp_path, 2).checkpoint()
    other = Ed25519PrivateKey.generate().public_key()
    assert verify_log(tmp_path / LOG_FILE, other).broken_line == 3


def test_a_well_sealed_line_of_nonsense_is_found(tmp_path: Path) -> None:
    body = b'["no event"'
    seal = sha256(START.encode() + b"\n" + body).hexdigest()
    (tmp_path / LOG_FILE).write_bytes(body + f',"hash":"{seal}"}}\n'.encode())
    key = Ed25519PrivateKey.generate()
    assert verify_log(tmp_path / LOG_FILE, key.public_key()).broken_line == 1
    with pytest.raises(AuditBroken, match="mien audit verify"):
        AuditLog(tmp_path / LOG_FILE, key, lambda: 0.0).append("session.created")


def test_an_end_cut_off_is_found_with_a_checkpoint_kept_elsewhere(tmp_path: Path) -> None:
    log = write(tmp_path, 5)
    kept = log.checkpoint()
    path, key = tmp_path / LOG_FILE, public_key(tmp_path)
    assert verify_log(path, key, kept).intact
    path.write_bytes(b"".join(lines_of(tmp_path)[:3]))
    assert verify_log(path, key).intact, "the file alone can't tell"
    report = verify_log(path, key, kept)
    assert report.reason == "The log ends before the checkpoint that was kept."


def test_a_history_rewritten_with_the_key_is_found_by_a_kept_checkpoint(tmp_path: Path) -> None:
    kept = write(tmp_path, 3).checkpoint()
    (tmp_path / LOG_FILE).unlink()
    write(tmp_path, 4).checkpoint()
    assert verify_log(tmp_path / LOG_FILE, public_key(tmp_path)).intact
    report = verify_log(tmp_path / LOG_FILE, public_key(tmp_path), kept)
    assert report.broken_line == 4
    wrong = replace(kept, hash="0" * 64)
    assert not verify_log(tmp_path / LOG_FILE, public_key(tmp_path), wrong).intact


def test_a_line_torn_by_a_power_cut_is_cut_off_and_the_chain_goes_on(tmp_path: Path) -> None:
    log = write(tmp_path, 3)
    whole = (tmp_path / LOG_FILE).read_bytes()
    (tmp_path / LOG_FILE).write_bytes(whole + b'{"line":4,"time":1')
    assert not verify_log(tmp_path / LOG_FILE, public_key(tmp_path)).intact
    log.append("server.started")
    assert (tmp_path / LOG_FILE).read_bytes().startswith(whole)
    assert verify_log(tmp_path / LOG_FILE, public_key(tmp_path)).lines == 4


def test_a_long_line_is_followed_too(tmp_path: Path) -> None:
    log = write(tmp_path, 1)
    log.append("policy.read", text="x" * 10_000)
    log.append("session.created")
    assert verify_log(tmp_path / LOG_FILE, public_key(tmp_path)).lines == 3


def test_an_empty_log_is_intact(tmp_path: Path) -> None:
    (tmp_path / LOG_FILE).write_bytes(b"")
    key = Ed25519PrivateKey.generate().public_key()
    assert verify_log(tmp_path / LOG_FILE, key).intact
    assert verify_log(tmp_path / LOG_FILE, key, Tail(0, START)).lines == 0


def test_processes_that_write_at_once_make_one_chain(tmp_path: Path) -> None:
    open_audit_log(tmp_path, lambda: 0.0)
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        list(pool.map(_write_twenty, [tmp_path] * 3))
    assert verify_log(tmp_path / LOG_FILE, public_key(tmp_path)).lines == 60


def _write_twenty(folder: Path) -> None:
    log = open_audit_log(folder, random.Random(0).random)
    for _ in range(20):
        log.append("session.created")


def test_only_the_owner_reads_log_and_key(tmp_path: Path) -> None:
    write(tmp_path / "new", 1)
    for name in (LOG_FILE, KEY_FILE):
        assert (tmp_path / "new" / name).stat().st_mode & 0o777 == 0o600

"""The installation's keys: made once, kept private, rotated without losing the old."""

import json
import secrets
from pathlib import Path

import pytest
from tests.trust.pictures import photo

from mien.trust.detector import Detector
from mien.trust.keyring import KEYRING_FILE, KeyringBroken, open_keyring, rotate_keyring
from mien.trust.marking import Marker, Marking


def test_a_key_is_made_once(tmp_path: Path) -> None:
    first = open_keyring(tmp_path / "data", secrets.token_bytes, 5.0)
    again = open_keyring(tmp_path / "data", secrets.token_bytes, 6.0)
    assert first == again
    assert (first.newest.created_at, len(first.newest.secret)) == (5.0, 32)
    other = open_keyring(tmp_path / "other", secrets.token_bytes, 5.0)
    assert other.newest.secret != first.newest.secret


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    open_keyring(tmp_path / "data", secrets.token_bytes, 0.0)
    assert (tmp_path / "data" / KEYRING_FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_no_secret_is_shown_by_accident(tmp_path: Path) -> None:
    keyring = open_keyring(tmp_path, secrets.token_bytes, 0.0)
    assert keyring.newest.secret.hex() not in repr(keyring)
    assert repr(keyring.newest.secret) not in repr(keyring)


def test_after_rotation_old_marks_are_still_found(tmp_path: Path) -> None:
    old = open_keyring(tmp_path, secrets.token_bytes, 0.0).newest
    frame = Marker(Marking(old.secret, 77)).apply(photo(), 9.0)
    rotated = rotate_keyring(tmp_path, secrets.token_bytes, 1.0)
    assert rotated.newest.secret != old.secret
    assert open_keyring(tmp_path, secrets.token_bytes, 2.0) == rotated
    detector = Detector(rotated.patterns())
    detector.feed(frame)
    found = detector.result(thorough=False)
    assert (found.mark_id, found.key) == (77, 1)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"keys": []}', '{"keys": [{"id": "a"}]}', '{"keys": 5}']
)
def test_a_damaged_file_is_an_error_and_stays(text: str, tmp_path: Path) -> None:
    (tmp_path / KEYRING_FILE).write_text(text)
    with pytest.raises(KeyringBroken, match="restore it from a backup"):
        open_keyring(tmp_path, secrets.token_bytes, 0.0)
    assert (tmp_path / KEYRING_FILE).read_text() == text


def test_a_short_key_is_an_error(tmp_path: Path) -> None:
    row = {"id": "a", "secret": "00", "created_at": 0}
    (tmp_path / KEYRING_FILE).write_text(json.dumps({"keys": [row]}))
    with pytest.raises(KeyringBroken):
        open_keyring(tmp_path, secrets.token_bytes, 0.0)

import json
from pathlib import Path
from typing import Any

import pytest
from tests.trust.test_session_statement import STATEMENT
from typer.testing import CliRunner, Result

from mien.cli.app import main
from mien.live.marks import mark_for_file
from mien.settings import Settings
from mien.trust.keyring import KEYRING_FILE
from mien.trust.marking import Marker
from mien.trust.registry import mark_name
from mien.trust.session_statement import sign_statement
from mien.trust.statement_keys import open_statement_keys, rotate_statement_keys
from mien.vision.image import decode_image, encode_jpeg

MEDIA = Path(__file__).parents[1] / "media"


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("MIEN_DATA_DIR", str(folder))
    return folder


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def as_json(*arguments: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("--json", *arguments).stdout)
    return found


@pytest.fixture
def marked(data_dir: Path, tmp_path: Path) -> tuple[Path, str]:
    """A marked JPEG, and its mark's name."""
    marking, _ = mark_for_file(Settings())
    picture = decode_image((MEDIA / "grace_hopper.jpg").read_bytes())
    path = tmp_path / "marked.jpg"
    path.write_bytes(encode_jpeg(Marker(marking).apply(picture, 9.0)))
    return path, mark_name(marking.mark_id)


def test_a_marked_picture_and_what_the_registry_says_of_it(marked: tuple[Path, str]) -> None:
    path, name = marked
    found = as_json(path)
    assert run(path).exit_code == 0
    assert found["marked"] is True
    assert found["mark_id"] == name
    assert found["confidence"] > 0.999999
    assert found["false_positive_rate"] == 1e-6
    assert found["c2pa"] == "absent"
    assert found["statement"]["made"] == "file"
    assert set(found["statement"]) == {"session", "made", "made_at", "engine_version"}


def test_in_words(marked: tuple[Path, str]) -> None:
    path, name = marked
    said = run(path).stdout
    assert "It carries a mark of this installation" in said
    assert f"Mark {name}: made from a file on 20" in said


def test_an_unmarked_picture(marked: tuple[Path, str]) -> None:
    found = as_json(MEDIA / "grace_hopper.jpg")
    assert (found["marked"], found["mark_id"], found["confidence"]) == (False, None, 0.0)
    assert found["statement"] is None
    answer = run(MEDIA / "grace_hopper.jpg")
    assert answer.exit_code == 1
    assert "no proof that the picture is genuine" in answer.stdout


def test_without_its_registry_a_mark_is_still_found(
    marked: tuple[Path, str], data_dir: Path
) -> None:
    for file in data_dir.glob("mien.sqlite3*"):
        file.unlink()
    found = as_json(marked[0])
    assert (found["mark_id"], found["statement"]) == (marked[1], None)
    assert "no statement about it" in run(marked[0]).stdout
    assert not list(data_dir.glob("mien.sqlite3*"))


def test_another_installation_does_not_know_it(marked: tuple[Path, str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    answer = run(marked[0], "--data-dir", other)
    assert answer.exit_code == 2
    assert "name the server's data directory" in answer.stderr
    assert not (other / KEYRING_FILE).exists(), "looking makes no keys"


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_cannot_be_read(marked: tuple[Path, str], tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    answer = run(path)
    assert answer.exit_code == 2
    assert answer.stderr
    assert "Traceback" not in answer.output


def test_a_swapped_clip_is_found_by_its_mark(data_dir: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    arguments = ["swap", str(MEDIA / "astronaut.png"), str(MEDIA / "blink.mp4"), "-o", str(output)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    found = as_json(output)
    assert found["marked"] is True
    assert (found["c2pa"], found["manifest"]["mark_id"]) == ("trusted", found["mark_id"])
    assert found["statement"]["made"] == "file"
    assert (data_dir / KEYRING_FILE).stat().st_mode & 0o777 == 0o600


def test_a_swapped_picture_is_signed_and_a_changed_byte_shows(
    data_dir: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jpg"
    arguments = ["swap", str(MEDIA / "astronaut.png"), str(MEDIA / "grace_hopper.jpg")]
    assert CliRunner().invoke(main, [*arguments, "-o", str(output)]).exit_code == 0
    assert as_json(output)["c2pa"] == "trusted"
    data = bytearray(output.read_bytes())
    data[-40] ^= 1
    output.write_bytes(data)
    assert as_json(output)["c2pa"] == "invalid"


def test_a_stripped_manifest_leaves_the_mark_and_its_statement(
    data_dir: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.png"
    arguments = ["swap", str(MEDIA / "astronaut.png"), str(MEDIA / "grace_hopper.jpg")]
    assert CliRunner().invoke(main, [*arguments, "-o", str(output)]).exit_code == 0
    before = as_json(output)
    output.write_bytes(encode_jpeg(decode_image(output.read_bytes())))
    found = as_json(output)
    assert (before["c2pa"], found["c2pa"]) == ("trusted", "absent")
    assert found["marked"] is True
    assert found["statement"] == before["statement"]


def test_a_bitmap_carries_no_manifest_and_that_is_said(data_dir: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.bmp"
    arguments = ["swap", str(MEDIA / "astronaut.png"), str(MEDIA / "grace_hopper.jpg")]
    answer = CliRunner().invoke(main, [*arguments, "-o", str(output)])
    assert answer.exit_code == 0
    assert "carry no C2PA manifest" in answer.stderr


@pytest.fixture
def stated(data_dir: Path, tmp_path: Path) -> Path:
    path = tmp_path / "statement.jws"
    path.write_text(sign_statement(STATEMENT, open_statement_keys(data_dir).newest) + "\n")
    return path


def test_a_session_statement_holds_also_after_its_key_was_rotated(
    stated: Path, data_dir: Path, tmp_path: Path
) -> None:
    answer = run("--statement", stated)
    assert answer.exit_code == 0
    assert answer.stdout == f"The statement holds. {STATEMENT.as_text()}\n"
    published = tmp_path / "keys.json"
    published.write_text(json.dumps(rotate_statement_keys(data_dir).public()))
    for more in ((), ("--keys", published)):
        found = as_json("--statement", stated, *more)
        assert found == {"valid": True, "statement": STATEMENT.__dict__}


def test_a_changed_or_foreign_statement_does_not_hold(stated: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.json"
    foreign.write_text(json.dumps(open_statement_keys(tmp_path / "elsewhere").public()))
    assert run("--statement", stated, "--keys", foreign).exit_code == 1
    stated.write_text(stated.read_text().replace(".e", ".f", 1))
    answer = run("--statement", stated)
    assert (answer.exit_code, answer.stdout) == (
        1,
        "The statement was changed after it was signed.\n",
    )
    assert as_json("--statement", stated) == {"valid": False, "statement": None}


def test_one_thing_is_checked_at_a_time(stated: Path, tmp_path: Path) -> None:
    for arguments in ((), (stated, "--statement", stated)):
        answer = run(*arguments)
        assert answer.exit_code == 2
        assert "Name a file to look at" in answer.stderr
    unreadable = tmp_path / "keys.json"
    unreadable.write_text("{}")
    assert run("--statement", stated, "--keys", unreadable).exit_code == 2

import asyncio
import json
import secrets
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import main
from mien.cli.blocklist import read_identity
from mien.live.blocked_faces import open_blocked_faces
from mien.settings import Settings
from mien.trust.audit import KEY_FILE, LOG_FILE, read_key, verify_log
from mien.vision.identity import Embedding

MEDIA = Path(__file__).parents[1] / "media"
EILEEN, GRACE = MEDIA / "astronaut.png", MEDIA / "grace_hopper.jpg"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["blocklist", *arguments])


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def other_copy(tmp_path: Path) -> Path:
    """Her again: cut out, smaller, mirrored and pressed hard."""
    image = cv2.imread(str(EILEEN))
    assert image is not None
    part = image[:300, 60:400]
    small = cv2.resize(part, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)[:, ::-1]
    path = tmp_path / "copy.jpg"
    assert cv2.imwrite(str(path), np.ascontiguousarray(small), [cv2.IMWRITE_JPEG_QUALITY, 70])
    return path


def matched(embedding: Embedding) -> str | None:
    """What a server that runs beside would find."""

    async def look() -> str | None:
        async with open_blocked_faces(
            Settings(), clock=time.time, random=secrets.token_bytes
        ) as faces:
            return await faces.match(embedding)

    return asyncio.run(look())


def test_a_blocked_face_is_known_again_until_it_is_taken_off(
    data_dir: Path, other_copy: Path
) -> None:
    added = run("add", str(EILEEN), "--reason", "she asked", "--json")
    assert added.exit_code == 0, added.output
    entry = json.loads(added.stdout)
    assert entry["reason"] == "she asked"
    assert json.loads(run("list", "--json").stdout) == [entry]

    her = read_identity(other_copy)
    assert matched(her) == entry["id"]
    assert matched(read_identity(GRACE)) is None
    everything = b"".join(file.read_bytes() for file in data_dir.iterdir())
    assert read_identity(EILEEN).tobytes()[:32] not in everything, "it is kept sealed"

    assert run("remove", entry["id"]).exit_code == 0
    assert matched(her) is None
    assert json.loads(run("list", "--json").stdout) == []
    log = (data_dir / LOG_FILE).read_text()
    assert log.index("blocklist.added") < log.index("blocklist.removed")
    assert entry["id"] in log
    assert "she asked" not in log
    assert verify_log(data_dir / LOG_FILE, read_key(data_dir / KEY_FILE).public_key()).intact


def test_in_words(data_dir: Path) -> None:
    told = run("add", str(GRACE), "--reason", "test", "--data-dir", str(data_dir)).stdout
    assert told.startswith("Blocked as blk_")
    (names, line) = run("list").stdout.splitlines()
    assert names.split() == ["id", "since", "reason"]
    assert line.startswith("blk_")
    assert line.endswith("  test")


def test_an_unknown_entry_and_a_picture_without_a_face_are_told_in_words(tmp_path: Path) -> None:
    unknown = run("remove", "blk_nobody")
    assert unknown.exit_code == 1
    assert "`mien blocklist list`" in unknown.stderr
    empty = tmp_path / "grey.png"
    assert cv2.imwrite(str(empty), np.full((240, 320, 3), 128, np.uint8))
    faceless = run("add", str(empty), "--reason", "none")
    assert faceless.exit_code == 1
    assert "No face was found" in faceless.stderr
    assert "Traceback" not in unknown.output + faceless.output

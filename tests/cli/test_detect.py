import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli.app import main

MEDIA = Path(__file__).parent.parent / "media"


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["detect", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_json_tells_the_face() -> None:
    code, out, _ = run(str(MEDIA / "astronaut.png"), "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["width"], report["height"]) == (512, 512)
    (face,) = report["faces"]
    assert face["region"] == pytest.approx([179, 69, 94, 111], abs=3)
    assert face["landmarks"][0] == pytest.approx([203, 101], abs=3)
    assert len(face["landmarks"]) == 6
    assert 0.7 < face["score"] <= 1
    assert abs(face["pose"]["yaw"]) < 10


def test_words_tell_it_too() -> None:
    code, out, _ = run(str(MEDIA / "grace_hopper.jpg"))
    assert code == 0
    assert out.startswith("1 face in 512 x 600\n")
    assert "left eye 22" in out


def test_no_face_is_exit_status_1(tmp_path: Path) -> None:
    grey = tmp_path / "grey.pgm.bmp"
    from PIL import Image

    Image.new("RGB", (64, 64), "grey").save(grey)
    code, out, _ = run(str(grey), "--json")
    assert code == 1
    assert json.loads(out)["faces"] == []


def test_what_is_no_picture_is_exit_status_1() -> None:
    code, out, err = run(str(MEDIA / "README.md"))
    assert code == 1
    assert out == ""
    assert "not a picture" in err


def test_a_missing_file_is_a_usage_error() -> None:
    assert run("no such file.jpg")[0] == 2

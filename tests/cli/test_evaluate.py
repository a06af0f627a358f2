import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli.app import main

MEDIA = Path(__file__).parent.parent / "media"
PROMISED = (
    *("identity_source", "identity_target", "nearer_share", "same_person_share"),
    *("blendshape_correlation", "gaze_error", "pose_deg", "tone_delta", "sharpness_ratio"),
    *("flicker_ratio", "p95_ms", "failed_share"),
)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    sources, targets = tmp_path / "sources", tmp_path / "targets"
    for folder in (sources, targets):
        folder.mkdir()
        shutil.copy(MEDIA / "grace_hopper.jpg", folder)
    shutil.copy(MEDIA / "blink.mp4", targets)
    (targets / "notes.txt").write_text("no media")
    return sources, targets


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["evaluate", *map(str, arguments)])
    return result.exit_code, result.stderr


def test_the_report_keeps_its_promises(folders: tuple[Path, Path], tmp_path: Path) -> None:
    output = tmp_path / "report"
    code, said = run(
        *("--sources", folders[0], "--targets", folders[1], "-o", output, "--frames", "12")
    )
    assert code == 0, said
    assert "Left out: notes.txt: This is neither a picture nor a video" in said
    report = json.loads((output / "report.json").read_text())
    assert set(PROMISED) <= set(report["mean"])
    [pair] = report["pairs"]
    assert (pair["source"], pair["target"]) == ("grace_hopper.jpg", "blink.mp4")
    assert (pair["frames"], pair["faces"], pair["failed"]) == (12, 12, 0)
    assert pair["identity_source"] < pair["identity_target"]
    assert max(pair["pose_deg"]) < 4
    assert 0.9 < pair["blendshape_ceiling"] <= 1, "a copy of a sharp blink"
    assert pair["blendshape_correlation"] < pair["blendshape_ceiling"]
    assert report["complete"]
    [sheet] = (output / "sheets").iterdir()
    assert sheet.stat().st_size > 20_000
    html = (output / "index.html").read_text()
    assert "grace_hopper.jpg on blink.mp4" in html
    markup, pictures = re.subn(r"data:image/jpeg;base64,[\w+/=]+", "", html)
    assert pictures == 1
    assert "http" not in markup, "the page needs nothing else"


@pytest.mark.parametrize(
    ("sources", "targets", "says"),
    [
        ("missing", "targets", "missing can't be read (No such file or directory)"),
        ("sources", "empty", "empty holds no files"),
        ("targets/notes.txt", "targets", "notes.txt: This is not a picture"),
        ("sources", "targets/notes.txt", "notes.txt: This is neither a picture nor a video"),
    ],
)
def test_what_can_not_be_read_is_told(
    folders: tuple[Path, Path], tmp_path: Path, sources: str, targets: str, says: str
) -> None:
    (tmp_path / "empty").mkdir()
    output = tmp_path / "report"
    code, said = run("--sources", tmp_path / sources, "--targets", tmp_path / targets, "-o", output)
    assert code == 1
    assert says in said
    assert not output.exists()


def test_ctrl_c_keeps_the_pairs_that_are_done(folders: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copy(MEDIA / "astronaut.png", folders[0])
    shutil.copy(MEDIA / "head_turns.mp4", folders[1])
    output = tmp_path / "report"
    command = [sys.executable, "-c", "from mien.cli.app import main; main()", "evaluate"]
    process = subprocess.Popen(
        [*command, "--sources", str(folders[0]), "--targets", str(folders[1]), "-o", str(output)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    while process.poll() is None and not output.exists():
        time.sleep(0.02)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    if (output / "report.json").exists():
        assert not json.loads((output / "report.json").read_text())["complete"]
    else:
        assert "nothing was written" in said

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from mien.cli.app import main
from mien.cli.swap import _uninterrupted
from mien.media.clips import probe
from mien.models.weights import WeightStore
from mien.vision import topology as topo
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance
from mien.vision.image import decode_image, read_own_image

MEDIA = Path(__file__).parent.parent / "media"
ASTRONAUT, HOPPER = str(MEDIA / "astronaut.png"), str(MEDIA / "grace_hopper.jpg")


@pytest.fixture(autouse=True)
def data_dir(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("installation")
    monkeypatch.setenv("MIEN_DATA_DIR", str(folder))
    return folder


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["swap", *arguments])
    return result.exit_code, result.stderr


def test_the_result_has_left_the_target_for_the_source(tmp_path: Path) -> None:
    output = tmp_path / "out.png"
    assert run(ASTRONAUT, HOPPER, "-o", str(output)) == (0, f"Wrote {output}.\n")
    store = WeightStore()
    finder, identity = FaceFinder.load(store), IdentityModel.load(store)
    source, target, result = (
        identity(image, finder(image)[0].mesh)
        for image in (decode_image(Path(p).read_bytes()) for p in (ASTRONAUT, HOPPER, output))
    )
    assert distance(result, source) < distance(target, source) - 0.07
    assert distance(result, target) > 0.5


def test_a_large_photo_becomes_a_large_photo(tmp_path: Path) -> None:
    large, output = tmp_path / "large.png", tmp_path / "out.jpg"
    photo = np.full((5200, 5000, 3), 128, np.uint8)
    photo[2000:2600, 2000:2512] = decode_image(Path(HOPPER).read_bytes())
    cv2.imwrite(str(large), photo)
    assert run(str(large), str(large), "-o", str(output)) == (0, f"Wrote {output}.\n")
    assert read_own_image(output).shape == (5200, 5000, 3)


def test_a_webm_of_odd_size(tmp_path: Path) -> None:
    clip, output = tmp_path / "clip.webm", tmp_path / "out.mp4"
    portrait = decode_image(Path(HOPPER).read_bytes())
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libvpx", rate=25)
        stream.width, stream.height, stream.pix_fmt = 511, 599, "yuv420p"
        for _ in range(4):
            frame = av.VideoFrame.from_ndarray(portrait[:599, :511].copy(), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert run(ASTRONAUT, str(clip), "-o", str(output)) == (
        0,
        f"Wrote {output}: 4 of 4 frames.\n",
    )
    info = probe(output)
    assert (info.width, info.height, info.frames) == (510, 598, 4)


def test_a_clip_and_several_sources(tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    unusable = str(MEDIA / "blink.mp4")
    code, said = run(unusable, ASTRONAUT, ASTRONAUT, str(MEDIA / "blink.mp4"), "-o", str(output))
    assert code == 0
    assert "Left out: blink.mp4: " in said
    assert "24 of 24 frames" in said
    assert probe(output).frames == 24


def test_what_is_poor_about_a_photo_is_said(tmp_path: Path) -> None:
    photo = decode_image(Path(ASTRONAUT).read_bytes())
    small = tmp_path / "small.png"
    cv2.imwrite(str(small), cv2.resize(photo, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))
    code, said = run(str(small), HOPPER, "-o", str(tmp_path / "out.png"))
    assert code == 0
    assert "small.png: The face is small (7" in said


def group(tmp_path: Path) -> Path:
    """Eileen Collins and Grace Hopper side by side."""
    halves = [decode_image(Path(path).read_bytes())[:512] for path in (ASTRONAUT, HOPPER)]
    path = tmp_path / "group.png"
    cv2.imwrite(str(path), np.hstack(halves))
    return path


def test_only_who_is_on_the_target_s_picture_is_changed(tmp_path: Path) -> None:
    picture, output = group(tmp_path), tmp_path / "out.png"
    options = ("-o", str(output), "--target-face", HOPPER)
    assert run(ASTRONAUT, str(picture), *options) == (0, f"Wrote {output}.\n")
    before, after = (decode_image(path.read_bytes()) for path in (picture, output))
    # Below the opening label's place, above the sign of the mark.
    gaps = np.abs(before.astype(int) - after).mean(axis=2)
    face, other = gaps[150:320, 690:850], gaps[60:200, 170:290]
    assert face.mean() > 8
    assert other.mean() < 2, "the mark alone"


def test_a_shape_of_nothing_moves_nothing_around_the_face(tmp_path: Path) -> None:
    target = decode_image(Path(HOPPER).read_bytes())
    points = FaceFinder.load(WeightStore())(target)[0].mesh.points[list(topo.OVAL), :2]
    inside = np.zeros(target.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(points.astype(np.int32)), 1)
    around = (cv2.dilate(inside, np.ones((61, 61))) - cv2.dilate(inside, np.ones((9, 9)))) > 0
    moved = []
    for strength in ("0", "1"):
        output = tmp_path / f"{strength}.png"
        assert run(ASTRONAUT, HOPPER, "-o", str(output), "--shape", strength)[0] == 0
        change = np.abs(decode_image(output.read_bytes()).astype(int) - target).max(axis=2)
        moved.append(float((change[around] > 12).mean()))
    assert moved[0] < 0.01 < 0.05 < moved[1]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((ASTRONAUT, HOPPER, "-o", "out.avi"), 1, "written as"),
        ((ASTRONAUT, str(MEDIA / "README.md"), "-o", "out.mp4"), 1, "neither a picture"),
        ((str(MEDIA / "README.md"), HOPPER, "-o", "out.jpg"), 1, "README.md: This is not"),
        ((ASTRONAUT, HOPPER, HOPPER, "-o", "out.jpg"), 1, "another person"),
        ((*[ASTRONAUT] * 9, HOPPER, "-o", "out.jpg"), 1, "at most 8"),
        ((ASTRONAUT, "missing.mp4", "-o", "out.mp4"), 2, "does not exist"),
        ((ASTRONAUT, HOPPER), 2, "--output"),
        ((ASTRONAUT, HOPPER, "-o", "out.jpg", "--quality", "9"), 2, "quality"),
        ((ASTRONAUT, HOPPER, "-o", "out.jpg", "--shape", "2"), 2, "shape"),
        ((ASTRONAUT, HOPPER, "-o", "out.jpg", "--target-face", "gone.jpg"), 2, "exist"),
        (
            (ASTRONAUT, HOPPER, "-o", "out.jpg", "--target-face", str(MEDIA / "README.md")),
            1,
            "README.md: This is not",
        ),
        (
            (ASTRONAUT, HOPPER, "-o", "out.jpg", *["--target-face", HOPPER] * 2),
            1,
            "one for each photo",
        ),
    ],
)
def test_errors(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    found, said = run(*arguments)
    assert found == code
    assert says in said
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_exits_130_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from mien.cli.app import main; main()", "swap"]
    process = subprocess.Popen(
        [*command, ASTRONAUT, str(MEDIA / "head_turns.mp4"), "-o", str(tmp_path / "out.mp4")],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    while process.poll() is None and not any(tmp_path.iterdir()):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "nothing was written" in said
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_waits_for_what_would_lose_it() -> None:
    done: list[int] = []

    def work() -> None:
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.2)
        done.append(1)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            _uninterrupted(work)
    finally:
        signal.signal(signal.SIGINT, before)
    assert done == [1]


def test_names_that_look_like_markup_are_said_whole(tmp_path: Path) -> None:
    photo = tmp_path / "[bold]nobody[end].png"
    cv2.imwrite(str(photo), np.full((64, 64, 3), 128, np.uint8))
    output = tmp_path / "[red]out.png"
    status, said = run(str(photo), HOPPER, "-o", str(output))
    assert status == 1
    assert said.startswith(f"{photo.name}: No face was found")
    status, said = run(str(photo), ASTRONAUT, HOPPER, "-o", str(output))
    assert status == 0
    assert said.startswith(f"Left out: {photo.name}: No face was found")
    assert said.endswith(f"Wrote {output}.\n")

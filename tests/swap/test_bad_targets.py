"""Streams that nobody would choose: every frame comes back, and the face in it is a face."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.swap.engine import EngineOptions, FrameEngine, SwappedFrame
from mien.swap.source_maker import SourceMaker
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance
from mien.vision.keypoints import head_pose

MEDIA = Path(__file__).parents[1] / "media"
STORE = WeightStore()
FIND, IDENTITY = FaceFinder.load(STORE), IdentityModel.load(STORE)
PORTRAIT = np.asarray(cv2.imread(str(MEDIA / "grace_hopper.jpg")), np.uint8)
SOURCE = SourceMaker.load(STORE)([PORTRAIT])
WORN = IDENTITY(PORTRAIT, FIND(PORTRAIT)[0].mesh)
STEP = 1 / 25


def film(frames: int) -> list[BgrImage]:
    """The beginning of a clip: a woman who turns her head from left to right."""
    reader = cv2.VideoCapture(str(MEDIA / "head_turns.mp4"))
    read = [np.asarray(reader.read()[1], np.uint8) for _ in range(frames)]
    reader.release()
    return read


FILM = film(12)


def sized(image: BgrImage, width: int, height: int) -> BgrImage:
    how = cv2.INTER_AREA if width < image.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), np.uint8)


def swapped(frames: Sequence[BgrImage]) -> list[SwappedFrame]:
    engine = FrameEngine.load(STORE, EngineOptions(lost_face="pass"))
    engine.set_source(SOURCE)
    shown = [engine(frame, index * STEP) for index, frame in enumerate(frames)]
    for frame, out in zip(frames, shown, strict=True):
        assert out.image.shape == frame.shape
        assert out.image.dtype == np.uint8
        assert out.state == "swapped"
    return shown


def check_face(frame: BgrImage, out: SwappedFrame, size: tuple[int, int] = (640, 480)) -> None:
    """The result has one face where the frame has it, turned alike, and nothing else changed."""
    before, after = (FIND(sized(image, *size))[0].mesh for image in (frame, out.image))
    assert np.abs(before.points[:, :2] - after.points[:, :2]).mean() < 9
    for was, now in zip(head_pose(before), head_pose(after), strict=True):
        assert was == pytest.approx(now, abs=8)
    old, new = (
        IDENTITY(sized(image, *size), mesh) for image, mesh in ((frame, before), (out.image, after))
    )
    assert distance(new, WORN) < distance(old, WORN) - 0.1
    height, width = frame.shape[:2]
    np.testing.assert_array_equal(out.image[-height // 8 :], frame[-height // 8 :])
    np.testing.assert_array_equal(out.image[:, : width // 8], frame[:, : width // 8])


def test_144p() -> None:
    frames = [sized(frame, 192, 144) for frame in FILM]
    check_face(frames[-1], swapped(frames)[-1])


def test_1080p() -> None:
    frames = [sized(frame, 1440, 1080) for frame in FILM[:6]]
    check_face(frames[-1], swapped(frames)[-1])


def test_interlaced() -> None:
    """Every other line is of a moment later."""
    frames = [frame.copy() for frame in FILM[:-3]]
    for frame, later in zip(frames, FILM[3:], strict=True):
        frame[1::2] = later[1::2]
    check_face(frames[-1], swapped(frames)[-1])


def test_monochrome_stays_monochrome() -> None:
    frames = [
        np.repeat(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)[..., None], 3, -1).astype(np.uint8)
        for frame in FILM
    ]
    shown = swapped(frames)
    for out in shown:
        assert int(np.ptp(out.image, axis=-1).max()) <= 1
    check_face(frames[-1], shown[-1])


def test_a_size_that_changes_in_mid_stream() -> None:
    sizes = [(640, 480), (320, 240), (481, 361), (160, 120)]
    frames = [sized(frame, *sizes[index // 3]) for index, frame in enumerate(FILM)]
    shown = swapped(frames)
    for index in (2, 5, 8):
        check_face(frames[index], shown[index])


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_that_is_turned_by_quarters_or_upside_down(quarters: int) -> None:
    frames = [np.ascontiguousarray(np.rot90(frame, quarters)) for frame in FILM]
    upright = [np.ascontiguousarray(np.rot90(out.image, -quarters)) for out in swapped(frames)]
    check_face(FILM[-1], SwappedFrame(upright[-1], "swapped", {}))


def test_an_upright_head_in_the_dark() -> None:
    frames = [np.asarray(frame * 0.12, np.uint8) for frame in FILM]
    shown = swapped(frames)
    assert shown[-1].image.max() < 60

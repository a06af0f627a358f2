import math
from pathlib import Path

import numpy as np
import pytest

from mien.errors import MediaRejected, NoFaceFound, ParameterError
from mien.live.clip import swap_file
from mien.media.clips import probe, read_frames
from mien.swap.engine import State, SwappedFrame
from mien.swap.settling import TIMES
from mien.trust.detector import Detector, Finding
from mien.trust.inspection import inspect
from mien.trust.marking import Marker, Marking
from mien.trust.pattern import make_pattern
from mien.vision.face import BgrImage
from mien.vision.image import decode_image

MEDIA = Path(__file__).parent.parent / "media"
MARKING = Marking(bytes(range(32)), 0xC0FFEE)


class Painter:
    """Stands for the engine: it paints each frame's middle and keeps the times it was told."""

    def __init__(self, states: tuple[State, ...] = ("swapped",)) -> None:
        self.times: list[float] = []
        self._states = states

    def __call__(self, frame: BgrImage, seconds: float) -> SwappedFrame:
        self.times.append(seconds)
        state = self._states[min(len(self.times), len(self._states)) - 1]
        image = frame.copy()
        image[100:200, 100:200] = (0, 0, 255)
        return SwappedFrame(image, state, {})


class Breaking(Painter):
    def __call__(self, frame: BgrImage, seconds: float) -> SwappedFrame:
        if len(self.times) == 5:
            raise KeyboardInterrupt
        return super().__call__(frame, seconds)


def as_it_is(image: BgrImage, seconds: float) -> BgrImage:
    return image


def look(path: Path) -> Finding:
    return inspect(path, [make_pattern(MARKING.key)])


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("astronaut.png", "png"),
        ("astronaut.png", "jpg"),
        ("astronaut.png", "webp"),
        ("signer.mp4", "mp4"),
        ("blink.mp4", "gif"),
    ],
)
def test_every_kind_of_file_is_marked(tmp_path: Path, name: str, ending: str) -> None:
    output = tmp_path / f"out.{ending}"
    swap_file(Painter(), Marker(MARKING).apply, MEDIA / name, output)
    assert look(output).mark_id == MARKING.mark_id
    assert not look(MEDIA / name).marked


def test_frames_without_a_face_are_marked_too(tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    states: tuple[State, ...] = ("swapped", "no_face")
    swap_file(Painter(states), Marker(MARKING).apply, MEDIA / "signer.mp4", output)
    frames = [frame.image for frame in read_frames(output)]
    detector = Detector([make_pattern(MARKING.key)])
    for frame in frames[1:]:
        detector.feed(frame)
    assert detector.result(thorough=False).mark_id == MARKING.mark_id


def test_a_picture_has_a_badge_and_no_card(tmp_path: Path) -> None:
    finished: list[float] = []

    def finish(image: BgrImage, seconds: float) -> BgrImage:
        finished.append(seconds)
        return image

    swap_file(Painter(), finish, MEDIA / "astronaut.png", tmp_path / "out.png")
    assert finished == [math.inf]
    finished.clear()
    swap_file(Painter(), finish, MEDIA / "blink.mp4", tmp_path / "out.mp4")
    assert finished[0] == 0
    assert finished == sorted(finished)


def test_a_picture(tmp_path: Path) -> None:
    output = tmp_path / "out.png"
    unsettled: State = "no_face"
    painter = Painter((*[unsettled] * TIMES, "swapped"))
    report = swap_file(painter, as_it_is, MEDIA / "astronaut.png", output)
    assert (report.kind, report.frames, report.swapped) == ("picture", 1, 1)
    assert len(painter.times) == TIMES + 1, "shown until the light is known"
    assert painter.times[-1] == 0
    image = decode_image(output.read_bytes())
    assert image[150, 150].tolist() == [0, 0, 255]
    expected = decode_image((MEDIA / "astronaut.png").read_bytes())
    np.testing.assert_array_equal(image[300:], expected[300:])


def test_a_video_keeps_its_times(tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    painter = Painter(("no_face", "swapped"))
    steps: list[tuple[int, int]] = []
    report = swap_file(
        painter,
        as_it_is,
        MEDIA / "blink.mp4",
        output,
        lambda done, total: steps.append((done, total)),
    )
    assert (report.frames, report.swapped) == (24, 23)
    assert steps == [(done, 24) for done in range(1, 25)]
    frames = list(read_frames(output))
    assert [frame.seconds for frame in frames] == pytest.approx(painter.times, abs=1e-3)
    np.testing.assert_allclose(frames[9].image[150, 150], (0, 0, 255), atol=12)


def test_a_video_becomes_a_gif(tmp_path: Path) -> None:
    output = tmp_path / "out.gif"
    swap_file(Painter(), as_it_is, MEDIA / "blink.mp4", output)
    assert (probe(output).kind, probe(output).frames) == ("gif", 24)
    again = tmp_path / "again.gif"
    swap_file(Painter(), as_it_is, output, again)
    assert probe(again).frames == 24


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        swap_file(Breaking(), as_it_is, MEDIA / "blink.mp4", tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "ending"), [("blink.mp4", "mp4"), ("astronaut.png", "png")])
def test_without_any_face_nothing_is_written(tmp_path: Path, name: str, ending: str) -> None:
    with pytest.raises(NoFaceFound, match=name):
        swap_file(Painter(("no_face",)), as_it_is, MEDIA / name, tmp_path / f"out.{ending}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.avi", "out.jpg", "out", "no folder/out.mp4"])
def test_outputs_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError):
        swap_file(Painter(), as_it_is, MEDIA / "blink.mp4", tmp_path / name)


def test_the_source_is_not_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    source.write_bytes((MEDIA / "blink.mp4").read_bytes())
    with pytest.raises(ParameterError, match="another name"):
        swap_file(Painter(), as_it_is, source, source)


def test_what_is_no_media(tmp_path: Path) -> None:
    with pytest.raises(MediaRejected):
        swap_file(Painter(), as_it_is, MEDIA / "README.md", tmp_path / "out.mp4")

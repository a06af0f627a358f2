import numpy as np

from mien.vision.cuts import CutDetector
from mien.vision.face import BgrImage


def test_motion_is_no_cut(head_turns: list[BgrImage], blink: list[BgrImage]) -> None:
    for clip in (head_turns, blink):
        detector = CutDetector()
        assert not any(detector(frame) for frame in clip)


def test_a_cut_is_told_once(head_turns: list[BgrImage], hopper: BgrImage) -> None:
    detector = CutDetector()
    frames = [head_turns[0], head_turns[1], hopper, hopper, head_turns[2]]
    assert [detector(frame) for frame in frames] == [False, False, True, False, True]


def test_the_first_frame_is_no_cut() -> None:
    assert not CutDetector()(np.full((9, 9, 3), 255, np.uint8))


def test_a_light_that_comes_on_slowly_is_no_cut() -> None:
    detector = CutDetector()
    assert not any(detector(np.full((48, 64, 3), grey, np.uint8)) for grey in range(0, 250, 15))

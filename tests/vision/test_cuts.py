import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.models.weights import WeightStore
from mien.vision.cuts import CutDetector
from mien.vision.face import BgrImage
from mien.vision.tracker import FaceTracker

ACROSS = np.linspace(1.0, 2.4, 640)[None, :, None]
LAMPS: dict[str, Callable[[BgrImage], BgrImage]] = {
    "gain": lambda image: lit(image * 1.6 + 12),
    "darker": lambda image: lit(image * 0.4),
    "gamma": lambda image: lit(255 * (image / 255) ** 0.5),
    "gamma down": lambda image: lit(255 * (image / 255) ** 2.2),
    "warm": lambda image: lit(image * np.array([0.6, 0.75, 1.2])),
    "from one side": lambda image: lit(image * ACROSS[:, : image.shape[1]]),
}


def lit(values: NDArray[np.floating[Any]]) -> BgrImage:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def test_motion_is_no_cut(head_turns: list[BgrImage], blink: list[BgrImage]) -> None:
    for clip in (head_turns, blink):
        detector = CutDetector()
        assert {detector(frame) for frame in clip} == {"none"}


def test_a_cut_is_told_once(head_turns: list[BgrImage], hopper: BgrImage) -> None:
    detector = CutDetector()
    frames = [head_turns[0], head_turns[1], hopper, hopper, head_turns[2]]
    assert [detector(frame) for frame in frames] == ["none", "none", "cut", "none", "cut"]


def test_the_first_frame_is_no_cut() -> None:
    assert CutDetector()(np.full((9, 9, 3), 255, np.uint8)) == "none"


def test_a_light_that_comes_on_slowly_is_no_cut() -> None:
    detector = CutDetector()
    greys = range(0, 250, 15)
    assert {detector(np.full((48, 64, 3), grey, np.uint8)) for grey in greys} == {"none"}


@pytest.mark.parametrize("lamp", LAMPS)
def test_a_lamp_is_light_and_no_cut_and_so_is_its_end(
    head_turns: list[BgrImage], signer: list[BgrImage], lamp: str
) -> None:
    for clip in (head_turns, signer):
        detector = CutDetector()
        frames = [clip[0], clip[1], LAMPS[lamp](clip[2]), LAMPS[lamp](clip[3]), clip[4], clip[5]]
        told = [detector(frame) for frame in frames]
        assert "cut" not in told
        assert told.count("none") >= 4
    if lamp != "from one side":
        assert told == ["none", "none", "light", "none", "light", "none"]


def test_a_cut_is_never_taken_for_a_lamp(
    head_turns: list[BgrImage], signer: list[BgrImage], blink: list[BgrImage]
) -> None:
    scenes = [head_turns[0], signer[0], blink[0], head_turns[18][:, ::-1]]
    for one, other in itertools.permutations(scenes, 2):
        for lamp in LAMPS.values():
            detector = CutDetector()
            detector(one)
            assert detector(lamp(other)) != "light"


def test_a_lamp_loses_nobody_and_a_cut_does(
    store: WeightStore, head_turns: list[BgrImage], signer: list[BgrImage]
) -> None:
    tracker = FaceTracker.load(store)
    frames = head_turns[:9]
    for number, frame in enumerate(frames):
        first = tracker.update(frame, number / 25)
    looks = tracker._looks
    for number, frame in enumerate(head_turns[9:24], 9):
        sighting = tracker.update(LAMPS["gamma"](frame), number / 25)
        assert [one.id for one in sighting.tracks] == [first.tracks[0].id]
        assert sighting.tracks[0].frames_seen == number + 1, "never away"
        assert sighting.change == ("light" if number == 9 else "none")
    assert tracker._looks == looks, "no detector was asked"
    assert not tracker._people[0].doubtful, "and it was asked who he is"
    cut = tracker.update(signer[0], 1.0)
    assert cut.change == "cut"
    assert first.tracks[0].id not in [one.id for one in cut.tracks]

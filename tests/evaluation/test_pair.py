import numpy as np
import pytest
from tests.evaluation.readings import face_of, reading

from mien.evaluation.pair import PairMeter
from mien.evaluation.report import mean_figures
from mien.evaluation.sheet import TILE, Sheet, chosen
from mien.vision.image import decode_image

GREY = face_of((100, 100, 100), (90, 90, 90))
TARGET = reading(embedding=1.0)


def test_a_failed_frame_is_counted_and_nobodys_likeness() -> None:
    meter = PairMeter(reading(embedding=0))
    for result in (reading(embedding=0.3), reading(embedding=0.7), None, reading(embedding=0.2)):
        meter.add((GREY, GREY), (TARGET, result), 10)
    figures = meter.figures()
    assert figures.identity_source == pytest.approx(0.4)
    assert figures.identity_target == pytest.approx(0.6)
    assert figures.nearer_share == 0.5
    assert figures.same_person_share == 0.5
    assert figures.failed_share == 0.25
    assert figures.p95_ms == 10


def test_a_frame_without_a_face_is_no_failure() -> None:
    meter = PairMeter(reading())
    meter.add((GREY, GREY), (None, None), 5)
    meter.add((GREY, GREY), (TARGET, reading()), 5)
    assert (meter.frames, meter.faces, meter.failed) == (2, 1, 0)
    assert meter.figures().failed_share == 0


def test_a_pair_that_shows_nothing_has_no_figures() -> None:
    figures = PairMeter(reading()).figures()
    assert figures.identity_source is None
    assert figures.failed_share is None
    assert figures.flicker_ratio is None


def test_of_one_person_twice_neither_picture_is_nearer() -> None:
    meter = PairMeter(reading(embedding=0))
    meter.add((GREY, GREY), (reading(embedding=0.3), reading(embedding=0.2)), 5)
    assert meter.figures().nearer_share is None
    assert meter.figures().same_person_share == 1


def test_the_mean_leaves_out_what_is_not_known() -> None:
    names = mean_figures([]).keys()
    one = {name: 1.0 for name in names} | {"pose_deg": [1.0, 2.0, 3.0]}
    other = {name: None for name in names} | {"gaze_error": 3.0, "pose_deg": [3.0, 2.0, 1.0]}
    mean = mean_figures([one, other])
    assert mean["gaze_error"] == 2
    assert mean["tone_delta"] == 1
    assert mean["pose_deg"] == [2, 2, 2]
    assert mean_figures([other])["tone_delta"] is None


def test_a_sheet_has_four_tiles_a_row() -> None:
    sheet = Sheet(GREY, TARGET.points)
    sheet.add(GREY, GREY, TARGET.points)
    sheet.add(GREY, np.zeros_like(GREY), None)
    assert decode_image(sheet.jpeg()).shape == (2 * TILE, 4 * TILE, 3)


@pytest.mark.parametrize(("frames", "numbers"), [(1, {0}), (2, {0, 1}), (90, {15, 45, 75})])
def test_the_frames_shown_are_spread_evenly(frames: int, numbers: set[int]) -> None:
    assert chosen(frames) == numbers

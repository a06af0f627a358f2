import numpy as np
import pytest
from tests.evaluation.readings import reading

from mien.evaluation.expression import (
    EYES,
    MOUTH,
    blendshape_error,
    correlation,
    gaze_error,
    pose_error,
)
from mien.evaluation.reader import Reading
from mien.vision.expression import NAMES

JAW, BLINK = NAMES.index("jawOpen"), NAMES.index("eyeBlinkLeft")


def course(values: dict[int, np.ndarray[tuple[int], np.dtype[np.float64]]]) -> list[Reading]:
    frames = []
    for number in range(20):
        shapes = np.zeros(52)
        for index, of_frame in values.items():
            shapes[index] = of_frame[number]
        frames.append(reading(blendshapes=shapes))
    return frames


WAVE = np.sin(np.arange(20)) / 2 + 0.5


def test_a_mouth_that_follows_and_eyes_that_do_the_opposite() -> None:
    pairs = list(
        zip(course({JAW: WAVE, BLINK: WAVE}), course({JAW: WAVE / 2, BLINK: 1 - WAVE}), strict=True)
    )
    assert correlation(pairs, MOUTH) == pytest.approx(1)
    assert correlation(pairs, EYES) == pytest.approx(-1)
    assert correlation(pairs) == pytest.approx(0)


def test_a_result_that_stands_still_follows_nothing() -> None:
    pairs = list(zip(course({JAW: WAVE}), course({}), strict=True))
    assert correlation(pairs) == 0


def test_too_short_or_too_still_a_clip_tells_nothing() -> None:
    moving, still = course({JAW: WAVE}), course({JAW: WAVE * 0.01})
    assert correlation(list(zip(moving, moving, strict=True))[:8]) is None
    assert correlation(list(zip(still, still, strict=True))) is None
    assert correlation(list(zip(moving, moving, strict=True)), EYES) is None


def test_the_error_is_a_mean_over_the_part() -> None:
    pairs = list(zip(course({}), course({JAW: np.full(20, 0.5)}), strict=True))
    assert blendshape_error(pairs) == pytest.approx(0.5 / 52)
    assert blendshape_error(pairs, MOUTH) == pytest.approx(0.5 / MOUTH.sum())
    assert blendshape_error(pairs, EYES) == 0
    assert blendshape_error([]) is None


def test_gaze_is_counted_in_eye_widths() -> None:
    target, moved = reading(), reading(gaze=2, shift=(30, 10))
    outer, inner = target.points[33, :2], target.points[133, :2]
    width = float(np.linalg.norm(outer - inner))
    error = gaze_error([(target, moved)])
    assert error == pytest.approx(2 / width, rel=0.02)
    assert gaze_error([(target, reading(shift=(30, 10)))]) == pytest.approx(0, abs=1e-5)
    assert gaze_error([]) is None


def test_a_closed_eye_has_no_gaze() -> None:
    target = reading()
    for high, low in ((159, 145), (386, 374)):
        target.points[high] = target.points[low]
    assert gaze_error([(target, reading(gaze=5))]) is None


def test_pose_goes_round_the_circle() -> None:
    pairs = [(reading(pose=(10, -5, 179)), reading(pose=(12, -6, -179)))]
    assert pose_error(pairs) == pytest.approx([2, 1, 2])
    assert pose_error([]) is None

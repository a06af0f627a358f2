import numpy as np
import pytest
from numpy.typing import NDArray
from tests.evaluation.readings import face_of, reading

from mien.evaluation.flicker import Shake, ratio


def shake(greys: list[int | None]) -> Shake:
    made = Shake()
    for grey in greys:
        place = None if grey is None else reading()
        made.add(face_of((grey or 0,) * 3, (grey or 0,) * 3), place, place)
    return made


def test_a_shaking_light_is_counted_in_grey_levels() -> None:
    assert shake([100, 110, 100, 110]).photometric() == pytest.approx(20)


def test_a_light_that_rises_evenly_does_not_shake() -> None:
    assert shake([100, 110, 120, 130]).photometric() == pytest.approx(0, abs=1e-4)


def test_nothing_is_measured_across_a_gap() -> None:
    assert shake([100, 110, None, 100, 110]).photometric() is None
    assert shake([]).landmarks() is None


def test_a_picture_that_moves_with_the_face_does_not_shake() -> None:
    made = Shake()
    for shift in (0, 8, 0, 8):
        picture = np.roll(textured(), shift, axis=1)
        made.add(picture, reading(shift=(shift, 0)), reading())
    assert made.photometric() == pytest.approx(0, abs=0.01)


def test_landmarks_that_jump_are_counted_without_the_pose() -> None:
    made = Shake()
    for number in range(4):
        one = reading(shift=(10 * (number % 2), 0))
        one.calm[:, 0] += 0.1 * (number % 2)
        made.add(textured(), one, one)
    # Every x goes there and back by 0.1, no y does.
    assert made.landmarks() == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("result", "target", "says"),
    [(3.0, 2.0, 1.5), (None, 2.0, None), (1.0, None, None), (1.0, 0.0, None)],
)
def test_ratio(result: float | None, target: float | None, says: float | None) -> None:
    assert ratio(result, target) == says


def textured() -> NDArray[np.uint8]:
    y, x = np.mgrid[:300, :300]
    wave = 120 + 60 * np.sin(x / 9) * np.cos(y / 11)
    return np.repeat(wave.astype(np.uint8)[..., None], 3, axis=2)

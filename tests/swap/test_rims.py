import cv2
import numpy as np
import pytest

from mien.swap.geometry import Floats
from mien.swap.rims import across_the_nose, dark_lines, lines, nose_of
from mien.swap.template import face_template
from mien.vision import topology as topo

SIZE = 96


def plain() -> Floats:
    return np.zeros((SIZE, SIZE), np.float32)


def test_lines_are_told_from_edges_and_by_their_sign() -> None:
    image = np.full((60, 60, 3), 120, np.uint8)
    image[:, 40:] = 160
    image[20:22, :30], image[40:42, :30] = 60, 200
    both, dark = lines(image, 7), dark_lines(image, 7)
    assert both[20, 15] == pytest.approx(60 / 130, rel=0.15)
    assert both[40, 15] == pytest.approx(80 / 130, rel=0.15)
    assert dark[20, 15] == both[20, 15]
    assert dark[40, 15] == 0
    assert both[10, 41] < 0.02, "an edge"


def test_the_nose_lies_between_the_eyes() -> None:
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    x, y = (face_template().uv[[topo.RIGHT_EYE_INNER, topo.LEFT_EYE_INNER]] * SIZE).T
    assert x.min() < nose_of(columns).min() < nose_of(columns).max() < x.max()
    assert nose_of(rows).min() < y.mean() < nose_of(rows).max()


def test_a_line_is_as_strong_as_its_weakest_place() -> None:
    strength = plain()
    nose = nose_of(strength)
    nose[5], nose[5, 2] = 0.8, 0.3
    assert across_the_nose(strength) == pytest.approx(0.3)
    nose[5, 2] = 0
    assert across_the_nose(strength) == 0


def test_a_line_may_climb_by_a_row_a_column_and_no_more() -> None:
    strength, steep = plain(), plain()
    columns = np.arange(nose_of(strength).shape[1])
    nose_of(strength)[columns, columns] = 0.5
    nose_of(steep)[columns * 2 % len(nose_of(steep)), columns] = 0.5
    assert across_the_nose(strength) == pytest.approx(0.5)
    assert across_the_nose(steep) == 0


def test_what_runs_along_the_nose_does_not_cross_it() -> None:
    strength = plain()
    nose_of(strength)[:, 3] = 1.0
    assert across_the_nose(strength) == 0
    strength[:] = cv2.line(plain(), (0, 40), (SIZE, 40), 1.0, 1)
    assert across_the_nose(strength) == 1

import cv2
import numpy as np
import pytest

from mien.swap.atlas import polygons
from mien.swap.geometry import Floats
from mien.swap.things import Things
from mien.vision import topology as topo

SIZE = 96
LEAST = 3.0
OVAL = polygons([topo.OVAL], SIZE) > 0
LIPS = polygons([topo.OUTER_LIPS], SIZE) > 0
ROWS, COLUMNS = (int(v) for v in np.argwhere(LIPS).mean(0))


def plain() -> Floats:
    return np.zeros((SIZE, SIZE), np.float32)


def found(oddness: Floats) -> Floats:
    return Things(SIZE).find(oddness, LEAST)


def test_what_is_surely_odd_somewhere_is_covered_as_a_whole() -> None:
    """A cup in the shade: one half of it is hardly odd by itself."""
    oddness = plain()
    oddness[ROWS:, 40:48], oddness[ROWS:, 48:56] = 5.0, 2.9
    assert found(oddness)[ROWS + 2 : 80, 41:55].min() == 1
    oddness[ROWS:, 40:48] = 0
    assert found(oddness).max() == 0, "the dim half alone is a shadow"


def test_a_fold_inside_the_face_is_no_thing() -> None:
    oddness = plain()
    oddness[52:64, 34:37] = 6.0
    assert found(oddness).max() == 0


def test_food_at_the_lips_is_a_thing_and_their_corner_is_not() -> None:
    oddness = plain()
    cv2.circle(oddness, (COLUMNS, ROWS), 10, 5.0, -1)
    assert found(oddness)[ROWS, COLUMNS - 9 : COLUMNS + 9].min() == 1
    oddness = plain()
    corner = int(np.argwhere(LIPS)[:, 1].min())
    oddness[ROWS : ROWS + 3, corner - 3 : corner] = 5.0
    assert found(oddness).max() == 0


def test_the_neck_s_shadow_below_the_chin_is_no_thing() -> None:
    oddness = np.where(OVAL, 0, 6).astype(np.float32)
    inner = cv2.erode(OVAL.astype(np.uint8), np.ones((7, 7))) > 0
    oddness[OVAL & ~inner] = 6.0
    assert found(oddness)[OVAL].max() == 0


def test_a_thing_is_held_on_to_while_it_grows_dim() -> None:
    things, oddness = Things(SIZE), plain()
    oddness[ROWS:, 40:56] = 5.0
    things.find(oddness, LEAST)
    oddness[ROWS:, 40:56] = LEAST + 0.1
    assert things.find(oddness, LEAST)[ROWS + 3, 48] == 1
    assert Things(SIZE).find(oddness, LEAST)[ROWS + 3, 48] == 0


@pytest.mark.parametrize("size", [64, 96, 128])
def test_nothing_is_found_in_a_bare_face(size: int) -> None:
    assert Things(size).find(np.full((size, size), 2.0, np.float32), LEAST).max() == 0

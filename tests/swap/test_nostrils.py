"""Dark holes in a nose of one colour, on a face of another."""

import cv2
import numpy as np
import pytest
from tests.swap.faces import SIDE, placed

from mien.swap.drawing import Canvas, Drawing
from mien.swap.geometry import Floats
from mien.swap.nostrils import LEFT, RIGHT, lay_nostrils
from mien.vision import topology as topo
from mien.vision.face import BgrImage

SKIN, HOLE, WORN = (120, 150, 200), (12, 15, 30), (60, 90, 120)
# As dark beside what is worn as the camera's beside its skin.
DRAWN = (6, 9, 18)
POINTS = np.ascontiguousarray(placed(scale=1.2).points[:468])


def drawn(points: Floats, moved: Floats | None = None) -> Drawing:
    drawing = Canvas().draw(points, points if moved is None else moved, SIDE, SIDE)
    assert drawing is not None
    return drawing


def middle(ring: tuple[int, ...], points: Floats = POINTS) -> tuple[int, int]:
    x, y = points[list(ring), :2].mean(0)
    return round(float(x)), round(float(y))


def camera(points: Floats = POINTS, axes: tuple[int, int] = (6, 3)) -> BgrImage:
    image = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    for ring in (RIGHT, LEFT):
        cv2.ellipse(image, middle(ring, points), axes, 0, 0, 360, HOLE, -1)
    return image


def laid(image: BgrImage, drawing: Drawing) -> BgrImage:
    result = np.full((SIDE, SIDE, 3), WORN, np.uint8)
    lay_nostrils(image, result, drawing)
    return result


@pytest.mark.parametrize("ring", [RIGHT, LEFT])
def test_a_hole_is_as_dark_beside_its_skin_as_the_cameras(
    ring: tuple[int, ...],
) -> None:
    result = laid(camera(), drawn(POINTS))
    x, y = middle(ring)
    hole = result[y - 1 : y + 2, x - 2 : x + 3].reshape(-1, 3)
    np.testing.assert_allclose(hole.mean(0), DRAWN, atol=4)


def test_skin_about_the_holes_stays_as_it_was() -> None:
    result = laid(camera(), drawn(POINTS))
    holes = (camera() == HOLE).all(-1).astype(np.uint8)
    away = cv2.dilate(holes, np.ones((7, 7), np.uint8)) == 0
    assert (result[away] == WORN).all()
    changed = int((result != WORN).any(-1).sum())
    assert changed > 0.8 * holes.sum()


def test_rings_lie_where_a_persons_right_and_left_are_and_mirror_each_other() -> None:
    right, left, tip = middle(RIGHT), middle(LEFT), POINTS[topo.NOSE_TIP]
    assert right[0] < tip[0] < left[0]
    assert right[1] == left[1] > tip[1]
    mirror = topo.canonical_mesh().mirror
    assert {int(mirror[k]) for k in RIGHT} == set(LEFT)


def test_a_nose_without_holes_changes_nothing() -> None:
    shaded = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    shaded[int(POINTS[2, 1]) :] = np.round(np.array(SKIN) * 0.95)  # the shade below a nose
    for image in (np.full_like(shaded, SKIN), shaded):
        assert (laid(image, drawn(POINTS)) == WORN).all()


def test_holes_go_with_a_nose_that_is_moved() -> None:
    moved = POINTS + np.array([0, -9, 0], np.float32)
    result = laid(camera(), drawn(POINTS, moved))
    x, y = middle(RIGHT)
    np.testing.assert_allclose(result[y - 9, x], DRAWN, atol=4)
    assert (result[y + 6, x] == WORN).all()


def test_dark_skin_is_no_hole() -> None:
    dark = np.full((SIDE, SIDE, 3), (30, 36, 50), np.uint8)
    assert (laid(dark, drawn(POINTS)) == WORN).all()


def test_what_is_dark_elsewhere_stays_away() -> None:
    image = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    for vertex in (4, 195, 164, 50, 280, 13):
        cv2.circle(image, [round(float(v)) for v in POINTS[vertex, :2]], 4, HOLE, -1)
    assert (laid(image, drawn(POINTS)) == WORN).all()


def test_small_faces_have_none() -> None:
    small = np.ascontiguousarray(placed(scale=0.2).points[:468])
    assert (laid(camera(small, (2, 1)), drawn(small)) == WORN).all()


@pytest.mark.parametrize(("dx", "dy"), [(-220, 0), (220, 0), (0, 215), (0, -230)])
def test_at_the_edge_of_the_picture_it_ends(dx: float, dy: float) -> None:
    points = np.ascontiguousarray(placed(scale=1.2, dx=dx, dy=dy).points[:468])
    result = laid(camera(points), drawn(points))
    assert result.shape == (SIDE, SIDE, 3)

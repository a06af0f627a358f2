"""A drawn hand before a drawn face: which of its pixels stay is known to the last one."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap.faces import SIDE, painted_source, picture, placed

from mien.swap.atlas import uv_grid
from mien.swap.cover import find_cover
from mien.swap.drawing import Canvas
from mien.swap.hand_outline import half_finger
from mien.swap.look import prepare_look
from mien.swap.mesh import QUALITIES, MeshSwapper
from mien.swap.occlusion import BareFace
from mien.swap.rehearsal import plain_hand
from mien.swap.stopwatch import Stopwatch
from mien.swap.template import face_template
from mien.vision import topology as topo
from mien.vision.face import BgrImage
from mien.vision.hand import Hand

MESH = placed(scale=1.2)
HAND = plain_hand()
GRID = 96


def true_mask(hand: Hand, thickness: float) -> NDArray[np.bool_]:
    """The hand as it is painted, so many half fingers thick."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    at = np.round(hand.points * 16).astype(np.int32)
    width = round(2 * thickness * half_finger(hand))
    cv2.fillConvexPoly(mask, cv2.convexHull(at[[0, 1, 2, 5, 9, 13, 17]]), 255, cv2.LINE_8, 4)
    for first in range(1, 21, 4):
        cv2.polylines(mask, [at[first : first + 4]], False, 255, width, cv2.LINE_8, 4)
    return mask > 0


def with_hand(mask: NDArray[np.bool_], shade: int = 150) -> BgrImage:
    image = picture(MESH)
    image[mask] = shade
    rng = np.random.default_rng(1)
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


def inside_face() -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(MESH.points[list(topo.OVAL), :2].astype(np.int32)), 255)
    return mask > 0


def bare() -> BareFace:
    colours = np.full((GRID, GRID, 3), 128, np.float32)
    ones = np.ones((GRID, GRID), np.float32)
    return BareFace(colours, 30 * ones, ones)


def matte_of(image: BgrImage, hand: Hand = HAND) -> NDArray[np.float32]:
    points = np.ascontiguousarray(MESH.points[:468])
    drawing = Canvas().draw(points, points, SIDE, SIDE)
    assert drawing is not None
    cover = find_cover(image, drawing, (hand,), bare(), 14000)
    assert cover is not None
    whole = np.zeros((SIDE, SIDE), np.float32)
    rows, columns = cover.matte.shape
    whole[cover.top : cover.top + rows, cover.left : cover.left + columns] = cover.matte
    return whole


@pytest.mark.parametrize("thickness", [0.8, 1.0, 1.25])
def test_hands_are_kept_and_the_face_between_the_fingers_is_swapped(thickness: float) -> None:
    """Fingers are never as thick as the model draws them: the picture's edges decide."""
    hand, face = true_mask(HAND, thickness), inside_face()
    matte = matte_of(with_hand(hand))
    assert matte[hand & face].mean() > 0.97
    assert matte[~hand & face].mean() < 0.03
    near = cv2.dilate(hand.astype(np.uint8), np.ones((9, 9))) > 0
    assert matte[near & ~hand & face].mean() < 0.25, "the edge is crisp"


def test_a_hand_with_displaced_points_is_still_cut_along_its_edge() -> None:
    hand, face = true_mask(HAND, 1.0), inside_face()
    moved = Hand(HAND.points + np.array([3, -2], np.float32), 1.0)
    matte = matte_of(with_hand(hand), moved)
    assert matte[hand & face].mean() > 0.93
    assert matte[~hand & face].mean() < 0.04


def test_a_hand_beside_the_face_covers_nothing() -> None:
    points = np.ascontiguousarray(MESH.points[:468])
    drawing = Canvas().draw(points, points, SIDE, SIDE)
    assert drawing is not None
    away = Hand(HAND.points + np.array([2000, 0], np.float32), 1.0)
    image = picture(MESH)
    assert find_cover(image, drawing, (away,), bare(), 14000) is None
    assert find_cover(image, drawing, (), bare(), 14000) is None


def test_the_atlas_knows_what_is_covered() -> None:
    points = np.ascontiguousarray(MESH.points[:468])
    drawing = Canvas().draw(points, points, SIDE, SIDE)
    assert drawing is not None
    image = with_hand(true_mask(HAND, 1.0))
    cover = find_cover(image, drawing, (HAND,), bare(), 14000)
    assert cover is not None
    flat = cover.flatten(points[:, :2], uv_grid(GRID))
    uv = np.linalg.norm(points[:, :2] - HAND.points[9], axis=1).argmin()
    column, row = np.round(face_template().uv[uv] * GRID - 0.5).astype(int)
    assert flat[row, column] > 0.9
    column, row = np.round(face_template().uv[151] * GRID - 0.5).astype(int)
    assert flat[row, column] < 0.05


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_swapped_face_shows_the_cameras_hand(level: int) -> None:
    quality = QUALITIES[level]
    look = prepare_look(painted_source({}), quality.grid)
    watch = Stopwatch(lambda: 0.0)
    watch.start()
    swapper = MeshSwapper(look, quality, 1.0, watch)
    for _ in range(10):
        swapper.swap(with_hand(np.zeros((SIDE, SIDE), bool)), MESH)
    hand, face = true_mask(HAND, 1.0), inside_face()
    camera = with_hand(hand, 170)
    result = swapper.swap(camera, MESH, (HAND,))
    assert result is not None
    core = cv2.erode(hand.astype(np.uint8), np.ones((7, 7))) > 0
    assert (result[core & face] == camera[core & face]).mean() > 0.97
    between = (HAND.points[8] + HAND.points[12]) / 2 + [0, -14]
    x, y = np.round(between).astype(int)
    assert abs(float(result[y, x].mean()) - 170) > 20, "between the fingers is no hand"

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.swap.faces import texel

from mien.swap.atlas import luma
from mien.swap.geometry import Floats
from mien.swap.look import LIP_HEM, prepare_look
from mien.swap.rehearsal import plain_source
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo

SKIN, PALE, RED = (110, 130, 170), (180, 180, 180), (60, 50, 170)
CHEEK = 50


def skin() -> NDArray[np.uint8]:
    return np.full((ATLAS_SIZE, ATLAS_SIZE, 3), SKIN, np.uint8)


def drawn(atlas: NDArray[np.uint8]) -> Floats:
    """The BGR of the finest level."""
    look = prepare_look(replace(plain_source(), atlas=atlas), 96)
    return look.levels[0][..., :3].astype(np.float32)


def redness(colours: Floats) -> Floats:
    return np.asarray(colours[..., 2] / luma(colours), np.float32)


def test_what_the_lights_grid_cannot_tell_apart_has_one_hue() -> None:
    atlas = skin()
    row, column = texel(CHEEK)
    atlas[row, column], atlas[row, column + 1] = PALE, RED
    seen = drawn(atlas)
    np.testing.assert_allclose(luma(seen), luma(atlas), atol=1.5)
    np.testing.assert_allclose(
        redness(seen[row, column : column + 2]), redness(skin()[0, 0]), atol=0.1
    )


def test_a_broad_blush_keeps_its_hue() -> None:
    atlas = skin()
    row, column = texel(CHEEK)
    cv2.circle(atlas, (column, row), 24, (90, 100, 190), -1)
    np.testing.assert_allclose(drawn(atlas)[row, column], (90, 100, 190), atol=2)


def test_lips_leave_no_red_on_the_skin_beside_them() -> None:
    atlas = skin()
    outline = np.round(face_template().uv[list(topo.OUTER_LIPS)] * ATLAS_SIZE - 0.5)
    lips = cv2.fillPoly(np.zeros(atlas.shape[:2], np.uint8), [outline.astype(np.int32)], 1)
    reach = 2 * int(LIP_HEM * ATLAS_SIZE * 0.7) + 1
    hem = cv2.dilate(lips, np.ones((reach, reach), np.uint8)) > 0
    atlas[hem] = RED
    seen = drawn(atlas)
    np.testing.assert_allclose(redness(seen[hem]), redness(skin()[0, 0]), atol=0.06)
    np.testing.assert_allclose(luma(seen[hem]), luma(atlas[hem]), atol=1.5)

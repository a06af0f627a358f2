import cv2
import numpy as np
import pytest
from tests.swap.faces import SIDE, picture, placed

from mien.swap.atlas import polygons
from mien.swap.drawing import Canvas
from mien.swap.geometry import Floats
from mien.swap.strands import Strands
from mien.swap.template import face_template
from mien.vision import topology as topo
from mien.vision.face import BgrImage

SIZE = 96
MESH = placed(scale=1.2)
POINTS = np.ascontiguousarray(MESH.points[:468])
SWAPPED = np.full((SIDE, SIDE, 3), 200, np.uint8)
# The boom of a headset, from the ear over the cheek to the corner of the mouth.
BOOM = (234, 147, 213, 192, 214, 57)
STRAND = (10, 151, 9)
WRINKLE = (104, 69, 108, 151, 337, 299, 333)


def flat_face(*outlines: tuple[int, ...], shade: int = 30) -> Floats:
    image = np.full((SIZE, SIZE, 3), 150, np.float32)
    for outline in outlines:
        at = np.round((face_template().uv[list(outline)] * SIZE - 0.5) * 16).astype(np.int32)
        cv2.polylines(image, [at], False, (shade, shade, shade), 2, cv2.LINE_8, 4)
    return image


def seen(*outlines: tuple[int, ...]) -> BgrImage:
    image = picture(MESH)
    image[:] = 150
    for outline in outlines:
        at = np.round(POINTS[list(outline), :2]).astype(np.int32)
        cv2.polylines(image, [at], False, (30, 30, 30), 4)
    return image


def restored(camera: BgrImage, flat: Floats, frames: int = 6) -> BgrImage:
    strands, drawing = Strands(SIZE), Canvas().draw(POINTS, POINTS, SIDE, SIDE)
    assert drawing is not None
    for _ in range(frames):
        strands.observe(flat)
    result = SWAPPED.copy()
    strands.restore(camera, result, drawing)
    return result


@pytest.mark.parametrize("outline", [BOOM, STRAND])
def test_a_long_dark_line_from_outside_is_laid_on_top(outline: tuple[int, ...]) -> None:
    result = restored(seen(outline), flat_face(outline))
    for vertex in outline[1:-1]:
        x, y = np.round(POINTS[vertex, :2]).astype(int)
        assert result[y, x].max() < 60, vertex
    x, y = np.round(POINTS[425, :2]).astype(int)
    assert (result[y, x] == 200).all(), "the other cheek"
    assert (result < 195).any(-1).mean() < 0.02, "no more than the line"


def test_wrinkles_and_moles_are_painted_over() -> None:
    for outline in (WRINKLE, (50, 101)):
        result = restored(seen(outline), flat_face(outline))
        np.testing.assert_array_equal(result, SWAPPED)
    faint = restored(seen(STRAND), flat_face(STRAND, shade=125))
    np.testing.assert_array_equal(faint, SWAPPED)


def test_a_strand_that_is_gone_is_let_go() -> None:
    strands, drawing = Strands(SIZE), Canvas().draw(POINTS, POINTS, SIDE, SIDE)
    assert drawing is not None
    strands.observe(flat_face(STRAND))
    for _ in range(4):
        strands.observe(flat_face())
    result = SWAPPED.copy()
    strands.restore(seen(STRAND), result, drawing)
    np.testing.assert_array_equal(result, SWAPPED)


def test_the_features_of_a_face_are_no_strands() -> None:
    image = flat_face()
    for outline in (topo.RIGHT_BROW, topo.LEFT_BROW, topo.RIGHT_EYE, topo.OUTER_LIPS):
        image[polygons([outline], SIZE) > 0] = 20
    result = restored(seen(topo.RIGHT_BROW, topo.LEFT_BROW), image)
    np.testing.assert_array_equal(result, SWAPPED)

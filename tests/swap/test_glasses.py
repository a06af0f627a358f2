import cv2
import numpy as np
from tests.swap.faces import SIDE, picture, placed

from mien.swap.drawing import Canvas
from mien.swap.glasses import Glasses
from mien.vision import topology as topo
from mien.vision.face import BgrImage

MESH = placed(scale=1.2)
POINTS = np.ascontiguousarray(MESH.points[:468])
SWAPPED = np.full((SIDE, SIDE, 3), 128, np.uint8)


def with_glasses() -> BgrImage:
    image = picture(MESH)
    centres = [POINTS[list(eye), :2].mean(0) for eye in (topo.RIGHT_EYE, topo.LEFT_EYE)]
    inner = [POINTS[k, :2] for k in (topo.RIGHT_EYE_INNER, topo.LEFT_EYE_INNER)]
    for centre in centres:
        cv2.circle(image, [round(float(v)) for v in centre], 40, (20, 20, 20), 4)
    # The bridge runs from rim to rim, over the nose.
    start, end = ([round(float(p[0])), round(float(p[1])) - 2] for p in inner)
    cv2.line(image, start, end, (20, 20, 20), 5)
    return image


def restored(camera: BgrImage, frames: int = 10) -> tuple[Glasses, BgrImage]:
    glasses = Glasses()
    drawing = Canvas().draw(POINTS, POINTS, SIDE, SIDE)
    assert drawing is not None
    for _ in range(frames):
        result = SWAPPED.copy()
        glasses.restore(camera, result, drawing)
    return glasses, result


def test_a_bare_face_wears_none_and_is_left_alone() -> None:
    glasses, result = restored(picture(MESH))
    assert not glasses.worn
    np.testing.assert_array_equal(result, SWAPPED)


def test_dark_rims_are_found_and_laid_on_top() -> None:
    glasses, result = restored(with_glasses())
    assert glasses.worn
    x, y = POINTS[168, :2]
    bridge = result[int(y) - 6 : int(y) + 30, int(x) - 3 : int(x) + 4]
    assert bridge.min() < 60
    rows, _ = np.nonzero(result[..., 0] < 100)
    assert abs(rows.mean() - POINTS[list(topo.RIGHT_EYE), 1].mean()) < 30
    forehead = POINTS[151, :2].astype(int)
    assert (result[forehead[1], forehead[0]] == 128).all()


def test_rims_are_whole_below_and_over_the_brows() -> None:
    camera = with_glasses()
    _, result = restored(camera)
    centre = POINTS[list(topo.RIGHT_EYE), :2].mean(0)
    rim = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(rim, [round(float(v)) for v in centre], 40, 255, 2)
    rows, columns = np.nonzero(rim)
    kept = result[rows, columns, 0] < 90
    assert kept[rows > centre[1] + 20].mean() > 0.95, "on the cheek"
    assert kept[rows < centre[1] - 20].mean() > 0.95, "at the brow"


def test_a_mole_beside_the_rims_is_not_part_of_them() -> None:
    camera = with_glasses()
    x, y = (round(float(v)) for v in POINTS[50, :2])
    cv2.circle(camera, (x, y), 3, (30, 30, 30), -1)
    _, result = restored(camera)
    assert (result[y - 3 : y + 4, x - 3 : x + 4] == 128).all()


def test_stripes_all_over_the_face_are_no_rims() -> None:
    camera = picture(MESH)
    camera[::2][camera[::2] == 128] = 188
    _, result = restored(camera)
    np.testing.assert_array_equal(result, SWAPPED)

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

"""Does the result belong into its picture: tone against the skin beside it, sharpness."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.evaluation.reader import Reading
from mien.vision import topology as topo
from mien.vision.face import BgrImage

# Places of the oval with skin on both sides: along the forehead, and above the neck.
PLACES = (10, 338, 109, 297, 67, 152, 377, 148, 400, 176)
# How far in and out of the oval's points, from the face's middle, the colours are taken.
INSIDE, OUTSIDE = 0.86, 1.12
# Of the face's height: what is finer is no tone.
TONE_SIGMA = 0.03
DETAIL_SIGMA = 1.2
_LEAST_DETAIL = 0.05


def tone_delta(target: BgrImage, result: BgrImage, reading: Reading) -> float:
    """How the step from face to forehead and neck differs from the target's own, in CIELAB.

    target, result: the frame before and after; reading: the target's face.
    """
    steps = [_steps(image, reading) for image in (target, result)]
    return float(np.linalg.norm(steps[1] - steps[0], axis=1).mean())


def sharpness_ratio(target: BgrImage, result: BgrImage, reading: Reading) -> float:
    """Fine detail of the result's skin over the target's; 1 is neither blurred nor over-sharp."""
    skin = _skin(target.shape[:2], reading)
    return (_detail(result, skin) + _LEAST_DETAIL) / (_detail(target, skin) + _LEAST_DETAIL)


def _steps(image: BgrImage, reading: Reading) -> NDArray[np.float32]:
    points = reading.points[:, :2]
    height = float(np.linalg.norm(points[topo.FOREHEAD_TOP] - points[topo.CHIN]))
    smooth = cv2.GaussianBlur(image, (0, 0), max(TONE_SIGMA * height, 0.5))
    scaled = np.asarray(smooth, np.float32) / 255
    lab = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2LAB), np.float32)
    middle = points[list(topo.OVAL)].mean(0)
    away = points[list(PLACES)] - middle
    step = _at(lab, middle + INSIDE * away) - _at(lab, middle + OUTSIDE * away)
    return np.asarray(step, np.float32)


def _at(lab: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float32]:
    limit = np.array([lab.shape[1] - 1, lab.shape[0] - 1])
    x, y = np.clip(points.round(), 0, limit).astype(int).T
    return np.asarray(lab[y, x], np.float32)


def _skin(shape: tuple[int, ...], reading: Reading) -> NDArray[np.bool_]:
    """Inside the oval, off its rim, without eyes, brows and lips."""
    points = reading.points[:, :2]
    middle = points[list(topo.OVAL)].mean(0)
    mask = np.zeros(shape, np.uint8)
    _fill(mask, middle + 0.85 * (points[list(topo.OVAL)] - middle), 1)
    parts = (topo.RIGHT_EYE, topo.LEFT_EYE, topo.RIGHT_BROW, topo.LEFT_BROW, topo.OUTER_LIPS)
    for part in parts:
        around = points[list(part)]
        _fill(mask, around.mean(0) + 1.3 * (around - around.mean(0)), 0)
    return mask > 0


def _fill(mask: NDArray[np.uint8], outline: NDArray[np.float32], value: int) -> None:
    cv2.fillPoly(mask, [outline.round().astype(np.int32)], value)


def _detail(image: BgrImage, skin: NDArray[np.bool_]) -> float:
    if not skin.any():
        return 0.0
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return float(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), DETAIL_SIGMA))[skin].mean())

"""Glasses: found by thin dark and bright lines on the nose bridge, and laid back on top."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import BROWS, EYES, ellipse, polygons
from mien.swap.drawing import Drawing
from mien.swap.geometry import Floats, smooth_step
from mien.swap.rims import BAND, BRIDGE, LINE, lines
from mien.vision.face import BgrImage

_SIZE = 256
_EXTENT = (127, 70, 300, 356, 454, 234, 197, 50, 280, 9)
_FOUND = 0.085
_LOOK_EVERY = 8


class Glasses:
    """Looks at every eighth frame until it has found some, then at each."""

    def __init__(self) -> None:
        band = polygons([BAND], _SIZE)
        band[cv2.dilate(polygons(EYES, _SIZE), ellipse(9)) > 0] = 0
        band[cv2.dilate(polygons(BROWS, _SIZE), ellipse(7)) > 0] = 0
        self._band = cv2.GaussianBlur(band, (0, 0), 1.5)
        self._bridge = polygons([BRIDGE], _SIZE)
        self._score: float | None = None
        self._frames = 0

    @property
    def worn(self) -> bool:
        """Whether the person wears glasses."""
        return self._score is not None and self._score >= _FOUND

    def restore(self, camera: BgrImage, result: BgrImage, drawing: Drawing) -> None:
        """Lay the frames of the camera's glasses back onto the result, in place."""
        due = self._frames % _LOOK_EVERY == 0
        self._frames += 1
        if not (due or self.worn):
            return
        corner = np.array([drawing.left, drawing.top])
        points = drawing.points[list(_EXTENT), :2] - corner
        low = np.maximum(points.min(0) - 4, 0).astype(int)
        high = np.maximum(points.max(0) + 5, 0).astype(int)
        maps = drawing.maps[:, low[1] : high[1], low[0] : high[0]]
        if min(maps.shape[1:]) < 12:
            return
        left, top = low + corner
        patch = result[top : top + maps.shape[1], left : left + maps.shape[2]]
        self._restore(camera, patch, maps, low + corner, max(5, int(drawing.height * 0.035) | 1))

    def _restore(
        self,
        camera: BgrImage,
        result: BgrImage,
        maps: Floats,
        corner: NDArray[np.int64],
        width: int,
    ) -> None:
        warped = _warp(camera, maps, corner)
        found = lines(warped, width)
        u, v = maps[2] * _SIZE - 0.5, maps[3] * _SIZE - 0.5
        u[maps[2] < 0] = -10
        bridge = cv2.remap(self._bridge, u, v, cv2.INTER_LINEAR) > 128
        now = np.count_nonzero((found > LINE) & bridge) / (np.count_nonzero(bridge) + 1)
        self._score = now if self._score is None else self._score + 0.25 * (now - self._score)
        if not self.worn:
            return
        band = cv2.remap(self._band, u, v, cv2.INTER_LINEAR) / np.float32(255)
        frames = np.asarray(smooth_step(found, 0.10, 0.20) * band, np.float32)
        share = cv2.GaussianBlur(cv2.dilate(frames, np.ones((3, 3))), (0, 0), 1.0)[..., None]
        result[:] = (result + (warped.astype(np.float32) - result) * share).astype(np.uint8)


def _warp(camera: BgrImage, maps: Floats, corner: NDArray[np.int64]) -> BgrImage:
    x, y = maps[0].copy(), maps[1].copy()
    rows, columns = np.nonzero(maps[2] < -1.5)
    x[rows, columns] = columns + corner[0]
    y[rows, columns] = rows + corner[1]
    warped = cv2.remap(camera, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)

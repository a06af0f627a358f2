"""Glasses: found by thin dark and bright lines on the nose bridge, and laid back on top."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import BROWS, EYES, ellipse, polygons
from mien.swap.drawing import Drawing
from mien.swap.geometry import Floats, smooth_step
from mien.swap.matte import lay_over
from mien.swap.rims import BAND, BRIDGE, LINE, NOSE, STRONG, lines
from mien.swap.warp import warp
from mien.vision.face import BgrImage

_SIZE = 256
_EXTENT = (127, 70, 300, 356, 454, 234, 197, 50, 205, 280, 425, 9, 151)
_FOUND = 0.085
# Rims reach further down than the band in which they are looked for, in texels.
_BELOW = 25
# From and to which strength a line is a rim; and how long it is at least, in widths of lines.
_THIN, _LENGTH = (0.08, 0.16), 4.0
# Rims cover no more than this part of the band; the stripes of an interlaced picture do.
_MOST = 0.55
_LOOK_EVERY = 8


class Glasses:
    """Looks at every eighth frame until it has found some, then at each."""

    def __init__(self) -> None:
        band = np.asarray(cv2.dilate(polygons([BAND], _SIZE), ellipse(_BELOW)), np.uint8)
        band[cv2.dilate(polygons([NOSE], _SIZE), ellipse(7)) > 0] = 0
        band[polygons([BRIDGE], _SIZE) > 0] = 255
        band[cv2.dilate(polygons(EYES, _SIZE), ellipse(9)) > 0] = 0
        brows = np.asarray(cv2.dilate(polygons(BROWS, _SIZE), ellipse(7)), np.uint8)
        self._zones = np.dstack([cv2.GaussianBlur(zone, (0, 0), 1.5) for zone in (band, brows)])
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
        warped = warp(camera, maps, corner)
        found = lines(warped, width)
        u, v = maps[2] * _SIZE - 0.5, maps[3] * _SIZE - 0.5
        u[maps[2] < 0] = -10
        bridge = cv2.remap(self._bridge, u, v, cv2.INTER_LINEAR) > 128
        now = np.count_nonzero((found > LINE) & bridge) / (np.count_nonzero(bridge) + 1)
        self._score = now if self._score is None else self._score + 0.25 * (now - self._score)
        if not self.worn:
            return
        band, brows = cv2.split(cv2.remap(self._zones, u, v, cv2.INTER_LINEAR) / np.float32(255))
        thin, strong = smooth_step(found, *_THIN), smooth_step(found, *STRONG)
        frames = np.asarray((thin + (strong - thin) * brows) * band, np.float32)
        if np.count_nonzero(frames > 0.5) > _MOST * np.count_nonzero(band > 0.5):
            return
        frames *= _long(frames, _LENGTH * width)
        share = cv2.GaussianBlur(cv2.dilate(frames, np.ones((3, 3))), (0, 0), 1.0)
        lay_over(warped, share, result)


def _long(frames: Floats, least: float) -> NDArray[np.bool_]:
    """Where lines are long: rims hang together, and specks and folds do not."""
    drawn = np.asarray(frames > 0.3, np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(drawn)
    extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    return np.asarray((extent > least)[parts] & (drawn > 0))

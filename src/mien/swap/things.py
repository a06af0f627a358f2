"""Things before the face, as wholes: what is odd enough somewhere is covered to its edge."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import depth_inside, ellipse, polygons
from mien.swap.geometry import Floats, smooth_step
from mien.vision import topology as topo

# A thing is somewhere this much odder than the least that counts, and nowhere this much less.
_SURE, _UNSURE = 0.8, 0.3
# Between so much oddness below the least its edge fades.
_EDGE = (-0.4, -0.1)
# Things come in over the outline of the face, or lie at the lips; what is odd further inside is
# a fold or a shadow, and what comes in no deeper is the neck's shadow, or the wall. As parts of
# the atlas: how near, how deep, and the least area at the lips.
_RIM, _DEEP, _LIPS, _LEAST_AREA = 0.025, 0.06, 0.02, 0.0035


class Things:
    """Finds things in an atlas of size x size texels, and holds on to them."""

    def __init__(self, size: int) -> None:
        oval, lips = polygons([topo.OVAL], size), polygons([topo.OUTER_LIPS], size)
        depth = depth_inside(oval)
        self._rim, self._deep = (depth < _RIM) & (oval > 0), depth > _DEEP
        self._lips = cv2.dilate(lips, ellipse(round(2 * _LIPS * size) | 1)) > 0
        self._least = round(_LEAST_AREA * size * size)
        self._whole = np.zeros((size, size), bool)

    def find(self, oddness: Floats, least: float) -> Floats:
        """(n, n) float32: 1 where a thing covers the face. oddness: (n, n), above least counts."""
        odd = np.asarray(oddness > least - _UNSURE, np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(odd, connectivity=4)
        parts = np.asarray(labels, np.int32)
        kept = within(parts, count, (oddness > least + _SURE) | (self._whole & (oddness > least)))
        at_lips = within(parts, count, self._lips) & (stats[:, cv2.CC_STAT_AREA] >= self._least)
        from_outside = within(parts, count, self._rim) & within(parts, count, self._deep)
        kept &= from_outside | at_lips
        kept[0] = False
        self._whole = kept[parts]
        near = cv2.dilate(self._whole.astype(np.uint8), ellipse(3)) > 0
        return np.asarray(smooth_step(oddness - np.float32(least), *_EDGE) * near, np.float32)


def within(parts: NDArray[np.int32], count: int, zone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(count,) which parts have a texel in a zone."""
    return np.bincount(parts[zone], minlength=count) > 0

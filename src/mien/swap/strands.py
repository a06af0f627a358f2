"""Thin dark things before the face, hair and the boom of a headset: found, and laid back on top."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import BROWS, EYES, depth_inside, ellipse, polygons
from mien.swap.drawing import MIN_REGION, Drawing
from mien.swap.geometry import Floats, smooth_step
from mien.swap.matte import lay_over
from mien.swap.rims import NOSE, dark_lines
from mien.swap.template import face_template
from mien.swap.things import within
from mien.swap.warp import look_up, warp
from mien.vision import topology as topo
from mien.vision.face import BgrImage

# Lines are thinner than this part of the atlas, and of the face's height.
_WIDTH, _PIXEL_WIDTH = 0.05, 0.035
# As dark a line is surely no wrinkle, and what hangs together with it is of it.
_SURE, _WEAK = 0.28, 0.12
# It comes in over the outline so deep, and is so long at least, as parts of the atlas.
_RIM, _DEEP, _LENGTH = 0.05, 0.12, 0.10
# From and to which darkness a pixel beside it belongs to it.
_EDGE = (0.10, 0.22)
_FOLLOW = 0.5
_LEAST = 0.2


class Strands:
    """Looks in an atlas of size x size texels, and at pixels only where that shows something."""

    def __init__(self, size: int) -> None:
        self._width = max(round(_WIDTH * size) | 1, 3)
        self._length = _LENGTH * size
        oval = polygons([topo.OVAL], size)
        self._bare = np.asarray(cv2.erode(oval, ellipse(3)) > 0)
        features = polygons([*EYES, *BROWS, topo.OUTER_LIPS, NOSE], size)
        self._bare &= cv2.dilate(features, ellipse(size // 24 | 1)) == 0
        depth = depth_inside(oval)
        self._rim, self._deep = (depth < _RIM) & (oval > 0), depth > _DEEP
        self._zone = np.zeros((size, size), np.float32)

    def observe(self, target: Floats) -> None:
        """Take in one unwrapped frame, (n, n, 3) BGR."""
        dark = dark_lines(np.clip(target, 0, 255).astype(np.uint8), self._width)
        self._zone += _FOLLOW * (self._find(dark) - self._zone)

    def restore(self, camera: BgrImage, result: BgrImage, drawing: Drawing) -> None:
        """Lay the camera's strands back onto the result, in place."""
        if self._zone.max() < _LEAST:
            return
        corner, part = self._window(drawing)
        maps, patch = drawing.maps[:, *part], result[drawing.region][part]
        if min(maps.shape[1:]) < MIN_REGION:
            return
        warped = warp(camera, maps, corner)
        found = dark_lines(warped, max(5, int(drawing.height * _PIXEL_WIDTH) | 1))
        zone = look_up(self._zone, maps)
        share = cv2.GaussianBlur(smooth_step(found, *_EDGE) * zone, (0, 0), 0.7)
        lay_over(warped, share, patch)

    def _window(self, drawing: Drawing) -> tuple[NDArray[np.int64], tuple[slice, slice]]:
        """The corner, in the picture, of what strands may cover; and where that is in the maps."""
        size = len(self._zone)
        near = cv2.dilate(self._zone, ellipse(size // 8 | 1))
        u, v = (face_template().uv[: topo.MESH_POINTS] * size - 0.5).T
        beside = cv2.remap(near, u, v, cv2.INTER_LINEAR).ravel() > _LEAST
        return drawing.window(beside, 0)

    def _find(self, dark: Floats) -> Floats:
        """(n, n) 1 about long lines that come in over the outline of the face."""
        drawn = np.asarray((dark > _WEAK) & self._bare, np.uint8)
        if not ((dark > _SURE) & self._bare).any():
            return np.zeros_like(dark)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(drawn)
        parts = np.asarray(labels, np.int32)
        extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
        kept = (extent > self._length) & within(parts, count, dark > _SURE)
        from_outside = within(parts, count, self._rim) & within(parts, count, self._deep)
        # What was found is held on to where hair or a dark wall hides how it comes in.
        kept &= from_outside | within(parts, count, self._zone > 0.5)
        kept[0] = False
        return np.asarray(cv2.dilate(kept[parts].astype(np.float32), ellipse(5)), np.float32)

"""Glasses: the rims of those that somebody wears are laid back on top."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import BROWS, EYES, Mask, ellipse, polygons
from mien.swap.drawing import Drawing
from mien.swap.eyewear import Eyewear
from mien.swap.geometry import Floats, smooth_step
from mien.swap.matte import lay_over
from mien.swap.rims import BAND, BRIDGE, NOSE, STRONG, lines
from mien.swap.warp import look_up, warp
from mien.vision.face import BgrImage

_SIZE = 256
_EXTENT = (127, 70, 300, 356, 454, 234, 197, 50, 205, 280, 425, 9, 151)
# Rims reach further down than the band in which they are looked for, in texels.
_BELOW = 25
# How wide lines are in the picture, in heights of the face; and from and to how much of the band
# they cover more than rims do, thin and thick: those are the stripes of an interlaced picture.
_WIDTHS, _STRIPES = (0.035, 0.07), ((0.65, 0.8), (0.85, 0.95))
# From and to which strength a line is a rim; and how long it is at least, in widths of lines, and
# in pixels.
_THIN, _LENGTH, _LEAST_LENGTH = (0.08, 0.16), 4.0, 8.0
# A frame's step from rims that are not shown to those that are, and what is as good as none.
_FADE, _LEAST = 0.2, 0.02


class Glasses:
    """Those of one person."""

    def __init__(self, eyewear: Eyewear) -> None:
        self._eyewear = eyewear
        # How much of them is shown; None before the first frame.
        self._shown: float | None = None

    @property
    def worn(self) -> bool:
        """Whether the person wears any."""
        return self._eyewear.worn

    def observe(self, target: Floats, visible: Floats) -> None:
        """Take in one unwrapped frame, (n, n, 3) BGR; visible: (n, n) 0..1."""
        self._eyewear.observe(target, visible)
        # Those that were seen from the start are there at once; later they come and go softly.
        old = float(self.worn) if self._shown is None else self._shown
        self._shown = old + _FADE * (self.worn - old)

    def restore(self, camera: BgrImage, result: BgrImage, drawing: Drawing) -> None:
        """Lay the frames of the camera's glasses back onto the result, in place."""
        if self._shown is None or self._shown < _LEAST:
            return
        corner, part = drawing.window(list(_EXTENT), 4)
        maps, patch = drawing.maps[:, *part], result[drawing.region][part]
        if min(maps.shape[1:]) < 12:
            return
        warped = warp(camera, maps, corner)
        share = self._rims(warped, maps, drawing.height)
        lay_over(warped, share * np.float32(self._shown), patch)

    def _rims(self, face: BgrImage, maps: Floats, height: float) -> Floats:
        """(h, w) 1 where there are rims, 0 elsewhere, of a face so high in pixels."""
        kind = int(self._eyewear.thick)
        usual = height * _WIDTHS[kind]
        width = max(5, int(usual) | 1)
        found = lines(face, width)
        band, brows = cv2.split(look_up(_zones(), maps) / np.float32(255))
        thin = smooth_step(found / self._eyewear.on_skin, *_THIN)
        strong = smooth_step(found / self._eyewear.on_brows, *STRONG)
        rims = np.asarray((thin + (strong - thin) * brows) * band, np.float32)
        covered = float(np.count_nonzero(rims > 0.5)) / (float(np.count_nonzero(band > 0.5)) + 1)
        rims *= np.float32(1 - smooth_step(covered, *_STRIPES[kind]))
        rims *= _long(rims, max(_LENGTH * usual, _LEAST_LENGTH))
        return np.asarray(cv2.GaussianBlur(cv2.dilate(rims, np.ones((3, 3))), (0, 0), 1.0))


@cache
def _zones() -> Mask:
    """(256, 256, 2) 255 where in the atlas rims may be, and where brows are."""
    band = np.asarray(cv2.dilate(polygons([BAND], _SIZE), ellipse(_BELOW)), np.uint8)
    band[cv2.dilate(polygons([NOSE], _SIZE), ellipse(7)) > 0] = 0
    band[polygons([BRIDGE], _SIZE) > 0] = 255
    band[cv2.dilate(polygons(EYES, _SIZE), ellipse(9)) > 0] = 0
    brows = np.asarray(cv2.dilate(polygons(BROWS, _SIZE), ellipse(7)), np.uint8)
    return np.dstack([cv2.GaussianBlur(zone, (0, 0), 1.5) for zone in (band, brows)])


def _long(rims: Floats, least: float) -> NDArray[np.bool_]:
    """Where lines are long: rims hang together, and specks and folds do not."""
    drawn = np.asarray(rims > 0.3, np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(drawn)
    extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    return np.asarray((extent > least)[parts] & (drawn > 0))

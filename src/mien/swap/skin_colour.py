"""The colour of one person's skin, though a mask, a fringe or a cap may cover half of the face."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import polygons, shrink
from mien.swap.geometry import Floats
from mien.swap.texture import ATLAS_SIZE

# Patches that are skin in a bare face, and how likely each is to be bare: forehead, ridge of the
# nose, below each eye, cheeks, chin.
_PATCHES = (
    (9, 107, 66, 69, 108, 151, 337, 299, 296, 336),
    (9, 55, 193, 122, 6, 351, 417, 285),
    (118, 119, 120, 121, 47, 126, 100, 101),
    (347, 348, 349, 350, 277, 355, 329, 330),
    (50, 101, 36, 205, 187, 123),
    (280, 330, 266, 425, 411, 352),
    (200, 199, 208, 32, 18, 262, 428),
)
_TRUST = np.array([2.0, 2.0, 1.0, 1.0, 0.4, 0.4, 0.2], np.float32)
# Of the one that was found before: a mask that is put on must not become the skin.
_LOYALTY = 3.0
_SAMPLES = 48
# Patches this much alike are of one kind, in Lab levels; side light is no difference.
_ALIKE, _LIGHT_WEIGHT = 10.0, 0.3
# Skin is redder and yellower than what covers it, whatever the lamp: worth so much a level.
_WARMTH, _WARMEST = 0.12, 12.0
_NEW_SHARE = 0.4
# Deviations that any skin has: of itself, along its shades, and towards its shine.
_LEAST_SPREAD = np.array([7, 3, 3], np.float32)
_SHADES, _SHINE, _SHINE_LIGHT = 0.30, 0.16, 230.0
_OUTLIER = 2.5
# No shade of skin is darker than this part of its middle; how fast darker is odder.
_DARKEST, _PER_SHADE = 0.56, 9.0
_NEUTRAL = 128.0


class SkinColour:
    """Follows the skin's colour in Lab, and how it varies."""

    def __init__(self, size: int) -> None:
        self._at = np.stack([_spots(patch, size) for patch in _PATCHES])
        self._middle: Floats | None = None
        self._scatter = np.zeros((3, 3), np.float32)

    def measure(self, lab: Floats, visible: Floats) -> None:
        """Take in an unwrapped face, (n, n, 3), with its (n, n) visibility."""
        colours = lab.reshape(-1, 3)[self._at]
        seen = visible.reshape(-1)[self._at] > 0.5
        kind = self._skin(np.median(colours, 1), seen.mean(1))
        pixels = colours[kind][seen[kind]]
        if len(pixels) < _SAMPLES // 2:
            pixels = colours[kind].reshape(-1, 3)
        middle = np.asarray(np.median(pixels, 0), np.float32)
        if self._middle is None:
            self._middle, self._scatter = middle.copy(), _scatter(pixels - middle)
        self._middle += _NEW_SHARE * (middle - self._middle)
        self._scatter += _NEW_SHARE * (_scatter(pixels - middle) - self._scatter)

    def distance(self, lab: Floats) -> Floats:
        """(n, n) how many deviations each colour, (n, n, 3), lies from this skin and its shades."""
        assert self._middle is not None, "measured first"
        middle = self._middle
        shades = _SHADES * (middle - [0, _NEUTRAL, _NEUTRAL])
        shine = _SHINE * (np.array([_SHINE_LIGHT, _NEUTRAL, _NEUTRAL]) - middle)
        spread = np.diag(_LEAST_SPREAD**2) + np.outer(shades, shades) + np.outer(shine, shine)
        whiten = np.linalg.cholesky(np.linalg.inv(self._scatter + spread)).astype(np.float32)
        centred = np.hstack([whiten.T, -(whiten.T @ middle)[:, None]]).astype(np.float32)
        away = np.asarray(cv2.transform(lab, centred), np.float32)
        squared = (away * away) @ np.ones(3, np.float32)
        dark = _PER_SHADE * np.maximum(_DARKEST - lab[..., 0] / max(middle[0], 1.0), 0)
        return np.asarray(np.sqrt(squared + dark * dark), np.float32)

    def _skin(self, middles: Floats, seen: Floats) -> NDArray[np.bool_]:
        """Which patches show skin: those alike that are the most trusted together."""
        alike = _difference(middles[:, None], middles[None]) < _ALIKE
        trust = _TRUST * np.maximum(seen, 0.05)
        warmth = np.clip(middles[:, 1:].mean(1) - _NEUTRAL, -_WARMEST, _WARMEST)
        votes = alike @ trust * np.exp(_WARMTH * warmth)
        if self._middle is not None:
            votes *= 1 + _LOYALTY * (_difference(middles, self._middle) < _ALIKE)
        return np.asarray(alike[int(votes.argmax())], np.bool_)


def _difference(one: Floats, other: Floats) -> Floats:
    step = (one - other) ** 2
    return np.asarray(np.sqrt(_LIGHT_WEIGHT**2 * step[..., 0] + step[..., 1] + step[..., 2]))


def _scatter(away: Floats) -> Floats:
    """(3, 3) covariance of colours about their middle, outliers drawn in."""
    usual = np.median(np.abs(away), 0) * 1.48 + 1
    near = np.clip(away, -_OUTLIER * usual, _OUTLIER * usual)
    return np.asarray(near.T @ near / len(near), np.float32)


@cache
def _spots(outline: tuple[int, ...], size: int) -> NDArray[np.int64]:
    """As many flat indices of texels in each patch, evenly strewn."""
    inside = np.flatnonzero(shrink(polygons([outline], ATLAS_SIZE), size) > 128)
    return np.asarray(inside[np.linspace(0, len(inside) - 1, _SAMPLES).astype(int)], np.int64)

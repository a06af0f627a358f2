"""Keep the swapped skin as sharp, or as soft, as the camera's picture of the face is."""

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import BROWS, EYES, depth_inside, polygons
from mien.swap.geometry import Floats, smooth_step
from mien.swap.template import face_template
from mien.vision.face import BgrImage

_ENOUGH_PIXELS = 200
# Texels to a pixel: with more a coarser level is drawn from; and how many times more or fewer they
# must be before another level is gone to, or a face at such a distance would flicker.
_DENSE, _STAY = 1.5, 1.1
# How soft a level is made by halving it and drawing it twice as large, squared, in finer texels.
_HALVED = 0.75
# A new stream is measured at once and trusted; later measures only correct.
_FIRST_MEASURES = 5
_FIRST_PACE, _PACE = 0.8, 0.25
_STEP = 0.2
_SOFTEST, _SHARPEST = 2.2, -0.3
# What differs by more than this part of its surroundings is an edge, not grain: the wings of a
# nose, a lid, a fold. Softened with the grain, a person is no longer known.
_GRAIN = 0.13
# Brows and lids keep so much of their sharpness, fading out that far as a part of the atlas. All
# of it stands out from a soft camera's picture as if drawn on.
_FEATURE_SHARE, _FEATURE_FADE = 0.5, (0.010, 0.030)


class Sharpness:
    """Compares fine detail of camera and result now and then, and steers how the atlas is blurred.

    levels: (s, s, 4) uint8 mip levels, BGR and opacity; every: frames between measures. sigma: how
    soft it begins, in texels.
    """

    def __init__(self, levels: list[NDArray[np.uint8]], every: int, sigma: float = 0.0) -> None:
        self._levels = levels
        self._every = every
        self._measures = 0
        self._frames = 0
        self._drawn: tuple[int, float, NDArray[np.uint8]] | None = None
        self._level: int | None = None
        self.sigma = sigma

    def atlas(self, height: float) -> NDArray[np.uint8]:
        """What a face so high in pixels is drawn from: the level that is about as fine, as soft as
        it must be, blurred by sigma texels of it, or sharpened below 0."""
        level = self._level_for(height)
        self.sigma = _sigma_at(level, level if self._level is None else self._level, self.sigma)
        self._level = level
        if self._drawn is not None:
            drawn_level, drawn_sigma, drawn = self._drawn
            if drawn_level == level and abs(drawn_sigma - self.sigma) < _STEP:
                return drawn
        made = _soften(self._levels[level], self.sigma)
        self._drawn = (level, self.sigma, made)
        return made

    @property
    def _learning(self) -> bool:
        return self._measures < _FIRST_MEASURES

    def _level_for(self, height: float) -> int:
        texels = face_template().uv_height / max(height, 1.0)
        dense = [len(level) * texels for level in self._levels]
        now = self._level
        if now is not None and dense[now] < _DENSE * _STAY:
            finer = dense[now - 1] if now else math.inf
            if finer > _DENSE / _STAY:
                return now
        return next((k for k, one in enumerate(dense) if one <= _DENSE), len(dense) - 1)

    def observe(self, camera: BgrImage, result: BgrImage, maps: Floats) -> None:
        """Take in a frame's region before and after; maps: (5, h, w) of `rasterise`."""
        # Where `every` is even, in odd frames: the light is measured in even ones.
        due = self._learning or self._frames % self._every == self._every - 1
        self._frames += 1
        if due:
            self.measure(camera, result, maps)

    def measure(self, camera: BgrImage, result: BgrImage, maps: Floats) -> None:
        """Compare them, whenever that was done last."""
        shown = (maps[2, ::2, ::2] > 0) & (maps[4, ::2, ::2] > 0.95)
        if np.count_nonzero(shown) < _ENOUGH_PIXELS:
            return
        ratio = _detail(result, shown) / _detail(camera, shown)
        pace = _FIRST_PACE if self._learning else _PACE
        change = pace * math.log(min(max(ratio, 0.25), 4.0))
        self.sigma = min(max(self.sigma + change, _SHARPEST), _SOFTEST)
        self._measures += 1


def _sigma_at(level: int, other: int, sigma: float) -> float:
    """What at a level is as soft as sigma is at the other one."""
    for _ in range(other - level):
        sigma = math.sqrt(4 * max(sigma, 0) ** 2 + _HALVED)
    for _ in range(level - other):
        sigma = math.sqrt(max(max(sigma, 0) ** 2 - _HALVED, 0)) / 2
    return min(sigma, _SOFTEST)


def _soften(level: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    if abs(sigma) < 0.1:
        return level
    if sigma > 0:
        made = _but_features(_without_grain(level, sigma), level)
    else:
        soft = np.asarray(cv2.GaussianBlur(level, (0, 0), 1.2), np.uint8)
        made = np.asarray(cv2.addWeighted(level, 1 - sigma, soft, sigma, 0), np.uint8)
    # Eyes and mouth keep their outline.
    made[..., 3] = level[..., 3]
    return made


def _without_grain(level: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Blurred, but for what stands out from the blur by more than grain does."""
    soft = cv2.GaussianBlur(level, (0, 0), sigma)
    grain = cv2.convertScaleAbs(soft, alpha=_GRAIN)
    # Saturating: nothing is left of what is less than grain.
    lighter = cv2.subtract(cv2.subtract(level, soft), grain)
    darker = cv2.subtract(cv2.subtract(soft, level), grain)
    return np.asarray(cv2.subtract(cv2.add(soft, lighter), darker), np.uint8)


def _but_features(soft: NDArray[np.uint8], level: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Soft skin, changed in place, under sharper brows and lids: a person is known by them."""
    where, share = _features(len(level))
    mixed = soft[where] + (level[where] - soft[where].astype(np.float32)) * share
    soft[where] = np.round(mixed)
    return soft


@cache
def _features(size: int) -> tuple[tuple[slice, slice], Floats]:
    """Rows and columns of eyes and brows, and there (h, w, 1) how sharp each texel stays."""
    away = depth_inside(255 - polygons([*EYES, *BROWS], size))
    share = _FEATURE_SHARE * (1 - smooth_step(away, *_FEATURE_FADE))
    rows, columns = np.nonzero(share)
    where = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return where, np.asarray(share[where], np.float32)[..., None]


def _detail(image: BgrImage, shown: NDArray[np.bool_]) -> float:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.2))[::2, ::2]
    return float(np.median(fine[shown])) + 0.05

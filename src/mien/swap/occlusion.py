"""What stands before the face: texels that are no skin, or that changed of a sudden."""

from dataclasses import dataclass

import cv2
import numpy as np

from mien.swap.atlas import blur, polygons, shrink, to_lab
from mien.swap.geometry import Floats, smooth_step
from mien.swap.texture import ATLAS_SIZE

_CORE = (
    *((50, 101, 118, 117, 123), (280, 330, 347, 346, 352)),
    *((9, 107, 66, 69, 108, 151, 337, 299, 296, 336), (4, 5, 195, 197, 6)),
)
_SPREAD_FLOOR = np.array([9, 3.0, 3.5], np.float32)
# All of them for updates at every second frame, as MeshSwapper makes them.
_MEASURE_EVERY = 2
_LEARNING_FRAMES = 6
_MEMORY = 0.08
_FOLLOW = 0.75
_FIRST_VARIANCE = 60.0


@dataclass(frozen=True, eq=False)
class BareFace:
    """What the face looks like with nothing before it, in the atlas: colours (n, n, 3) Lab,
    variance (n, n) about them, known (n, n) 0..1, how well each texel was seen; float32."""

    colours: Floats
    variance: Floats
    known: Floats


class Occlusion:
    """Keeps a robust model of the skin's colour, and mean and variance of each texel."""

    def __init__(self, skin: Floats) -> None:
        self._skin = skin
        self._size = len(skin)
        self._core = shrink(polygons(_CORE, ATLAS_SIZE), self._size) > 128
        self._colour: Floats | None = None
        self._mean = np.zeros((*skin.shape, 3), np.float32)
        self._known = np.zeros(skin.shape, np.float32)
        self._variance = np.full(skin.shape, _FIRST_VARIANCE, np.float32)
        self._clear = np.ones(skin.shape, np.float32)
        self._frames = 0

    @property
    def clear(self) -> Floats:
        """(n, n) float32: 1 where the face is seen, 0 where something covers it."""
        return self._clear

    @property
    def bare(self) -> BareFace:
        """The face as it was seen so far, without what covered it."""
        return BareFace(self._mean, self._variance, self._known)

    def update(self, target: Floats, visible: Floats) -> Floats:
        """Take in one unwrapped frame, (n, n, 3) BGR with its (n, n) visibility: 0 is not learnt
        from, whether turned away or known to be covered."""
        lab = to_lab(target)
        if self._frames == 0:
            self._mean[:] = lab
        if self._frames % _MEASURE_EVERY == 0 or self._colour is None:
            self._measure_skin(lab, visible)
        covered = np.maximum(self._odd_colour(lab), self._sudden_change(lab, visible))
        now = blur(np.asarray(1 - covered, np.float32), 0.6)
        first = self._frames == 0
        self._clear = now if first else self._clear + _FOLLOW * (now - self._clear)
        self._frames += 1
        return self._clear

    def _measure_skin(self, lab: Floats, visible: Floats) -> None:
        core = self._core & (visible > 0.5)
        pixels = lab[core if np.count_nonzero(core) > 20 else self._core]
        middle = np.median(pixels, 0)
        spread = np.median(np.abs(pixels - middle), 0) * 1.48 + _SPREAD_FLOOR
        now = np.concatenate([middle, spread]).astype(np.float32)
        self._colour = now if self._colour is None else self._colour + 0.4 * (now - self._colour)

    def _odd_colour(self, lab: Floats) -> Floats:
        assert self._colour is not None
        z = (lab - self._colour[:3]) / self._colour[3:]
        dark = np.maximum(-z[..., 0] - 1.5, 0) / 2.2
        chroma = (z[..., 1] * z[..., 1] + z[..., 2] * z[..., 2]) / (2.2 * 2.2)
        distance = blur(np.asarray(cv2.sqrt(dark * dark + chroma), np.float32), 0.008 * self._size)
        return np.asarray(smooth_step(distance, 1.9, 3.0) * self._skin, np.float32)

    def _sudden_change(self, lab: Floats, visible: Floats) -> Floats:
        step = lab - self._mean
        squared = 0.36 * step[..., 0] ** 2 + step[..., 1] ** 2 + step[..., 2] ** 2
        pace = _MEMORY * visible
        changed = np.zeros_like(self._skin)
        if self._frames > _LEARNING_FRAMES:
            score = blur(squared / (self._variance + 30), 0.012 * self._size)
            changed = smooth_step(score, 9.0, 20.0) * visible * self._skin
            pace = pace * (1 - 0.9 * changed)
        # What is seen for the first time is taken as it is.
        first = (visible - self._known).clip(0, 1)
        self._known += first
        self._mean += step * np.maximum(pace, first)[..., None]
        self._variance += (np.minimum(squared, 400) - self._variance) * pace
        return np.asarray(changed, np.float32)

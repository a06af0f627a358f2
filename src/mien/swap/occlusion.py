"""What stands before the face: texels that are no skin, or that changed of a sudden."""

from dataclasses import dataclass

import cv2
import numpy as np

from mien.swap.atlas import blur, masked_blur, polygons, shrink, skin_mask, to_lab
from mien.swap.geometry import Floats, smooth_step
from mien.swap.skin_colour import SkinColour
from mien.swap.texture import ATLAS_SIZE
from mien.swap.things import Things
from mien.vision import topology as topo

# Dark in every face, and no skin to be measured.
_NOSTRILS = (48, 64, 98, 97, 2, 326, 327, 294, 278, 274, 19, 44)
# So many deviations from the skin's colour are odd, and how many more where the face itself is
# uneven, as its more even part says.
_ODD, _PER_UNEVEN = 2.45, 1.0
_EVEN_PART, _MOST_UNEVEN, _PROBE_EVERY = 20.0, 1.1, 7
# Features have colours of their own: they are covered as the skin around them is.
_FEATURE_REACH, _FEATURE_COVERED = 0.02, (0.3, 0.7)
# How far about a place it is asked how clear it is, and which mean counts as nothing and as all.
_ABOUT, _FREE = 0.026, (0.2, 0.7)
# All of them for updates at every second frame, as MeshSwapper makes them.
_MEASURE_EVERY = 2
_LEARNING_FRAMES = 6
_MEMORY = 0.08
_FOLLOW = 0.75
# Where more of the skin than this is covered, nothing is.
_WHOLE = 0.9
_FIRST_VARIANCE = 60.0


@dataclass(frozen=True, eq=False)
class BareFace:
    """What the face looks like with nothing before it, in the atlas: colours (n, n, 3) Lab,
    variance (n, n) about them, known (n, n) 0..1, how well each texel was seen; float32."""

    colours: Floats
    variance: Floats
    known: Floats


class Occlusion:
    """Keeps a robust model of the skin's colour, and mean and variance of each texel.

    size: of the atlas that it is shown, in texels.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._skin = skin = _measurable(size)
        self._probes = np.flatnonzero(skin > 0.9)[::_PROBE_EVERY]
        self._inside = shrink(polygons([topo.OVAL], ATLAS_SIZE), size) / np.float32(255)
        self._colour = SkinColour(size)
        self._things = Things(size)
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

    def clear_at(self, uv: Floats) -> Floats:
        """(k,) float32: how clear the face is about places of the atlas, (k, 2) in 0..1."""
        near = masked_blur(self._clear, self._inside, _ABOUT * self._size)
        near = np.asarray(smooth_step(near, *_FREE), np.float32)
        u, v = (uv * self._size - 0.5).T
        return np.asarray(cv2.remap(near, u, v, cv2.INTER_LINEAR), np.float32).ravel()

    def update(self, target: Floats, visible: Floats) -> Floats:
        """Take in one unwrapped frame, (n, n, 3) BGR with its (n, n) visibility: 0 is not learnt
        from, whether turned away or known to be covered."""
        lab = to_lab(target)
        if self._frames == 0:
            self._mean[:] = lab
        if self._frames % _MEASURE_EVERY == 0:
            self._colour.measure(lab, visible)
        covered = np.maximum(self._odd_colour(lab), self._sudden_change(lab, visible))
        if self._is_whole_face(covered, visible):
            # No thing is, or the tracker had lost it: what was learnt was another sight.
            self._mean[:], self._variance[:] = lab, _FIRST_VARIANCE
            covered[:] = 0
        covered = self._with_features(covered)
        now = blur(np.asarray(1 - covered, np.float32), 0.6)
        first = self._frames == 0
        self._clear = now if first else self._clear + _FOLLOW * (now - self._clear)
        self._frames += 1
        return self._clear

    def _odd_colour(self, lab: Floats) -> Floats:
        distance = self._colour.distance(lab)
        uneven = np.percentile(distance.ravel()[self._probes], _EVEN_PART)
        least = _ODD + _PER_UNEVEN * min(float(uneven), _MOST_UNEVEN)
        # Lips and what lies outside must not blur in.
        distance = masked_blur(distance, self._skin, 0.008 * self._size)
        return np.asarray(self._things.find(distance, least) * self._skin, np.float32)

    def _is_whole_face(self, covered: Floats, visible: Floats) -> bool:
        seen = visible * self._skin
        return float((covered * seen).sum()) > _WHOLE * float(seen.sum())

    def _with_features(self, covered: Floats) -> Floats:
        """Lips, lids and brows are covered where the skin beside them is."""
        around = masked_blur(covered, self._skin, _FEATURE_REACH * self._size)
        there = smooth_step(around, *_FEATURE_COVERED) * self._inside * (1 - self._skin)
        return np.asarray(covered + there, np.float32)

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


def _measurable(size: int) -> Floats:
    """(n, n) 1 on texels that are skin in any bare face."""
    bare = skin_mask(ATLAS_SIZE).copy()
    bare[polygons([_NOSTRILS], ATLAS_SIZE) > 0] = 0
    return np.asarray(shrink(bare, size) / 255, np.float32)

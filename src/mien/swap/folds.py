"""Folds that come and go with an expression above the eyes: a frown, a raised forehead.

They are the wearer's: fine shading of his skin now over that of his skin at rest (the expression
ratio image of Liu, Shan and Zhang, SIGGRAPH 2001), on a grid twice as fine as the light's.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import (
    blur,
    depth_inside,
    eyes_to_brows,
    luma,
    make_uv_grid,
    masked_blur,
    polygons,
    skin_mask,
)
from mien.swap.geometry import Floats, smooth_step
from mien.swap.kernels import unwrap
from mien.swap.template import face_template
from mien.vision import topology as topo
from mien.vision.expression import NAMES
from mien.vision.face import BgrImage

# What is finer is grain, what is broader is light: parts of the atlas.
FINE_SIGMA, BROAD_SIGMA = 0.004, 0.03
STRENGTH = 1.4
# The most that a fold darkens and lightens, as logarithms: where too much was thought to be of a
# face at rest, its folds would come back as light.
RANGE = (-0.5, 0.1)
# A sight of him counts less as one at rest, by a factor of e for so much strain.
STRAIN = 0.1
# How much more strain than at rest there is where no folds are shown yet, and where all are.
EFFORT = (0.08, 0.3)
# Pixels a texel: from a far face no folds can be told, but grain.
NEAR = (0.75, 1.2)
# A frame's step towards the folds of now, for grain must not shimmer; how long rest is remembered.
_SMOOTHING = 0.5
_MEMORY, _LEAST = 0.998, np.float32(1e-30)
_FLOOR = 6.0
# Inside the oval, away from the brows and what is below them, and above the root of the nose, as
# parts of the atlas.
_RIM, _AWAY, _ABOVE = (0.02, 0.08), (0.003, 0.014), (0.0, 0.04)
_BETWEEN_EYES = 6
# What a face does that is not at rest above the eyes, both sides of it. A frown is seldom read as
# one, but who frowns narrows his eyes.
_STRAINS = {
    **{"browDown": 0.5, "browInnerUp": 1.0, "browOuterUp": 0.5},
    **{"eyeBlink": 0.5, "eyeSquint": 0.25},
}


class Folds:
    """Learns the skin above one person's eyes at rest, and tells what an expression adds to it.

    grid: side of the light's grid, n.
    """

    def __init__(self, grid: int) -> None:
        self.grid, self.size = grid, 2 * grid
        self._region = _region(self.size)
        self._rest, self._known, self._shown = (np.zeros_like(self._region.share) for _ in range(3))
        # His strain now and at rest, and how much is known of that.
        self._strain, self._calm, self._sights = 1.0, 1.0, 0.0

    def copy(self) -> Self:
        """An independent copy."""
        twin = type(self)(self.grid)
        twin._rest, twin._known = self._rest.copy(), self._known.copy()
        twin._shown = self._shown.copy()
        twin._strain, twin._calm, twin._sights = self._strain, self._calm, self._sights
        return twin

    def observe(
        self,
        image: BgrImage,
        points: Floats,
        facing: Floats,
        clear: Floats,
        expression: Floats | None,
        near: float,
    ) -> None:
        """Take in one frame.

        image: (h, w, 3) uint8 BGR; points: (468, 2) in its pixels; facing: (468,) 0..1, how well
        each is seen. clear: (n, n) 0 where something stands before the face. expression: (52,)
        blendshapes, where they were read anew. near: pixels a texel.
        """
        region = self._region
        colours, visible = np.zeros((*region.skin.shape, 3), np.float32), np.zeros_like(region.skin)
        tables = region.ids, region.weights, region.texels
        unwrap(image, points, facing, *tables, colours, visible)
        seen = visible * region.skin * self._at_window(clear)
        if expression is not None:
            self._strain = strain(expression)
        detail = self._detail(luma(colours), seen)
        self._learn(detail, seen)
        effort = smooth_step(np.float32(self._strain - self._calm), *EFFORT)
        told = effort * smooth_step(np.float32(near), *NEAR)
        folds = np.clip((detail - self._rest) * STRENGTH, *RANGE) * region.share * seen * told
        self._shown += _SMOOTHING * (folds - self._shown)

    def _learn(self, detail: Floats, seen: Floats) -> None:
        """Running means at rest, of the skin and of the strain."""
        weight = math.exp(-self._strain / STRAIN)
        self._sights = self._sights * _MEMORY + weight
        self._calm += (self._strain - self._calm) * weight / self._sights
        self._known = self._known * np.float32(_MEMORY) + seen * np.float32(weight)
        share = seen * np.float32(weight) / np.maximum(self._known, _LEAST)
        self._rest += (detail - self._rest) * share

    def on(self, gain: Floats) -> Floats:
        """Factors as `shade` takes them, (n, n, 5), with the folds on them: (2n, 2n, 5)."""
        finer = cv2.resize(gain, (self.size, self.size), interpolation=cv2.INTER_LINEAR)
        finer[self._region.window][..., :3] *= np.exp(self._shown)[..., None]
        return np.asarray(finer, np.float32)

    def _detail(self, light: Floats, seen: Floats) -> Floats:
        """The logarithm of fine shading over broad."""
        fine = masked_blur(light, seen, FINE_SIGMA * self.size)
        broad = masked_blur(fine, seen, BROAD_SIGMA * self.size)
        return np.asarray(np.log((fine + _FLOOR) / (broad + _FLOOR)), np.float32)

    def _at_window(self, values: Floats) -> Floats:
        rows, columns = (slice(one.start // 2, one.stop // 2) for one in self._region.window)
        height, width = self._shown.shape
        return np.asarray(cv2.resize(values[rows, columns], (width, height)), np.float32)


def are_told(near: float) -> bool:
    """Whether folds can be told from a face of so many pixels a texel."""
    return near > NEAR[0]


def strain(expression: Floats) -> float:
    """How much brows and lids do, about 0.5 at rest; expression: (52,) blendshapes."""
    return float(expression @ _strains())


@cache
def _strains() -> Floats:
    sides = [name.removesuffix("Left").removesuffix("Right") for name in NAMES]
    return np.array([_STRAINS.get(side, 0.0) for side in sides], np.float32)


@dataclass(frozen=True, eq=False)
class _Region:
    """Where folds are told. window: rows and columns of the atlas, even. ids, weights, texels: as
    a UvGrid has them, of the window and of its skin. skin, share: (h, w), what may be looked at,
    and how far it may be changed."""

    window: tuple[slice, slice]
    ids: NDArray[np.int32]
    weights: Floats
    texels: NDArray[np.int64]
    skin: Floats
    share: Floats


@cache
def _region(size: int) -> _Region:
    rows = (np.arange(size)[:, None] + 0.5) / size
    grid = make_uv_grid(size)
    above = face_template().uv[_BETWEEN_EYES, 1] - rows
    skin = (skin_mask(size) > 0) & grid.inside & (above > 0)
    rim = smooth_step(depth_inside(polygons([topo.OVAL], size)), *_RIM)
    away = smooth_step(depth_inside(255 - eyes_to_brows(size)), *_AWAY)
    fading = skin * rim * away * smooth_step(above, *_ABOVE)
    share = blur(np.asarray(fading, np.float32), FINE_SIGMA * size)
    found = np.argwhere(skin)
    (top, left), (bottom, right) = found.min(0) // 2 * 2, found.max(0) // 2 * 2 + 2
    window = slice(top, bottom), slice(left, right)
    ids = grid.ids.reshape(size, size, 3)[window].reshape(-1, 3)
    weights = grid.weights.reshape(size, size, 3)[window].reshape(-1, 3)
    inside = skin[window]
    # Copies, or all of the grid would be kept.
    return _Region(
        window,
        ids=ids.copy(),
        weights=weights.copy(),
        texels=np.flatnonzero(inside),
        skin=inside.astype(np.float32),
        share=share[window].copy(),
    )

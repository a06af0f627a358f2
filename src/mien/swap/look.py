"""What rendering needs of a source, worked out once: mip levels and small statistics."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import (
    blur,
    depth_inside,
    masked_blur,
    opacity,
    polygons,
    shrink,
    skin_mask,
    to_lab,
)
from mien.swap.geometry import Floats, smooth_step
from mien.swap.source import SourceFace
from mien.swap.texture import ATLAS_SIZE, mip_levels
from mien.vision import topology as topo

LEVELS = 3
FOREIGN_FADE = 0.9
# BGR weights of luma (BT.601).
LUMA = np.array([0.114, 0.587, 0.299], np.float32)
DETAIL_SIGMA, LIGHT_SIGMA = 0.012, 0.12


@dataclass(frozen=True, eq=False)
class Look:
    """A source ready to be drawn; arrays with size n belong to the light's grid.

    levels: (s, s, 4) uint8 BGR and opacity, s = 512, 256, 128. colours: (n, n, 3) float32.
    skin, rim: (n, n) float32 0..1, skin that may be measured, and nearness to the oval.
    detail: (n, n) logarithm of luma against its surroundings; core: (n, n) bool, where its
    deviation, contrast, was measured.
    """

    source: SourceFace
    levels: list[NDArray[np.uint8]]
    colours: Floats
    skin: Floats
    rim: Floats
    detail: Floats
    core: NDArray[np.bool_]
    contrast: float


def prepare_look(source: SourceFace, size: int) -> Look:
    """Work out the look for a light grid of size x size; about 20 ms."""
    foreign = source.foreign.astype(np.float32) / 255
    atlas = source.atlas.astype(np.float32)
    alpha = np.asarray(opacity(ATLAS_SIZE) * (1 - FOREIGN_FADE * foreign), np.float32)
    colours = shrink(atlas, size)
    bare = shrink(skin_mask(ATLAS_SIZE), size) * shrink(1 - foreign, size)
    skin = np.asarray(bare / 255 * _lightness_of_skin(colours, bare > 200), np.float32)
    depth = depth_inside(polygons([topo.OVAL], size))
    rim = np.asarray(1 - smooth_step(depth, 0.02, 0.14), np.float32)
    detail = np.asarray(log_detail(luma(colours), skin, skin) * blur(skin, 1.0), np.float32)
    core = (skin > 0.8) & (rim < 0.3)
    return Look(
        source=source,
        levels=mip_levels(atlas, alpha, LEVELS),
        colours=colours,
        skin=skin,
        rim=rim,
        detail=detail,
        core=core,
        contrast=float(detail[core].std()) if core.any() else 0.0,
    )


def _lightness_of_skin(colours: Floats, certain: NDArray[np.bool_]) -> Floats:
    """1 on skin, 0 on what is too dark to be it: beards and frames of glasses.

    Light measured on them would make the skin around them glow.
    """
    light = to_lab(colours)[..., 0]
    if not certain.any():
        return np.ones_like(light)
    middle = float(np.median(light[certain]))
    spread = float(np.median(np.abs(light[certain] - middle))) * 1.48 + 7
    return np.asarray(1 - smooth_step((middle - light) / spread, 1.0, 2.2), np.float32)


def luma(colours: NDArray[Any]) -> Floats:
    """Luma of BGR values, over the last axis."""
    return np.asarray(colours @ LUMA, np.float32)


def log_detail(light: Floats, fine: Floats, wide: Floats) -> Floats:
    """The logarithm of luma over its surroundings, both weighted means."""
    size = len(light)
    near = masked_blur(light, fine, DETAIL_SIGMA * size)
    around = masked_blur(light, wide, LIGHT_SIGMA * size)
    return np.asarray(np.log((near + 4) / (around + 4)), np.float32)

"""What rendering needs of a source, worked out once: mip levels and small statistics."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import (
    blur,
    depth_inside,
    luma,
    masked_blur,
    opacity,
    polygons,
    shrink,
    skin_mask,
)
from mien.swap.geometry import Floats, smooth_step
from mien.swap.source import SourceFace
from mien.swap.texture import ATLAS_SIZE, mip_levels
from mien.vision import topology as topo

LEVELS = 3
FOREIGN_FADE = 0.9
DETAIL_SIGMA, LIGHT_SIGMA = 0.012, 0.12
GRAIN_SIGMA, HAIR_SIGMA, BEARD_SIGMA = 0.003, 0.06, 0.2
# Hue is told no finer than the light's grid can tell it, and beside the lips, whose red runs out
# so far, as skin further off has it: parts of the atlas.
HUE_SIGMA, FAR_HUE_SIGMA, LIP_HEM = 0.008, 0.03, 0.012
_FLOOR = 4.0
# In logarithms of luma: how much darker than the skin around is what is no skin.
BETWEEN_HAIRS, BEARD = (0.15, 0.4), (0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Look:
    """A source ready to be drawn; arrays with size n belong to the light's grid.

    levels: (s, s, 4) uint8 BGR and opacity, s = 512, 256, 128. colours, plain: (n, n, 3)
    float32, all of it, and skin without the hairs on it. All of these have skin's hue on lips,
    which are the wearer's own. skin, rim: (n, n) float32 0..1, skin that may be measured, and
    nearness to the oval.
    detail: (n, n) logarithm of luma against its surroundings; core: (n, n) bool, where its
    deviation, contrast, was measured.
    """

    source: SourceFace
    levels: list[NDArray[np.uint8]]
    colours: Floats
    plain: Floats
    skin: Floats
    rim: Floats
    detail: Floats
    core: NDArray[np.bool_]
    contrast: float

    @property
    def size(self) -> int:
        """Side of the light's grid."""
        return len(self.colours)


def prepare_look(source: SourceFace, size: int) -> Look:
    """Work out the look for a light grid of size x size; about 20 ms."""
    foreign = source.foreign.astype(np.float32) / np.float32(255)
    atlas = _even_hue(source.atlas.astype(np.float32))
    alpha = np.asarray(opacity(ATLAS_SIZE) * (1 - FOREIGN_FADE * foreign), np.float32)
    bare = _bare_skin(atlas, foreign)
    colours, skin = shrink(atlas, size), shrink(bare, size)
    # Of skin alone, where a texel of the grid holds hairs too.
    plain = shrink(atlas * bare[..., None], size) / np.maximum(skin, 1e-3)[..., None]
    plain = colours + (plain - colours) * smooth_step(skin, 0.0, 0.1)[..., None]
    depth = depth_inside(polygons([topo.OVAL], size))
    rim = np.asarray(1 - smooth_step(depth, 0.02, 0.14), np.float32)
    detail = np.asarray(log_detail(luma(plain), skin, skin) * blur(skin, 1.0), np.float32)
    core = (skin > 0.8) & (rim < 0.3)
    return Look(
        source=source,
        levels=mip_levels(atlas, alpha, LEVELS),
        colours=colours,
        plain=np.asarray(plain, np.float32),
        skin=skin,
        rim=rim,
        detail=detail,
        core=core,
        contrast=float(detail[core].std()) if core.any() else 0.0,
    )


def _even_hue(atlas: Floats) -> Floats:
    """Each texel's luma in the hue of its surroundings, lips and their hem left out.

    The light's factors have a coarser grid: one that makes a red corner of an eye skin's colour
    would make the white beside it green.
    """
    away = depth_inside(255 - polygons([topo.OUTER_LIPS], ATLAS_SIZE))
    counts = np.asarray(away > LIP_HEM, np.float32)
    near = masked_blur(atlas, counts, HUE_SIGMA * ATLAS_SIZE)
    far = masked_blur(atlas, counts, FAR_HUE_SIGMA * ATLAS_SIZE)
    known = smooth_step(blur(counts, HUE_SIGMA * ATLAS_SIZE), 0.02, 0.2)[..., None]
    hue = far + (near - far) * known + _FLOOR
    return np.asarray(hue * ((luma(atlas) + _FLOOR) / luma(hue))[..., None] - _FLOOR, np.float32)


def _bare_skin(atlas: Floats, foreign: Floats) -> Floats:
    """1 on skin, 0 on features and on what is too dark to be skin: beards and frames of glasses.

    Light measured on them would make the skin around them glow. Skin that shows between hairs is
    told by its being lighter than they; a shadow is broad, and seldom as dark as hair.
    """
    bare = np.asarray(skin_mask(ATLAS_SIZE) / 255 * (1 - foreign), np.float32)
    light = np.log(blur(luma(atlas), GRAIN_SIGMA * ATLAS_SIZE) + _FLOOR)
    skin = bare
    for _ in range(3):
        level = masked_blur(light, skin, HAIR_SIGMA * ATLAS_SIZE)
        skin = bare * (1 - smooth_step(level - light, *BETWEEN_HAIRS))
    level = masked_blur(light, skin, BEARD_SIGMA * ATLAS_SIZE)
    return np.asarray(skin * (1 - smooth_step(level - light, *BEARD)), np.float32)


def log_detail(light: Floats, fine: Floats, wide: Floats) -> Floats:
    """The logarithm of luma over its surroundings, both weighted means."""
    size = len(light)
    near = masked_blur(light, fine, DETAIL_SIGMA * size)
    around = masked_blur(light, wide, LIGHT_SIGMA * size)
    return np.asarray(np.log((near + _FLOOR) / (around + _FLOOR)), np.float32)

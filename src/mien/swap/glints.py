"""Keep what gleams about a photo's eyes from glaring: their white, and shine along brows and lids.

A fair face lifts a dark one's light two or threefold; what gleams there is lifted as much, to
white rims and spots that no skin has.
"""

from functools import cache

import numpy as np

from mien.swap.atlas import (
    BROWS,
    EYES,
    blur,
    depth_inside,
    eyes_to_brows,
    luma,
    masked_blur,
    polygons,
    skin_share,
)
from mien.swap.geometry import Floats, smooth_step
from mien.swap.texture import ATLAS_SIZE

# In logarithms of luma: as much brighter than the lids, and than the skin around, may something be.
MOST_WHITE, MOST_SHINE = 0.6, 0.15
# How far the white of an eye may lie beyond its outline, where landmarks are not exact; where the
# lids are that it is held against; and how far beyond eye and brow shine is held: parts of the
# atlas, as all below.
_WHITE, _LIDS, _SHINE = (0.011, 0.018), (0.012, 0.035), (0.015, 0.03)
_LID_SIGMA, _AROUND_SIGMA, _EDGE_SIGMA = 0.02, 0.03, 0.0015
_FLOOR = 4.0


def dull(colours: Floats, bare: Floats) -> Floats:
    """Colours without glare about the eyes; colours: (512, 512, 3) BGR of an atlas, 0..255.

    bare: (512, 512) 1 on skin, 0 on hair and background that was painted over.
    """
    light = np.log(luma(colours) + _FLOOR)
    lids, around = bare * _lids(), bare * _beyond_the_lids()
    white = light - masked_blur(light, lids, ATLAS_SIZE * _LID_SIGMA) - MOST_WHITE
    shine = light - masked_blur(light, around, ATLAS_SIZE * _AROUND_SIGMA) - MOST_SHINE
    over = np.maximum(white * _near_eyes(), shine * _near_eyes_and_brows())
    over = blur(np.asarray(np.maximum(over, 0), np.float32), ATLAS_SIZE * _EDGE_SIGMA)
    return np.asarray((colours + _FLOOR) * np.exp(-over)[..., None] - _FLOOR, np.float32).clip(0)


@cache
def _off_eyes() -> Floats:
    return depth_inside(255 - polygons(EYES, ATLAS_SIZE))


@cache
def _near_eyes() -> Floats:
    """1 in the openings and close to them: smaller pictures of the atlas mix the two."""
    return np.asarray(1 - smooth_step(_off_eyes(), *_WHITE), np.float32)


@cache
def _lids() -> Floats:
    ring = (_off_eyes() > _LIDS[0]) & (_off_eyes() < _LIDS[1])
    return np.asarray(ring & (polygons(BROWS, ATLAS_SIZE) == 0), np.float32)


@cache
def _beyond_the_lids() -> Floats:
    return np.asarray(skin_share(ATLAS_SIZE) * (_off_eyes() > _LIDS[0]), np.float32)


@cache
def _near_eyes_and_brows() -> Floats:
    """1 from each eye up to its brow and close to them, 0 in the openings."""
    near = 1 - smooth_step(depth_inside(255 - eyes_to_brows(ATLAS_SIZE)), *_SHINE)
    return np.asarray(near * (_off_eyes() > 0), np.float32)

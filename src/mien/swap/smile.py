"""Take a photo's smile out of its cheeks: the folds belong to the moment, not to the face."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from mien.swap.atlas import blur, masked_blur, polygons, skin_share
from mien.swap.geometry import Floats
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo

# Around the fold from the wing of the nose past the corner of the mouth, right and left.
FOLDS = (
    (98, 129, 36, 205, 187, 207, 214, 212, 202, 204, 57, 61, 40, 39, 37, 97),
    (327, 358, 266, 425, 411, 427, 434, 432, 422, 424, 287, 291, 270, 269, 267, 326),
)
# Of the folds of the broadest smile so much goes; the skin's own grain, below the first of the
# radii (parts of the atlas), stays.
STRENGTH = 0.5
FOLD_SIGMAS = (0.006, 0.045)
_FLOOR = 4.0


def relax(colours: Floats, bare: Floats, smile: float) -> Floats:
    """Colours with flatter folds; colours: (512, 512, 3) BGR of an atlas, 0..255.

    bare: (512, 512) 1 on skin, 0 on hair and background that was painted over. smile: 0..1, as
    `expressiveness` tells it.
    """
    if smile <= 0:
        return colours
    skin = skin_share(ATLAS_SIZE) * bare
    log = np.log(colours + _FLOOR)
    fine, broad = (masked_blur(log, skin, ATLAS_SIZE * sigma) for sigma in FOLD_SIGMAS)
    share = (STRENGTH * smile * near_folds())[..., None]
    return np.asarray(np.clip(np.exp(log - share * (fine - broad)) - _FLOOR, 0, 255), np.float32)


@cache
def near_folds() -> Floats:
    """(512, 512) 1 from the wings of the nose past the corners of the mouth, 0 on the lips."""
    return beside_lips(FOLDS)


def beside_lips(outlines: Sequence[Sequence[int]]) -> Floats:
    """(512, 512) 1 inside the outlines but for the lips, with soft edges."""
    mask = polygons(outlines, ATLAS_SIZE)
    mask[polygons([topo.OUTER_LIPS], ATLAS_SIZE) > 0] = 0
    return blur(np.asarray(mask / 255, np.float32), ATLAS_SIZE * 0.014)

"""Keep a photo's creases from being redder and deeper than a camera shows them on living skin.

A flash or a print makes folds of an old face nearly black and dark red; where other light falls
on them, nothing of the target's own tells so, and they stand out like wounds.
"""

from functools import cache

import numpy as np

from mien.swap.atlas import blur, luma, masked_blur, skin_share
from mien.swap.geometry import Floats, smooth_step
from mien.swap.smile import beside_lips, near_folds
from mien.swap.texture import ATLAS_SIZE

# In logarithms, against the skin around. A red cast is held below this; young skin stays within.
MOST_CAST = 0.05
# Where the red is brighter too, it is no crease, but painted.
PAINTED = (0.0, 0.12)
# Shade below the first, between nose and jaw, counts so much only.
DEEP, BELOW = -0.12, 0.3
# Wider than a fold, as a part of the atlas.
BROAD = 0.045
_JAW = (
    *(58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288),
    *(287, 17, 57),
)
_FLOOR = 4.0


def soften(colours: Floats, bare: Floats) -> Floats:
    """Colours with calmer creases; colours: (512, 512, 3) BGR of an atlas, 0..255.

    bare: (512, 512) 1 on skin, 0 on hair and background that was painted over.
    """
    skin = skin_share(ATLAS_SIZE) * bare
    log = np.log(colours + _FLOOR)
    # The narrowest part of a crease is its deepest: what counts is each texel, not a blur of it.
    detail = log - masked_blur(log, skin, ATLAS_SIZE * BROAD)
    shade = luma(detail)[..., None]
    cast = detail - shade
    shallower = (1 - BELOW) * np.minimum(shade - DEEP, 0) * _below_the_nose()
    redness = cast[..., 2:] - cast[..., :1]
    crease = np.clip(redness / MOST_CAST, 0, 1) * (1 - smooth_step(detail[..., 2:], *PAINTED))
    paler = crease * (cast - MOST_CAST * np.tanh(cast / MOST_CAST))
    change = (shallower + paler) * _soft(skin)
    return np.asarray(np.clip(np.exp(log - change) - _FLOOR, 0, 255), np.float32)


def _soft(skin: Floats) -> Floats:
    return np.minimum(blur(np.asarray(skin, np.float32), ATLAS_SIZE * 0.008), skin)[..., None]


@cache
def _below_the_nose() -> Floats:
    return np.maximum(beside_lips([_JAW]), near_folds())[..., None]

"""The colour of the lips: they are the wearer's own, but as red and as dark as the source's."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import Mask, blur, polygons, shrink
from mien.swap.geometry import Floats
from mien.swap.look import Look, luma
from mien.vision import topology as topo

# Side of the mask that the picture is painted through.
MASK_SIZE = 256
# How much is taken of a difference in lightness, in redness, and in the lack of it: pale or bluish
# lips are the light's doing more often than a person's.
LIGHT_SHARE, RED_SHARE, PALE_SHARE = 0.5, 0.7, 0.3
# In logarithms: of lightness, and of red over green.
DARKEST, LIGHTEST, REDDEST = -0.35, 0.2, 0.4
# Of each new measure; every fourth frame is measured.
SMOOTHING = 0.35
_MEASURE_EVERY = 4
_ENOUGH = 4.0
_FLOOR = 4.0


class Lips:
    """Keeps the tint of one stream. tint: (3,) float32, factors for the camera's BGR on lips."""

    def __init__(self, look: Look) -> None:
        size = len(look.colours)
        self._lips = shrink(_lip_mask(2 * MASK_SIZE) / np.float32(255), size)
        self._skin = look.skin
        self._wanted = _contrast(look.colours, self._lips, look.skin)
        self._change: Floats | None = None
        self._frames = 0
        self.tint = np.ones(3, np.float32)

    def observe(self, target: Floats, visible: Floats, clear: Floats) -> None:
        """Take in one frame, as `Light.gain` does."""
        due = self._change is None or self._frames % _MEASURE_EVERY == 0
        self._frames += 1
        seen = visible * clear
        if not due or self._wanted is None or (self._lips * seen).sum() < _ENOUGH:
            return
        worn = _contrast(target, self._lips * seen, self._skin * seen)
        if worn is None:
            return
        now = _moderate(self._wanted - worn)
        old = now if self._change is None else self._change
        self._change = np.asarray(old + SMOOTHING * (now - old), np.float32)
        self.tint = np.exp(self._change)


@cache
def lip_mask() -> Mask:
    """(256, 256) uint8: 255 on the lips, 0 elsewhere and on teeth, with soft edges."""
    return np.round(shrink(_lip_mask(2 * MASK_SIZE), MASK_SIZE)).astype(np.uint8)


def _lip_mask(size: int) -> Floats:
    mask = polygons([topo.OUTER_LIPS], size)
    mask[polygons([topo.INNER_LIPS], size) > 0] = 0
    return blur(mask.astype(np.float32), size * 0.004)


def _contrast(colours: Floats, lips: Floats, skin: Floats) -> Floats | None:
    """The logarithm of the lips' colour over the skin's; None where neither is seen."""
    if skin.sum() < _ENOUGH:
        return None
    of_lips, of_skin = (
        (colours * part[..., None]).sum((0, 1)) / (part.sum() + 1e-6) for part in (lips, skin)
    )
    return np.asarray(np.log((of_lips + _FLOOR) / (of_skin + _FLOOR)), np.float32)


def _moderate(change: NDArray[np.float32]) -> Floats:
    light = luma(change)
    # Redder is more red and less green: more of both at once is yellow.
    redness = change[2] - change[1]
    share = PALE_SHARE if redness < 0 else min(RED_SHARE, REDDEST / max(redness, 1e-6))
    hue = (change - light) * share
    return np.asarray(hue + np.clip(light * LIGHT_SHARE, DARKEST, LIGHTEST), np.float32)

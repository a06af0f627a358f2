"""The colour of the lips: they are the wearer's own, but as red and as dark as the source's."""

from functools import cache

import numpy as np

from mien.swap.atlas import LUMA, Mask, blur, luma, polygons, shrink
from mien.swap.geometry import Floats, smooth_step
from mien.swap.look import Look
from mien.vision import topology as topo

# Side of the mask that the picture is painted through.
MASK_SIZE = 256
# How much is taken of a difference in lightness, in redness, and in the lack of it: pale or bluish
# lips are the light's doing more often than a person's.
LIGHT_SHARE, RED_SHARE, PALE_SHARE = 0.5, 0.7, 0.3
# In logarithms: of lightness, and of red over green.
DARKEST, LIGHTEST, REDDEST = -0.35, 0.2, 0.4
# Lips that are so much redder than the source's are painted: of all that is above the second the
# hue goes, whatever the source's, for no factor makes painted lips pale.
PAINTED, MOST_OFF = (0.2, 0.5), 0.85
# Of each new measure; every fourth frame is measured, another than those of which the light is.
SMOOTHING = 0.35
_MEASURE_EVERY, _AT = 4, 2
_ENOUGH = 4.0
_FLOOR = 4.0


class Lips:
    """Keeps the tint of one stream. tint: (3, 3) float32, from the camera's BGR on lips to BGR."""

    def __init__(self, look: Look) -> None:
        size = len(look.colours)
        self._lips = shrink(_lip_mask(2 * MASK_SIZE) / np.float32(255), size)
        self._skin = look.skin
        photo = shrink(look.source.atlas, size)
        self._wanted = _contrast(photo, self._lips, look.skin)
        self._change: Floats | None = None
        self._frames = 0
        self.tint = np.eye(3, dtype=np.float32)

    def observe(self, target: Floats, visible: Floats, clear: Floats) -> None:
        """Take in one frame, as `Light.gain` does."""
        due = self._change is None or self._frames % _MEASURE_EVERY == _AT
        self._frames += 1
        seen = visible * clear
        if not due or self._wanted is None or (self._lips * seen).sum() < _ENOUGH:
            return
        worn = _contrast(target, self._lips * seen, self._skin * seen)
        if worn is None:
            return
        now = self._wanted - worn
        old = now if self._change is None else self._change
        self._change = np.asarray(old + SMOOTHING * (now - old), np.float32)
        skin = _mean(target, self._skin * seen)
        self.tint = _tint(self._change, skin * np.exp(self._wanted))


@cache
def lip_mask() -> Mask:
    """(256, 256) uint8: 255 on the lips, 0 elsewhere and on teeth, with soft edges."""
    return np.round(shrink(_lip_mask(2 * MASK_SIZE), MASK_SIZE)).astype(np.uint8)


@cache
def _lip_mask(size: int) -> Floats:
    mask = polygons([topo.OUTER_LIPS], size)
    mask[polygons([topo.INNER_LIPS], size) > 0] = 0
    return blur(mask.astype(np.float32), size * 0.004)


def _contrast(colours: Floats, lips: Floats, skin: Floats) -> Floats | None:
    """The logarithm of the lips' colour over the skin's; None where neither is seen."""
    if skin.sum() < _ENOUGH:
        return None
    of_lips, of_skin = _mean(colours, lips), _mean(colours, skin)
    return np.asarray(np.log((of_lips + _FLOOR) / (of_skin + _FLOOR)), np.float32)


def _mean(colours: Floats, weights: Floats) -> Floats:
    total = weights.sum() + 1e-6
    return np.asarray((colours * weights[..., None]).sum((0, 1)) / total, np.float32)


def _tint(change: Floats, wanted: Floats) -> Floats:
    """change: (3,) logarithms, of the source's lips over the wearer's; wanted: (3,) their BGR."""
    light = luma(change)
    # Redder is more red and less green: more of both at once is yellow.
    redness = float(change[2] - change[1])
    share = PALE_SHARE if redness < 0 else min(RED_SHARE, REDDEST / max(redness, 1e-6))
    gain = np.clip(light * LIGHT_SHARE, DARKEST, LIGHTEST)
    factors = np.exp((change - light) * share + gain)
    off = MOST_OFF * smooth_step(-redness, *PAINTED)
    # The lightness of what is worn, in the hue that is wanted.
    repainted = np.exp(gain) * np.outer(wanted / luma(wanted), LUMA)
    return np.asarray((1 - off) * np.diag(factors) + off * repainted, np.float32)

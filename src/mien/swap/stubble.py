"""The edge of the chin: shown further out on a wearer whose stubble would look out below it."""

import numpy as np

from mien.swap.atlas import (
    CHEEKS,
    CHIN_FEATHER,
    FEATHER,
    FEATHER_FROM,
    blur,
    chin_rows,
    depth_inside,
    luma,
    polygons,
    shrink,
    skin_mask,
)
from mien.swap.geometry import Floats, smooth_step
from mien.swap.look import Look
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo

# Stubble is so much less red than the cheeks, as a logarithm of red over green: a shadow is not.
GREYER = (0.025, 0.05)
# How much darker than the source's own edge the wearer's must be, as a logarithm.
DARKER = (-0.15, 0.10)
_RIM, _SIGMA = (0.012, 0.05), 0.03
# Every fourth frame is measured, another than those of which the light is.
_SMOOTHING, _MEASURE_EVERY, _AT = 0.2, 4, 2
_ENOUGH, _FLOOR = 30.0, 4.0


class Stubble:
    """Keeps one stream's. The atlas fades narrowly at the chin; `opacity` fades it as elsewhere,
    but where stubble was seen."""

    def __init__(self, look: Look) -> None:
        size = len(look.colours)
        depth = shrink(depth_inside(polygons([topo.OVAL], ATLAS_SIZE)), size)
        self._fade = _wide_over_narrow(size)
        skin = (skin_mask(size) > 0) & (chin_rows(size) > 0.5)
        self._rim = np.asarray(skin & (depth > _RIM[0]) & (depth < _RIM[1]), np.float32)
        self._cheeks = np.asarray(polygons(CHEEKS, size) > 0, np.float32)
        self._source = self._darkness(look.colours, self._cheeks)
        self._share: Floats | None = None
        self._frames = 0

    def observe(self, target: Floats, visible: Floats, clear: Floats) -> None:
        """Take in one frame, as `Light.gain` does."""
        due = self._share is None or self._frames % _MEASURE_EVERY == _AT
        self._frames += 1
        seen = visible * clear
        if not due or min((self._rim * seen).sum(), (self._cheeks * seen).sum()) < _ENOUGH:
            return
        redness = np.log((target[..., 2] + _FLOOR) / (target[..., 1] + _FLOOR))
        greyer = _mean(redness, self._cheeks * seen) - _mean(redness, self._rim * seen)
        darker = self._darkness(target, self._cheeks * seen) - self._source
        now = smooth_step(greyer, *GREYER) * smooth_step(darker, *DARKER)
        old = now if self._share is None else self._share
        self._share = np.asarray(old + _SMOOTHING * (now - old), np.float32)

    @property
    def opacity(self) -> Floats:
        """(n, n) factors of the source's opacity."""
        if self._share is None:
            return self._fade
        return np.asarray(self._fade + (1 - self._fade) * self._share, np.float32)

    def _darkness(self, colours: Floats, cheeks: Floats) -> Floats:
        light = np.log(luma(colours) + _FLOOR)
        return _mean(light, cheeks) - blur(light, _SIGMA * len(colours))


def _wide_over_narrow(size: int) -> Floats:
    depth = depth_inside(polygons([topo.OVAL], ATLAS_SIZE))
    wide = smooth_step(depth, FEATHER_FROM, FEATHER_FROM + FEATHER)
    chin = chin_rows(ATLAS_SIZE)
    narrow = wide + (smooth_step(depth, *CHIN_FEATHER) - wide) * chin
    return shrink(np.asarray(wide / np.maximum(narrow, 1e-3), np.float32), size)


def _mean(values: Floats, weights: Floats) -> float:
    return float((values * weights).sum() / (weights.sum() + 1e-6))

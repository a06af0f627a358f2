"""Take spectacles off a source: their rims are found in the atlas, and skin is put there."""

import cv2
import numpy as np

from mien.swap.atlas import BROWS, EYES, Mask, blur, ellipse, masked_blur, polygons
from mien.swap.geometry import Floats, smooth_step
from mien.swap.rims import BAND, BRIDGE, LINE, LOWER_CHEEKS, NOSE, STRONG, lines
from mien.swap.template import face_template

# Line width, as a part of the atlas: a rim is thinner, a shadow of the brow bone is not.
_WIDTH = 0.035
_LOWER_LIDS = [145, 374]
# Shares of the nose bridge and of the rest of the eye band that lines must cover. A nose that
# shines, or wrinkles, reach one of them but not both.
_ON_BRIDGE, _AROUND = 0.3, 0.3
_GRAIN_SIGMA = 2.0


def take_off_spectacles(colours: Floats) -> Floats:
    """(s, s, 3) float32 BGR atlas without rims; the same array where nobody wears any."""
    strength = _strength(colours)
    return _smooth_over(colours, _rims(strength)) if _are_worn(strength) else colours


def _are_worn(strength: Floats) -> bool:
    size = len(strength)
    bridge = polygons([BRIDGE], size) > 0
    band = polygons([BAND], size)
    band[cv2.dilate(polygons(EYES, size), ellipse(size // 20 | 1)) > 0] = 0
    band[cv2.dilate(polygons(BROWS, size), ellipse(size // 25 | 1)) > 0] = 0
    below = (band > 0) & ~bridge
    below[: round(face_template().uv[_LOWER_LIDS, 1].mean() * size)] = False
    on_bridge = float((strength[bridge] > 1.5 * LINE).mean())
    return on_bridge > _ON_BRIDGE and float((strength[below] > LINE).mean()) > _AROUND


def _strength(colours: Floats) -> Floats:
    width = round(len(colours) * _WIDTH) | 1
    return lines(np.clip(colours, 0, 255).astype(np.uint8), width)


def _rims(strength: Floats) -> Floats:
    size = len(strength)
    eyes = cv2.dilate(polygons(EYES, size), ellipse(size // 50 | 1))
    brows = cv2.dilate(polygons(BROWS, size), ellipse(size // 100 | 1))
    band = np.asarray(cv2.dilate(polygons([BAND], size), ellipse(size // 14 | 1)), np.uint8)
    band[cv2.dilate(polygons([NOSE], size), ellipse(size // 40 | 1)) > 0] = 0
    soft = _soft(band) * (1 - _soft(np.asarray(eyes, np.uint8)))
    # Wrinkled or over-sharp skin is full of lines.
    usual = float(np.median(strength[polygons(LOWER_CHEEKS, size) > 0]))
    thin = smooth_step(strength, usual + 0.08, usual + 0.20)
    bridge = _soft(polygons([BRIDGE], size))
    thin = np.maximum(thin, smooth_step(strength, 0.05, 0.12) * bridge)
    thick = smooth_step(strength, *STRONG)
    share = _soft(np.asarray(brows, np.uint8))
    found = np.asarray((thin + (thick - thin) * share) * soft, np.float32)
    # Specks are no rims.
    found = np.asarray(
        cv2.morphologyEx(found, cv2.MORPH_OPEN, ellipse(size // 170 | 1)), np.float32
    )
    grown = cv2.dilate(found, ellipse(size // 100 | 1))
    return blur(np.asarray(grown, np.float32), size * 0.006)


def _soft(mask: Mask) -> Floats:
    return blur(np.asarray(mask / np.float32(255), np.float32), len(mask) * 0.004)


def _smooth_over(colours: Floats, rims: Floats) -> Floats:
    size = len(colours)
    eyes = np.asarray(cv2.dilate(polygons(EYES, size), ellipse(size // 50 | 1)), np.float32) / 255
    known = np.asarray((1 - np.clip(rims * 1.5, 0, 1)) * (1 - eyes), np.float32)
    near, far = masked_blur(colours, known, size * 0.02), masked_blur(colours, known, size * 0.06)
    trust = smooth_step(blur(known, size * 0.02), 0.05, 0.3)[..., None]
    skin = far + (near - far) * trust
    cheeks = polygons(LOWER_CHEEKS, size) > 0
    detail = (colours - blur(colours, _GRAIN_SIGMA)).mean(-1)
    grain = blur(np.asarray(np.random.default_rng(0).normal(0, 1, (size, size)), np.float32), 1.0)
    grain *= np.median(np.abs(detail[cheeks])) / np.median(np.abs(grain))
    skin = skin + grain[..., None]
    return np.asarray(colours + (skin - colours) * rims[..., None], np.float32)

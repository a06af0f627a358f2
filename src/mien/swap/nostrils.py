"""Nostrils are the wearer's: no photo shows what a head that leans back does."""

from functools import cache

import cv2
import numpy as np

from mien.swap.atlas import Mask, ellipse, luma, polygons
from mien.swap.drawing import Drawing
from mien.swap.geometry import Floats, smooth_step
from mien.swap.matte import lay_over
from mien.swap.warp import look_up, warp
from mien.vision.face import BgrImage

RIGHT = (59, 79, 239, 238, 20, 60, 75)
LEFT = (289, 309, 459, 458, 250, 290, 305)
# Texels of the zones: how far holes may reach beyond their outline, how softly they end, and how
# far from them skin is.
_SIZE = 256
_WIDER, _SOFT, _BESIDE = 5, 1.0, 13
# How far around the nostrils these zones reach at the most, in heights of the face.
_MARGIN = 0.06
# What is so dark beside the skin about them is none of a hole, and all of it.
_SKIN, _HOLE = 0.92, 0.7
# Heights of a face in pixels; smaller ones have none.
_LEAST_HEIGHT = 60.0


def lay_nostrils(camera: BgrImage, result: BgrImage, drawing: Drawing) -> None:
    """Lay the holes of the camera's nose onto the result, in place; both (h, w, 3) uint8 BGR.

    They are as dark beside the result's skin as beside the camera's.
    """
    if drawing.height < _LEAST_HEIGHT:
        return
    corner, part = drawing.window([*RIGHT, *LEFT], _MARGIN * drawing.height)
    maps, patch = drawing.maps[:, *part], result[drawing.region][part]
    if min(maps.shape[1:]) < 4:
        return
    zones = np.asarray(look_up(_zones(), maps) / np.float32(255), np.float32)
    inside, beside = zones[..., 0], zones[..., 1]
    warped = warp(camera, maps, corner)
    skin, worn = _mean(warped, beside), _mean(patch, beside)
    holes = inside * (1 - smooth_step(luma(warped) / luma(skin), _HOLE, _SKIN))
    lit = np.clip(np.round(warped * (worn / skin)), 0, 255).astype(np.uint8)
    lay_over(lit, np.asarray(holes, np.float32), patch)


def _mean(image: BgrImage, weights: Floats) -> Floats:
    """(3,) BGR, at least 1."""
    total = np.tensordot(weights, image, ([0, 1], [0, 1]))
    return np.asarray(total / (weights.sum() + 1e-3) + 1, np.float32)


@cache
def _zones() -> Mask:
    """(256, 256, 2) 255 where in the atlas holes may be, and on the skin about them."""
    inside = cv2.dilate(polygons([RIGHT, LEFT], _SIZE), ellipse(_WIDER))
    beside = np.asarray(cv2.dilate(inside, ellipse(_BESIDE)), np.uint8)
    beside[inside > 0] = 0
    return np.dstack([cv2.GaussianBlur(zone, (0, 0), _SOFT) for zone in (inside, beside)])

"""From a guess of what is hand and what is face to a matte with the picture's own edges."""

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from mien.swap.geometry import Floats, smooth_step
from mien.vision.face import BgrImage

# Edges weaker than this, in levels, do not guide the matte.
_WEAK_EDGE = 6.0
# The guided share is soft; what is inside should be whole.
_LOW, _HIGH = 0.3, 0.7


def snap_to_edges(guess: Floats, image: BgrImage, radius: float) -> Floats:
    """(H, W) float32 matte 0..1 of a picture from a smaller guess, (h, w) 0..1.

    A guided filter (He, Sun and Tang, TPAMI 2013) worked out at the guess's size and applied at
    the picture's. radius: how far, in pixels of the guess, an edge may be from the guessed one.
    """
    height, width = guess.shape
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    guide = _shrunk(grey, width, height)
    side = 2 * max(round(radius), 1) + 1
    mean, mean_guess = _box(guide, side), _box(guess, side)
    variance = _box(guide * guide, side) - mean * mean
    shared = _box(guide * guess, side) - mean * mean_guess
    slope = np.asarray(shared / (variance + _WEAK_EDGE**2), np.float32)
    offset = np.asarray(mean_guess - slope * mean, np.float32)
    size = (image.shape[1], image.shape[0])
    smooth = [cv2.resize(_box(plane, side), size) for plane in (slope, offset)]
    return np.asarray(smooth_step(smooth[0] * grey + smooth[1], _LOW, _HIGH), np.float32)


def _shrunk(grey: NDArray[np.uint8], width: int, height: int) -> Floats:
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _box(plane: Floats, side: int) -> Floats:
    return np.asarray(cv2.blur(plane, (side, side)), np.float32)


@numba.njit(cache=True, fastmath=True, nogil=True, boundscheck=False, error_model="numpy")
def lay_over(top, matte, under):  # type: ignore[no-untyped-def]
    """Blend one picture onto another in place; (h, w, 3) uint8, matte (h, w) float32 0..1."""
    for row in range(matte.shape[0]):
        for column in range(matte.shape[1]):
            share = matte[row, column]
            if share > 0:
                for k in range(3):
                    below = np.float32(under[row, column, k])
                    blended = below + (top[row, column, k] - below) * share
                    under[row, column, k] = np.uint8(blended + np.float32(0.5))

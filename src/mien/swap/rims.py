"""Rims of spectacles: thin dark and bright lines, and where on the face they run."""

from collections.abc import Sequence

import cv2
import numpy as np

from mien.swap.geometry import Floats
from mien.vision.face import BgrImage

BAND = (
    *(127, 34, 143, 156, 70, 63, 105, 66, 107, 9, 336, 296, 334, 293, 300, 383, 372, 264, 356),
    *(454, 447, 345, 352, 280, 330, 348, 419, 197, 196, 122, 121, 119, 101, 50, 123, 116, 227, 234),
)
BRIDGE = (193, 168, 417, 465, 412, 399, 419, 197, 196, 174, 188, 245)
NOSE = (197, 248, 456, 420, 279, 331, 294, 327, 2, 98, 64, 102, 49, 198, 236, 3)
# Below all rims.
LOWER_CHEEKS = ((205, 50, 36, 203), (425, 280, 266, 423))
# A line is so much darker or brighter than its surroundings.
LINE = 0.16
# Brows are lines too: only what is this strong there is a rim that runs along them.
STRONG = (0.45, 0.7)
# Rows and columns of the nose between the eyes, from between the brows down, as parts of the atlas.
_NOSE = (0.345, 0.47), (0.465, 0.535)


def lines(image: BgrImage, width: int) -> Floats:
    """How much darker or brighter than their surroundings thin things are, relative to those."""
    return _strongest(image, width, (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT))


def dark_lines(image: BgrImage, width: int) -> Floats:
    """The same of dark things alone."""
    return _strongest(image, width, (cv2.MORPH_BLACKHAT,))


def _strongest(image: BgrImage, width: int, hats: Sequence[int]) -> Floats:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    square = cv2.getStructuringElement(cv2.MORPH_RECT, (width, width))
    strength = np.maximum.reduce([cv2.morphologyEx(grey, hat, square) for hat in hats])
    around = cv2.blur(grey, (2 * width + 1, 2 * width + 1)).astype(np.float32)
    return np.asarray(strength / (around + 10), np.float32)


def nose_of(atlas: Floats) -> Floats:
    """The part of an (n, n) atlas that shows the nose between the eyes."""
    rows, columns = (slice(*(round(end * len(atlas)) for end in ends)) for ends in _NOSE)
    return atlas[rows, columns]


def across_the_nose(strength: Floats) -> float:
    """How strong a line crosses the nose from eye to eye: that of its weakest place.

    strength: (n, n) of an atlas, as `lines` gives it. Shine along the nose, and shadows in the
    corners of the eyes, are strong and do not cross it.
    """
    nose = nose_of(strength)
    weakest = nose[:, 0]
    for column in nose.T[1:]:
        before = np.pad(weakest, 1)
        nearest = np.maximum.reduce([before[:-2], before[1:-1], before[2:]])
        weakest = np.minimum(column, nearest)
    return float(weakest.max())

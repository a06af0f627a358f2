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
# A line is so much darker or brighter than its surroundings.
LINE = 0.16
# Brows are lines too: only what is this strong there is a rim that runs along them.
STRONG = (0.45, 0.7)


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

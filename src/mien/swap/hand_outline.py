"""From a hand's 21 points to where its outline should run, within a finger's half width."""

import cv2
import numpy as np

from mien.swap.geometry import Floats
from mien.vision.hand import KNUCKLES, WRIST, Hand

_FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
# The heel of the hand is as broad as the knuckles; the wrist point lies in its middle.
_PALM = (0, 1, 2, 5, 9, 13, 17)
# Half a finger's width, and the knuckles' breadth, as parts of the palm's length.
_HALF_FINGER, _BREADTH, _PHALANX = 0.07, 0.72, 0.47
_THUMB = 1.2
# OpenCV draws no line of just any thickness.
_MOST_RADIUS = 1000.0
# The wrist is so wide, in half fingers, and the forearm is drawn so many palms long.
_WRIST_WIDTH, _FOREARM = 3.4, 0.8


def palm_length(hand: Hand) -> float:
    """From wrist to knuckles, in pixels, as if the hand were not tilted away."""
    p = hand.points
    along = float(np.linalg.norm(p[9] - p[WRIST]))
    across = float(np.linalg.norm(p[5] - p[17])) / _BREADTH
    phalanges = max(float(np.linalg.norm(p[k + 1] - p[k])) for k in KNUCKLES) / _PHALANX
    return max(along, across, phalanges)


def half_finger(hand: Hand) -> float:
    """Half a finger's width in pixels."""
    return _HALF_FINGER * palm_length(hand)


def depth_in_hand(
    hand: Hand, left: float, top: float, scale: float, size: tuple[int, int]
) -> Floats:
    """(h, w) float32: how deep each pixel lies in the hand, in half fingers; below 0 outside.

    left, top: the corner, in the picture, of a window of size (w, h) that is scale times as large.
    """
    mask = np.zeros(size[::-1], np.uint8)
    points = (hand.points - np.array([left, top], np.float32) + 0.5) * scale - 0.5
    radius = min(half_finger(hand) * scale, _MOST_RADIUS)
    _draw(mask, points, radius)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    outside = cv2.distanceTransform(255 - mask, cv2.DIST_L2, 3)
    return np.asarray((inside - outside) / max(radius, 1.0), np.float32)


def _draw(
    mask: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], points: Floats, radius: float
) -> None:
    at = np.round(np.clip(points, -4e3, 4e3) * 16).astype(np.int32)
    cv2.fillConvexPoly(mask, cv2.convexHull(at[list(_PALM)]), 255, cv2.LINE_8, 4)
    width = max(round(2 * radius), 1)
    # The palm's corners are joints, with flesh around them.
    cv2.polylines(mask, [cv2.convexHull(at[list(_PALM)])], True, 255, width, cv2.LINE_8, 4)
    for finger in _FINGERS:
        broad = round(width * _THUMB) if finger[0] == 1 else width
        cv2.polylines(mask, [at[list(finger)]], False, 255, broad, cv2.LINE_8, 4)
    arm = points[WRIST] + _FOREARM * (points[WRIST] - points[list(KNUCKLES)].mean(0))
    ends = np.round(np.clip(np.stack([points[WRIST], arm]), -4e3, 4e3) * 16).astype(np.int32)
    thick = max(round(2 * _WRIST_WIDTH * radius), 1)
    cv2.polylines(mask, [ends], False, 255, thick, cv2.LINE_8, 4)

"""Landmarks as the mean of several looks at a face.

A single look at a small or grainy face is off by as much as the face moves, and the next one by as
much again: what is compared would be noise. Each look has another square, so they differ in that.
"""

from dataclasses import replace
from math import radians

import numpy as np

from mien.vision.face import BgrImage, FaceMesh
from mien.vision.landmarker import FaceLandmarker, Roi

# Of each square: how far it lies off, as parts of its side, its turn in degrees, and its size.
LOOKS = (
    (0.0, 0.0, 0.0, 1.0),
    (0.03, 0.02, 3.0, 1.04),
    (-0.03, -0.02, -3.0, 0.96),
    (0.02, -0.03, -2.0, 1.06),
    (-0.02, 0.03, 2.0, 0.94),
)


class SteadyLandmarker:
    """Looks several times, about 25 ms a face."""

    def __init__(self, landmarker: FaceLandmarker) -> None:
        self._landmarker = landmarker

    def __call__(self, image: BgrImage, roi: Roi) -> FaceMesh:
        """The landmarks of the face in a square of a BGR image; presence is that of one look."""
        looks = [self._landmarker(image, _moved(roi, *look)) for look in LOOKS]
        points = np.mean([one.points for one in looks], 0)
        return replace(looks[0], points=points.astype(np.float32))


def _moved(roi: Roi, right: float, down: float, degrees: float, size: float) -> Roi:
    return Roi(
        roi.x + right * roi.side,
        roi.y + down * roi.side,
        roi.side * size,
        roi.angle + radians(degrees),
    )

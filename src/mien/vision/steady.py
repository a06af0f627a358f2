"""Landmarks as the mean of several looks at a face.

A single look at a small or grainy face is off by as much as the face moves, and the next one by as
much again. Each look has another square, so they differ in that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import radians

import numpy as np

from mien.vision.face import BgrImage, Detection, FaceMesh
from mien.vision.landmarker import FaceLandmarker, Roi


@dataclass(frozen=True)
class Look:
    """A square beside the one that is asked for: how far right and down as parts of its side, how
    much further turned in degrees, how many times as large."""

    right: float = 0.0
    down: float = 0.0
    degrees: float = 0.0
    size: float = 1.0

    def of(self, roi: Roi) -> Roi:
        """The square to look at."""
        x, y = roi.x + self.right * roi.side, roi.y + self.down * roi.side
        return Roi(x, y, roi.side * self.size, roi.angle + radians(self.degrees))


class SteadyLandmarker:
    """Looks several times, about 5 ms each. looks: in the mean at the square itself."""

    def __init__(self, landmarker: FaceLandmarker, looks: Sequence[Look]) -> None:
        self._landmarker, self._looks = landmarker, looks

    def find(self, image: BgrImage, detection: Detection) -> FaceMesh:
        """See FaceLandmarker; one look, for a detector's square is a rough one."""
        return self._landmarker.find(image, detection)

    def __call__(self, image: BgrImage, roi: Roi) -> FaceMesh:
        """The landmarks of the face in a square of a BGR image; presence is that of one look."""
        meshes = [self._landmarker(image, look.of(roi)) for look in self._looks]
        points = np.mean([one.points for one in meshes], 0)
        return replace(meshes[0], points=points.astype(np.float32))

"""478 landmarks of one face, from a turned square around it.

The square follows MediaPipe's face landmarker: the eyes lie level in it, and it is half as large
again as the face's box.
"""

from dataclasses import dataclass, replace
from math import atan2, cos, pi, sin
from typing import Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.models.cores import MOST_CORES_A_FRAME, at_most
from mien.models.runtimes import FloatTensor, LiteRtModel
from mien.models.weights import WeightStore
from mien.vision import topology as topo
from mien.vision.crop import cut_tensor
from mien.vision.face import BgrImage, Detection, FaceMesh, Points

Matrix = NDArray[np.float64]

MARGIN = 1.5
# Less is no face, whichever way up.
PRESENT = 0.1
# So sure the net is of a face in a good square, and no more than that of the same upside down.
SURE, DOUBT = 0.99, 0.5


@dataclass(frozen=True)
class Roi:
    """A square to look for landmarks in: centre and side in pixels, turned by angle radians.

    A positive angle turns the head clockwise as the picture shows it.
    """

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def of_detection(cls, detection: Detection) -> Self:
        """The square around a detector's box, levelled by its eyes."""
        left, top, width, height = detection.box
        angle = _slope(detection.keypoints[0], detection.keypoints[1])
        return cls(left + width / 2, top + height / 2, MARGIN * max(width, height), angle)

    @classmethod
    def of_points(cls, points: Points) -> Self:
        """The square around landmarks (n, 2 or 3), levelled by the corners of the eyes."""
        angle = _slope(points[topo.RIGHT_EYE_OUTER], points[topo.LEFT_EYE_OUTER])
        turn = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]], np.float32)
        level = points[:, :2] @ turn.T
        low, high = level.min(axis=0), level.max(axis=0)
        centre = turn.T @ ((low + high) / 2)
        return cls(float(centre[0]), float(centre[1]), MARGIN * float((high - low).max()), angle)

    def to_crop(self, size: int) -> Matrix:
        """The 2x3 matrix from pixel centres of the image to those of a size x size crop."""
        scale = size / self.side
        along, across = cos(self.angle) * scale, sin(self.angle) * scale
        middle = (size - 1) / 2
        return np.array(
            [
                [along, across, middle - along * self.x - across * self.y],
                [-across, along, middle + across * self.x - along * self.y],
            ]
        )


class Landmarker(Protocol):
    """Finds the landmarks of a face."""

    def find(self, image: BgrImage, detection: Detection) -> FaceMesh:
        """Those in a detector's square."""

    def __call__(self, image: BgrImage, roi: Roi) -> FaceMesh:
        """Those in a square that lies well."""


class FaceLandmarker:
    """MediaPipe's landmark net with irises, about 5 ms a face."""

    def __init__(self, model: LiteRtModel) -> None:
        self._model = model
        self._size = model.input_shape[1]

    @classmethod
    def load(cls, store: WeightStore, cores: int = MOST_CORES_A_FRAME) -> Self:
        """The shipped net; on two cores, where there are two, it takes half the time."""
        return cls(LiteRtModel(store.path("landmarks_478"), at_most(cores)))

    def find(self, image: BgrImage, detection: Detection) -> FaceMesh:
        """The landmarks in a detector's square, whichever way up: two passes, or four in doubt.

        In a head that stands on its head both nets see an upright face too, and in a square that
        lies badly they may be surer of the wrong one. So each gets a better square in that case.
        """
        roi = Roi.of_detection(detection)
        tried = [self(image, replace(roi, angle=roi.angle + turn)) for turn in (0.0, pi)]
        worse, better = sorted(mesh.presence for mesh in tried)
        if better > PRESENT and (better < SURE or worse > DOUBT):
            tried = [self(image, Roi.of_points(mesh.points)) for mesh in tried]
        return max(tried, key=lambda mesh: mesh.presence)

    def __call__(self, image: BgrImage, roi: Roi) -> FaceMesh:
        """The landmarks of the face in a square of a BGR image, with how sure the net is of it."""
        to_crop = roi.to_crop(self._size)
        back = np.asarray(cv2.invertAffineTransform(to_crop), np.float64)
        outputs = self._model(_cut(image, roi, back, self._size))
        in_crop = outputs[0].reshape(-1, 3)
        points = np.empty((len(in_crop), 3), np.float32)
        # The net counts from the crop's edge, this project from the first pixel's centre.
        points[:, :2] = (in_crop[:, :2] - 0.5) @ back[:, :2].T + back[:, 2]
        points[:, 2] = in_crop[:, 2] * (roi.side / self._size)
        return FaceMesh(points, _sigmoid(float(outputs[1].ravel()[0])))


def _cut(image: BgrImage, roi: Roi, from_crop: Matrix, size: int) -> FloatTensor:
    """The turned square; a much larger one is shrunk first, or fine detail would alias."""
    shrink = int(roi.side / size / 2)
    if shrink > 1:
        share = 1 / shrink
        smaller = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        offset = (1 - shrink) / 2 * share
        to_smaller = np.array([[share, 0, offset], [0, share, offset]])
        from_crop = to_smaller[:, :2] @ from_crop + np.c_[np.zeros((2, 2)), to_smaller[:, 2]]
        image = np.asarray(smaller, np.uint8)
    return cut_tensor(image, from_crop, size)


def _slope(start: Points, end: Points) -> float:
    return atan2(float(end[1] - start[1]), float(end[0] - start[0]))


def _sigmoid(logit: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(logit, -80.0, 80.0))))

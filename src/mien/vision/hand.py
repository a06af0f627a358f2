"""21 points of one hand, from a turned square around it (MediaPipe's hand_landmark_lite)."""

from dataclasses import dataclass
from math import atan2, cos, sin
from typing import Self

import cv2
import numpy as np

from mien.models.runtimes import LiteRtModel
from mien.models.weights import WeightStore
from mien.vision.crop import cut_tensor
from mien.vision.face import BgrImage, Points
from mien.vision.landmarker import Roi

WRIST = 0
KNUCKLES = (5, 9, 13, 17)
# What moves little while fingers bend: the square is laid by it.
_STEADY = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
_GROWTH, _SHIFT = 2.0, 0.1


@dataclass(frozen=True, eq=False)
class Hand:
    """points: (21, 2) float32 pixels, MediaPipe's order: wrist, then four points each from the
    root of thumb, index, middle, ring and little finger to its tip. presence: 0..1."""

    points: Points
    presence: float

    @property
    def roi(self) -> Roi:
        """The square to look in for this hand in the next frame."""
        return _roi(self.points)


class HandLandmarker:
    """The landmark net, about 2 ms a hand."""

    def __init__(self, model: LiteRtModel) -> None:
        self._model = model
        self._size = model.input_shape[1]

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """The shipped net."""
        return cls(LiteRtModel(store.path("hand_landmarks")))

    def __call__(self, image: BgrImage, roi: Roi) -> Hand:
        """The hand in a square of a BGR image, with how sure the net is that there is one."""
        to_crop = roi.to_crop(self._size)
        back = np.asarray(cv2.invertAffineTransform(to_crop), np.float64)
        outputs = self._model(cut_tensor(image, back, self._size))
        in_crop = outputs[0].reshape(-1, 3)[:, :2]
        points = (in_crop - 0.5) @ back[:, :2].T + back[:, 2]
        return Hand(points.astype(np.float32), float(outputs[1].ravel()[0]))


def _roi(points: Points) -> Roi:
    """As hand_landmarks_to_rect_calculator.cc lays it: from wrist to knuckles is up."""
    knuckles = (points[5] + points[13]) / 4 + points[9] / 2
    x, y = (knuckles - points[WRIST]).tolist()
    angle = atan2(x, -y)
    turn = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]], np.float32)
    level = points[list(_STEADY)] @ turn.T
    low, high = level.min(axis=0), level.max(axis=0)
    side = float((high - low).max())
    centre = turn.T @ ((low + high) / 2 - np.array([0, _SHIFT * (high - low)[1]], np.float32))
    return Roi(float(centre[0]), float(centre[1]), _GROWTH * side, angle)

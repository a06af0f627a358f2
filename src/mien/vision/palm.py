"""BlazePalm: where the palms of a picture are, and which way up each hand stands.

Net, anchors and suppression as in MediaPipe (palm_detection_cpu.pbtxt, hand_landmark's
palm_detection_detection_to_roi.pbtxt).
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from mien.models.runtimes import LiteRtModel
from mien.models.weights import WeightStore
from mien.vision.detector import Floats, anchor_centres, fit_square, suppress
from mien.vision.face import BgrImage, Detection
from mien.vision.landmarker import Roi

SIZE = 192
_LAYERS = ((8, 2), (16, 6))
# Keypoints of a palm: the wrist, and the knuckle of the middle finger.
_WRIST, _MIDDLE_KNUCKLE = 0, 2
# The square of a hand is so much larger than its palm's box, and lies towards the fingers.
_GROWTH, _SHIFT = 2.6, 0.5


@dataclass(frozen=True)
class PalmDetector:
    """Finds palms, about 4 ms a picture; anything else of a hand it finds by chance only."""

    model: LiteRtModel
    anchors: Floats

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """The shipped net."""
        return cls(LiteRtModel(store.path("palm_detector")), anchor_centres(SIZE, _LAYERS))

    def __call__(self, image: BgrImage, threshold: float = 0.5) -> list[Roi]:
        """Squares around the hands of a BGR image, surest first, fingers up."""
        square, letterbox = fit_square(image, SIZE)
        rgb = cv2.cvtColor(square, cv2.COLOR_BGR2RGB).astype(np.float32) / np.float32(255)
        regressed, logits = self.model(rgb[None])
        scores = np.asarray(1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80))), np.float32)
        likely = scores > threshold
        pairs = regressed[0, likely].reshape(-1, 9, 2)
        anchors = self.anchors[likely]
        half = pairs[:, 1] / 2
        centres = pairs[:, 0] + anchors * SIZE
        keypoints = pairs[:, 2:] + anchors[:, None] * SIZE
        corners = np.stack([centres - half, centres + half], axis=1)
        boxes = letterbox.to_image(np.concatenate([corners, keypoints], axis=1))
        return [_roi(palm) for palm in suppress(boxes, scores[likely])]


def _roi(palm: Detection) -> Roi:
    left, top, width, height = palm.box
    towards = palm.keypoints[_MIDDLE_KNUCKLE] - palm.keypoints[_WRIST]
    x, y = towards.tolist()
    angle = float(np.arctan2(x, -y))
    shift = _SHIFT * max(width, height)
    return Roi(
        left + width / 2 + shift * np.sin(angle),
        top + height / 2 - shift * np.cos(angle),
        _GROWTH * max(width, height),
        angle,
    )

"""BlazeFace: where the faces of an image are, roughly, with six keypoints each.

The two nets, their anchors and the weighted suppression follow MediaPipe
(face_detector_graph.cc, ssd_anchors_calculator.cc, non_max_suppression_calculator.cc).
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.models.runtimes import LiteRtModel
from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, Detection

Floats = NDArray[np.float32]

SUPPRESSION_IOU = 0.3


@dataclass(frozen=True)
class Letterbox:
    """How an image lies inside a square: scaled about its corner, then shifted by whole pixels."""

    scale: float
    left: int
    top: int

    def to_image(self, points: Floats) -> Floats:
        """Points (n, 2) of the square, in pixel edges, as pixel centres of the image."""
        corner = np.array([self.left, self.top], np.float32)
        return np.asarray((points - corner) / np.float32(self.scale) - np.float32(0.5))


class FaceDetector:
    """One BlazeFace net. Short range: webcam distance, 2 ms; full range: small faces too, 6 ms."""

    def __init__(self, model: LiteRtModel, anchors: Floats) -> None:
        self._model = model
        self._anchors = anchors
        self._size = model.input_shape[1]

    @classmethod
    def short_range(cls, store: WeightStore) -> Self:
        """The net for faces within about two metres."""
        model = LiteRtModel(store.path("detector_short_range"))
        return cls(model, anchor_centres(128, ((8, 2), (16, 6))))

    @classmethod
    def full_range(cls, store: WeightStore) -> Self:
        """The net for faces within about five metres."""
        model = LiteRtModel(store.path("detector_full_range"))
        return cls(model, anchor_centres(192, ((4, 1),)))

    def __call__(self, image: BgrImage, threshold: float = 0.5) -> list[Detection]:
        """The faces of a BGR image whose score is above the threshold, best first."""
        square, letterbox = fit_square(image, self._size)
        rgb = cv2.cvtColor(square, cv2.COLOR_BGR2RGB).astype(np.float32) / 127.5 - 1.0
        outputs = self._model(rgb[None])
        regressed, logits = sorted(outputs, key=lambda output: -output.shape[-1])
        scores = np.asarray(1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80))), np.float32)
        likely = scores > threshold
        boxes = self._boxes(regressed[0, likely], self._anchors[likely], letterbox)
        return suppress(boxes, scores[likely])

    def _boxes(self, regressed: Floats, anchors: Floats, letterbox: Letterbox) -> Floats:
        """Corners and keypoints (n, 8, 2) in pixels of the image."""
        pairs = regressed.reshape(-1, 8, 2)
        half = pairs[:, 1] / 2
        centres = pairs[:, 0] + anchors * self._size
        keypoints = pairs[:, 2:] + anchors[:, None] * self._size
        corners = np.stack([centres - half, centres + half], axis=1)
        return letterbox.to_image(np.concatenate([corners, keypoints], axis=1))


def anchor_centres(size: int, layers: tuple[tuple[int, int], ...]) -> Floats:
    """Centres (n, 2) in 0..1 for a net of that input size; layers are (stride, anchors a cell)."""
    centres = []
    for stride, count in layers:
        steps = (np.arange(size // stride, dtype=np.float32) + 0.5) * stride / size
        grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, count, axis=0))
    return np.concatenate(centres)


def fit_square(image: BgrImage, size: int) -> tuple[BgrImage, Letterbox]:
    """The whole image, its aspect kept, on black in the middle of a square."""
    height, width = image.shape[:2]
    scale = size / max(height, width)
    inner_w, inner_h = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size - inner_w) // 2, (size - inner_h) // 2
    square = np.zeros((size, size, 3), np.uint8)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inside = square[top : top + inner_h, left : left + inner_w]
    inside[:] = cv2.resize(image, (inner_w, inner_h), interpolation=method)
    return square, Letterbox(scale, left, top)


def suppress(boxes: Floats, scores: Floats) -> list[Detection]:
    """Weighted non-maximum suppression: boxes that overlap become their mean, weighted by score.

    boxes: (n, 8, 2), two corners and six keypoints. scores: (n,).
    """
    waiting = np.argsort(-scores)
    found = []
    while len(waiting):
        best = waiting[0]
        same = overlaps(boxes[best, :2], boxes[waiting, :2]) > SUPPRESSION_IOU
        same[0] = True
        weights = scores[waiting[same], None, None]
        mean = (boxes[waiting[same]] * weights).sum(0) / weights.sum()
        found.append(_detection(mean, float(scores[best])))
        waiting = waiting[~same]
    return found


def merge(detections: list[Detection]) -> list[Detection]:
    """The answers of several detectors as one: each face once, as the surest saw it, best first.

    No mean of them: a face too small for one detector is misplaced by it.
    """
    kept: list[Detection] = []
    for one in sorted(detections, key=lambda detection: -detection.score):
        others = [pairs_of(other)[:2] for other in kept]
        if not others or overlaps(pairs_of(one)[:2], np.stack(others)).max() <= SUPPRESSION_IOU:
            kept.append(one)
    return kept


def overlaps(one: Floats, others: Floats) -> Floats:
    """Intersection over union of a box (2, 2) of corners with others (n, 2, 2)."""
    low = np.maximum(one[0], others[:, 0])
    high = np.minimum(one[1], others[:, 1])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(others[:, 1] - others[:, 0], axis=1)
    union = np.prod(one[1] - one[0]) + areas - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)


def pairs_of(detection: Detection) -> Floats:
    """The detection as two corners and six keypoints, (8, 2)."""
    left, top, width, height = detection.box
    corners = np.array([[left, top], [left + width, top + height]], np.float32)
    return np.concatenate([corners, detection.keypoints])


def _detection(box: Floats, score: float) -> Detection:
    (left, top), (right, bottom) = box[0].tolist(), box[1].tolist()
    return Detection((left, top, right - left, bottom - top), box[2:].astype(np.float32), score)

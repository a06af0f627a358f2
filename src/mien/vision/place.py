"""Where a face is and how large, as trackers compare it."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from mien.vision.face import Detection, Points

# Two answers whose middles are nearer than this share of their size speak of one face.
SAME_STEP, SAME_GROWTH = 0.45, 1.9


@dataclass(frozen=True)
class Place:
    """Middle and size of a face, in pixels."""

    x: float
    y: float
    size: float

    @classmethod
    def of(cls, points: Points) -> Self:
        """The place of landmarks (n, 2 or 3)."""
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        x, y = ((low + high) / 2).tolist()
        return cls(x, y, float((high - low).max()))

    @classmethod
    def of_detection(cls, detection: Detection) -> Self:
        """The place of a detector's box."""
        left, top, width, height = detection.box
        return cls(left + width / 2, top + height / 2, max(width, height))

    def step(self, other: "Place") -> float:
        """How far the other is away, in sizes of this one."""
        return float(np.hypot(other.x - self.x, other.y - self.y)) / max(self.size, 1.0)

    def growth(self, other: "Place") -> float:
        """How many times larger or smaller the other is, at least 1."""
        ratio = max(other.size, 1.0) / max(self.size, 1.0)
        return max(ratio, 1 / ratio)

    def same_face(self, other: "Place") -> bool:
        """Whether both are answers about one face of one frame."""
        near = min(self.step(other), other.step(self)) < SAME_STEP
        return near and self.growth(other) < SAME_GROWTH

"""Landmarks made calm: a one-euro filter of the pose, and one of the face without its pose.

The filter is that of Casiez et al., "1 Euro Filter", CHI 2012: it smooths what moves slowly and
lets what moves fast pass. Pose and expression differ in speed, so each has a filter of its own.
"""

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.vision import topology as topo
from mien.vision.face import Points
from mien.vision.similarity import Similarity, fit_similarity

Doubles = NDArray[np.float64]

# The pose as four points in the canonical face's centimetres: its origin and one on each axis.
ANCHORS = np.array([[0, 0, 0], [5, 0, 0], [0, 5, 0], [0, 0, 5]], np.float64)
# Speeds are measured in heights of the face a second, so that its distance does not matter.
CANONICAL_HEIGHT = 14.0
# A gap as long as this says nothing about where the face is now.
LONGEST_GAP_S = 0.5
# Vertices that expressions hardly move: corners of the eyes, bridge of the nose, brow, temples.
RIGID = (
    *(33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 10, 151, 9, 8),
    *(127, 356, 234, 454, 93, 323, 21, 251),
)
RIGID_WEIGHT, UPPER_WEIGHT, EYE_WEIGHT, LOWER_WEIGHT = 2.0, 0.35, 0.1, 0.06


@dataclass(frozen=True)
class Cutoffs:
    """What a filter lets pass.

    rest: Hz at rest. beta: Hz a unit of speed. speed: Hz, for the speed itself. slow: a speed at
    which beta counts half, and below it less: noise is slow. So the speed may be known quickly,
    and what starts to move is not left behind.
    """

    rest: float
    beta: float
    speed: float = 1.2
    slow: float = 0.0


class OneEuroFilter:
    """Filters an array of points (n, d) from frame to frame."""

    def __init__(self, cutoffs: Cutoffs) -> None:
        self._cutoffs = cutoffs
        self.reset()

    def reset(self) -> None:
        """Forget the past: the next points pass as they are."""
        self._value: Doubles | None = None

    def __call__(self, points: NDArray[Any], elapsed: float, unit: float) -> Doubles:
        """The filtered points. elapsed: seconds since the last call; unit: length of speed 1."""
        value = np.asarray(points, np.float64)
        if self._value is None:
            self._value, self._raw, self._velocity = value, value, np.zeros_like(value)
            return value
        cutoffs, velocity = self._cutoffs, (value - self._raw) / (elapsed * unit)
        self._raw = value
        self._velocity = _step(self._velocity, velocity, cutoffs.speed, elapsed)
        speed = np.linalg.norm(self._velocity, axis=-1, keepdims=True)
        beta = cutoffs.beta * speed / (speed + cutoffs.slow + 1e-9)
        self._value = _step(self._value, value, cutoffs.rest + beta * speed, elapsed)
        return self._value


@dataclass(frozen=True)
class Calm:
    """How calm landmarks are made: their pose, and the face without it."""

    pose: Cutoffs
    shape: Cutoffs


# For single looks at a face, and for the mean of several, which is off by less.
OF_ONE_LOOK = Calm(Cutoffs(0.5, 150.0, 4.0, 0.5), Cutoffs(1.5, 200.0, 2.0, 0.3))
OF_SEVERAL = Calm(Cutoffs(2.0, 300.0, 4.0, 0.3), Cutoffs(4.0, 400.0, 4.0, 0.2))


class MeshSmoother:
    """Filters the landmarks of one face; reset it where the face is another or has jumped."""

    def __init__(self, calm: Calm = OF_ONE_LOOK) -> None:
        self._pose, self._shape = OneEuroFilter(calm.pose), OneEuroFilter(calm.shape)
        self._canonical = np.asarray(topo.canonical_mesh().vertices, np.float64)
        self._weights = _rigid_weights(self._canonical)
        self._last: float | None = None

    def reset(self) -> None:
        """Forget the past: the next landmarks pass as they are."""
        self._last = None

    def __call__(self, points: Points, seconds: float) -> Points:
        """The filtered landmarks (478, 3) of the frame at that time."""
        elapsed = 0.0 if self._last is None else seconds - self._last
        if not 0 < elapsed < LONGEST_GAP_S:
            self._pose.reset()
            self._shape.reset()
        self._last = seconds
        pose = fit_similarity(self._canonical, points[: topo.MESH_POINTS], self._weights)
        height = float(np.linalg.norm(points[topo.FOREHEAD_TOP] - points[topo.CHIN])) + 1e-6
        calm_pose = self._calm(pose, elapsed, height)
        calm_shape = self._shape(pose.undo(points), elapsed, CANONICAL_HEIGHT)
        return calm_pose.apply(calm_shape).astype(np.float32)

    def _calm(self, pose: Similarity, elapsed: float, height: float) -> Similarity:
        return fit_similarity(ANCHORS, self._pose(pose.apply(ANCHORS), elapsed, height))


def _step(old: Doubles, new: Doubles, cutoff: Any, elapsed: float) -> Doubles:
    """One step of a first-order low-pass filter."""
    share = 1 / (1 + 1 / (2 * pi * cutoff * elapsed))
    return np.asarray(old + share * (new - old), np.float64)


def _rigid_weights(vertices: Doubles) -> Doubles:
    weights = np.full(len(vertices), UPPER_WEIGHT)
    weights[vertices[:, 1] > vertices[topo.NOSE_BASE, 1]] = LOWER_WEIGHT
    around = (*topo.RIGHT_EYE, *topo.LEFT_EYE, *topo.RIGHT_BROW, *topo.LEFT_BROW)
    weights[list(around)] = EYE_WEIGHT
    weights[list(RIGID)] = RIGID_WEIGHT
    return weights

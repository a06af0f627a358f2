"""Similarity transforms between two sets of landmarks, and the smooth step used everywhere."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Similarity:
    """x -> scale * rotation @ x + offset, in three dimensions."""

    scale: float
    rotation: Doubles
    offset: Doubles

    def apply(self, points: NDArray[Any]) -> Doubles:
        """Move (n, 3) points."""
        moved: Doubles = self.scale * points @ self.rotation.T + self.offset
        return moved

    def undo(self, points: NDArray[Any]) -> Doubles:
        """Move (n, 3) points back."""
        moved: Doubles = (points - self.offset) @ self.rotation / self.scale
        return moved

    def turn(self, directions: NDArray[Any]) -> Doubles:
        """Rotate and scale (n, 3) offsets, without moving them."""
        turned: Doubles = self.scale * directions @ self.rotation.T
        return turned


def fit_similarity(source: NDArray[Any], target: NDArray[Any], weights: NDArray[Any]) -> Similarity:
    """The least-squares similarity that takes source to target (Umeyama, PAMI 1991).

    source, target: (n, 3); weights: (n,), at least three of them positive.
    """
    share = np.asarray(weights, np.float64) / weights.sum()
    source_mean, target_mean = share @ source, share @ target
    a, b = source - source_mean, target - target_mean
    u, singular, vt = np.linalg.svd((b * share[:, None]).T @ a)
    handed = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * handed) @ vt
    scale = float((singular * handed).sum() / (share @ (a * a).sum(1)))
    return Similarity(scale, rotation, target_mean - scale * rotation @ source_mean)


def smooth_step(value: Any, low: float, high: float) -> Any:
    """0 below low, 1 above high, a cubic between; a float or an array of any shape."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)

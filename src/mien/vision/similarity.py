"""Similarity transforms: turn, scale and move, in two or three dimensions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Similarity:
    """x -> scale * rotation @ x + offset, in d dimensions."""

    scale: float
    rotation: Doubles
    offset: Doubles

    def apply(self, points: NDArray[Any]) -> Doubles:
        """Move (n, d) points."""
        return np.asarray(self.scale * points @ self.rotation.T + self.offset, np.float64)

    def undo(self, points: NDArray[Any]) -> Doubles:
        """Move (n, d) points back."""
        return np.asarray((points - self.offset) @ self.rotation / self.scale, np.float64)

    def turn(self, directions: NDArray[Any]) -> Doubles:
        """Rotate and scale (n, d) offsets, without moving them."""
        return np.asarray(self.scale * directions @ self.rotation.T, np.float64)

    def matrix(self) -> Doubles:
        """The (d, d + 1) matrix, as OpenCV's warps take it for d = 2."""
        return np.hstack([self.scale * self.rotation, self.offset[:, None]])


def fit_similarity(
    source: NDArray[Any], target: NDArray[Any], weights: NDArray[Any] | None = None
) -> Similarity:
    """The least-squares similarity that takes source to target (Umeyama, PAMI 1991).

    source, target: (n, d), n > d. weights: (n,), not negative; all alike when left out.
    """
    given = np.ones(len(source)) if weights is None else np.asarray(weights, np.float64)
    share = given / given.sum()
    source_mean, target_mean = share @ source, share @ target
    a, b = source - source_mean, target - target_mean
    u, singular, vt = np.linalg.svd((b * share[:, None]).T @ a)
    handed = np.ones(len(singular))
    handed[-1] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * handed) @ vt
    scale = float((singular * handed).sum() / (share @ (a * a).sum(axis=1)))
    return Similarity(scale, rotation, target_mean - scale * rotation @ source_mean)

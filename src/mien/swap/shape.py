"""Give the person in front of the camera the source's bones, and leave him his expressions."""

import math

import numpy as np

from mien.swap.geometry import Doubles, Floats, Similarity, fit_similarity, smooth_step
from mien.swap.template import face_template
from mien.vision import topology as topo

OVAL_STRENGTH = 0.6
DEPTH_STRENGTH = 0.5
# The lips are the wearer's own: blown up to another's they neither look nor move like lips.
MOUTH_STRENGTH = 0.5
_MAX_WEIGHT = 60.0
_SMOOTHING = 0.1
_LIP_PAIRS = ((13, 14), (82, 87), (81, 178), (80, 88), (312, 317), (311, 402), (310, 318))
# A mouth that is known this badly (sum of weights) is not touched, this well fully.
_MOUTH_TRUST = (0.3, 3.0)


class Neutral:
    """The running mean of a face at rest, in the canonical frame.

    Frames with a closed mouth and a face towards the camera count the most.
    """

    def __init__(self) -> None:
        self.points: Doubles | None = None
        self.weight = 0.0

    def copy(self) -> "Neutral":
        """An independent copy."""
        twin = Neutral()
        twin.points = None if self.points is None else self.points.copy()
        twin.weight = self.weight
        return twin

    def update(self, points: Floats, pose: Similarity) -> Doubles:
        """Take in one frame; points: (468, 3) pixels, pose: canonical to pixels."""
        canonical = pose.undo(points)
        trust = _restfulness(canonical, pose)
        if self.points is None:
            self.points, self.weight = canonical, trust
        else:
            self.weight = min(self.weight + trust, _MAX_WEIGHT)
            self.points += (canonical - self.points) * (trust / self.weight)
        return self.points


def _restfulness(canonical: Doubles, pose: Similarity) -> float:
    gap = np.linalg.norm(canonical[topo.UPPER_LIP] - canonical[topo.LOWER_LIP])
    opening = float(gap) / (eye_distance(canonical) + 1e-6)
    turned = abs(pose.rotation[2, 0]) + 0.6 * abs(pose.rotation[2, 1])
    return math.exp(-((opening / 0.09) ** 2)) * math.exp(-((turned / 0.35) ** 2)) + 1e-3


def eye_distance(points: Floats | Doubles) -> float:
    """Between the outer corners of the eyes."""
    gap = points[topo.RIGHT_EYE_OUTER, :2] - points[topo.LEFT_EYE_OUTER, :2]
    return float(np.linalg.norm(gap))


class ShapeTransfer:
    """Offsets that move the target's mesh to the source's shape.

    shape: (468, 3) the source's mesh in the canonical frame; strength: 0..1.
    """

    def __init__(self, shape: Floats, strength: float, neutral: Neutral) -> None:
        self.neutral = neutral
        self._closed = close_mouth(shape.astype(np.float64))
        self._strength = _vertex_strength(shape.astype(np.float64), strength)
        self._offsets: Doubles | None = None

    def update(self, points: Floats, pose: Similarity) -> Doubles:
        """Take in one frame and return the offsets, (468, 3) in the canonical frame."""
        rest = close_mouth(self.neutral.update(points, pose))
        template = face_template()
        rigid = template.rigid
        fit = fit_similarity(self._closed[rigid], rest[rigid], template.rigid_weights)
        known = float(smooth_step(self.neutral.weight, *_MOUTH_TRUST))
        share = self._strength * (1 - template.mouth * (1 - known))
        wanted = (fit.apply(self._closed) - rest) * share[:, None]
        wanted[:, 2] *= DEPTH_STRENGTH
        if self._offsets is None:
            self._offsets = wanted
        else:
            self._offsets = self._offsets + _SMOOTHING * (wanted - self._offsets)
        return self._offsets


def close_mouth(canonical: Doubles) -> Doubles:
    """Bring the jaw up until the lips meet."""
    gap = np.mean([canonical[low] - canonical[high] for high, low in _LIP_PAIRS], axis=0)
    return np.asarray(canonical - 0.95 * face_template().jaw[:, None] * gap, np.float64)


def _vertex_strength(shape: Doubles, strength: float) -> Doubles:
    weights = np.full(topo.MESH_POINTS, strength)
    weights[list(topo.OVAL)] = OVAL_STRENGTH * strength
    # A smile belongs to the moment of the photo, not to the face.
    taken = MOUTH_STRENGTH * (1 - 0.8 * expressiveness(shape))
    return np.asarray(weights * (1 - (1 - taken) * face_template().mouth))


def expressiveness(shape: Doubles) -> float:
    """0 for a mouth at rest, 1 for a broad smile or an open one."""
    opening, width, lift = _mouth_measures(shape)
    _, usual_width, usual_lift = _mouth_measures(face_template().vertices.astype(np.float64))
    signs = (opening / 0.10 - 0.5, (width - usual_width) / 0.12 - 0.3)
    return float(np.clip(max(*signs, (usual_lift - lift) / 0.06 - 0.4), 0, 1))


def _mouth_measures(points: Doubles) -> tuple[float, float, float]:
    """Opening, width, and how far the corners hang below the lips, over the eyes' distance."""
    right, left = points[topo.RIGHT_MOUTH_CORNER], points[topo.LEFT_MOUTH_CORNER]
    upper, lower = points[topo.UPPER_LIP], points[topo.LOWER_LIP]
    unit = eye_distance(points)
    opening, width = np.linalg.norm(upper - lower), np.linalg.norm(right[:2] - left[:2])
    lift = (right[1] + left[1] - upper[1] - lower[1]) / 2
    return float(opening) / unit, float(width) / unit, float(lift) / unit

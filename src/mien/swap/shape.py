"""Give the person in front of the camera the source's bones, and leave him his expressions."""

import math

import numpy as np

from mien.swap.geometry import Doubles, Floats
from mien.swap.rest import at_rest
from mien.swap.template import face_template
from mien.vision import topology as topo
from mien.vision.similarity import Similarity, fit_similarity

# The outline is half hair and beard, which are the target's: with more of the source's, his chin is
# drawn out and his stubble with it.
OVAL_STRENGTH = 0.4
DEPTH_STRENGTH = 0.5
# The lips are the wearer's own: blown up to another's they neither look nor move like lips.
MOUTH_STRENGTH = 0.5
_MAX_WEIGHT = 60.0
_SMOOTHING = 0.1
# What the first sight of a face weighs, and any other at the least.
_FIRST_WEIGHT, _LEAST_WEIGHT = 3.0, 0.05


class Neutral:
    """The running mean of a face at rest, in the canonical frame.

    From what a face does its rest can be told, but not exactly: frames with a closed mouth and a
    face towards the camera count the most.
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

    def update(self, points: Floats, pose: Similarity, expression: Floats | None) -> Doubles:
        """Take in one frame; points: (468, 3) pixels, pose: canonical to pixels.

        expression: (52,) blendshapes; a sight without them teaches nothing, but stands in for the
        neutral while none is known.
        """
        canonical = pose.undo(points)
        if expression is None:
            return canonical if self.points is None else self.points
        rest = at_rest(canonical, expression)
        trust = max(_restfulness(canonical, pose), _LEAST_WEIGHT)
        if self.points is None:
            self.points, self.weight = rest, max(trust, _FIRST_WEIGHT)
        else:
            self.weight = min(self.weight + trust, _MAX_WEIGHT)
            self.points += (rest - self.points) * (trust / self.weight)
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

    shape: (468, 3) the source's mesh at rest, in the canonical frame; strength: 0..1.
    """

    def __init__(self, shape: Floats, strength: float, neutral: Neutral) -> None:
        self.neutral = neutral
        self._shape = shape.astype(np.float64)
        self._strength = _vertex_strength(strength)
        self._offsets: Doubles | None = None

    def update(self, points: Floats, pose: Similarity, expression: Floats | None) -> Doubles:
        """Take in one frame and return the offsets, (468, 3) in the canonical frame."""
        rest = self.neutral.update(points, pose, expression)
        template = face_template()
        rigid = template.rigid
        fit = fit_similarity(self._shape[rigid], rest[rigid], template.rigid_weights)
        wanted = (fit.apply(self._shape) - rest) * self._strength[:, None]
        wanted[:, 2] *= DEPTH_STRENGTH
        if self.neutral.points is None:
            return wanted
        if self._offsets is None:
            self._offsets = wanted
        else:
            self._offsets = self._offsets + _SMOOTHING * (wanted - self._offsets)
        return self._offsets


def _vertex_strength(strength: float) -> Doubles:
    weights = np.full(topo.MESH_POINTS, strength)
    weights[list(topo.OVAL)] = OVAL_STRENGTH * strength
    return np.asarray(weights * (1 - (1 - MOUTH_STRENGTH) * face_template().mouth))


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

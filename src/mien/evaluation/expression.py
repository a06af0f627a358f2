"""Does the result do what the target does: blendshapes, gaze and the head's pose."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.reader import Reading
from mien.vision import topology as topo
from mien.vision.expression import NAMES

Floats = NDArray[np.float64]
Pairs = Sequence[tuple[Reading, Reading]]

MOUTH = np.array([name.startswith(("mouth", "jaw")) for name in NAMES])
EYES = np.array([name.startswith("eye") for name in NAMES])
# A blendshape that hardly moves in the target has no course to follow, only noise.
ACTIVE = 0.04
FEWEST_FRAMES = 9
# An eye more closed than this shows no iris to speak of.
OPEN = 0.15
_EYES = (
    (topo.RIGHT_EYE_OUTER, topo.RIGHT_EYE_INNER, topo.RIGHT_IRIS[0], 159, 145),
    (topo.LEFT_EYE_OUTER, topo.LEFT_EYE_INNER, topo.LEFT_IRIS[0], 386, 374),
)


def correlation(pairs: Pairs, part: NDArray[np.bool_] | None = None) -> float | None:
    """Mean over the blendshapes that move of how result and target move together, -1..1.

    None where the clip is too short or nothing moves.
    """
    if len(pairs) < FEWEST_FRAMES:
        return None
    target, result = _courses(pairs)
    moving = target.std(0) > ACTIVE
    if part is not None:
        moving &= part
    if not moving.any():
        return None
    return float(np.mean([_together(target[:, k], result[:, k]) for k in np.flatnonzero(moving)]))


def blendshape_error(pairs: Pairs, part: NDArray[np.bool_] | None = None) -> float | None:
    """Mean absolute difference of the 52 numbers, or of a part of them."""
    if not pairs:
        return None
    target, result = _courses(pairs)
    off = np.abs(result - target)
    return float((off if part is None else off[:, part]).mean())


def gaze_error(pairs: Pairs) -> float | None:
    """How far the irises lie from the target's, in eye widths; only open eyes count."""
    off = [
        float(np.linalg.norm(_iris(one, eye) - _iris(other, eye)))
        for one, other in pairs
        for eye in _EYES
        if min(_opening(one, eye), _opening(other, eye)) > OPEN
    ]
    return float(np.mean(off)) if off else None


def pose_error(pairs: Pairs) -> list[float] | None:
    """Mean absolute difference of yaw, pitch and roll, degrees."""
    if not pairs:
        return None
    off = np.array([result.pose - target.pose for target, result in pairs])
    off = (off + 180) % 360 - 180
    return [float(value) for value in np.abs(off).mean(0)]


def _courses(pairs: Pairs) -> tuple[Floats, Floats]:
    target = np.array([one.blendshapes for one, _ in pairs])
    return target, np.array([other.blendshapes for _, other in pairs])


def _together(one: Floats, other: Floats) -> float:
    # A result that stands still where the target moves follows it not at all.
    if other.std() < 1e-6:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _iris(reading: Reading, eye: tuple[int, ...]) -> Floats:
    """The iris along and across its eye, in eye widths from the middle."""
    outer, inner, iris = (reading.points[k, :2].astype(np.float64) for k in eye[:3])
    along = inner - outer
    across = np.array([-along[1], along[0]])
    away = iris - (outer + inner) / 2
    return np.array([away @ along, away @ across]) / (along @ along)


def _opening(reading: Reading, eye: tuple[int, ...]) -> float:
    outer, inner, _, high, low = (reading.points[k, :2] for k in eye)
    return float(np.linalg.norm(high - low) / (np.linalg.norm(outer - inner) + 1e-6))

"""A face at rest, from any one sight of it: what its expression moves is taken out."""

from functools import cache
from importlib import resources

import numpy as np

from mien.swap.geometry import Doubles, Floats
from mien.vision.expression import NAMES


def at_rest(canonical: Doubles, expression: Floats) -> Doubles:
    """The same face with a still mouth and calm brows.

    canonical: (468, 3) in the canonical frame. expression: (52,) blendshapes of the same sight,
    0..1.
    """
    moved = np.tensordot(roots(expression), expression_moves(), 1)
    return np.asarray(canonical - moved, np.float64)


def roots(expression: Floats) -> Floats:
    """Of blendshapes, 0..1: landmarks move with about the root of what the net says."""
    return np.asarray(np.sqrt(np.clip(expression, 0, 1)), np.float32)


@cache
def expression_moves() -> Floats:
    """(52, 468, 3) float32: where each blendshape moves the vertices, in canonical centimetres.

    Fitted to clips of people by scripts/fit-expressions; those of the eyes move nothing, for an
    eye that is narrow at rest can't be told from one that is narrowed.
    """
    file = resources.files("mien.models") / "data" / "expression_moves.npz"
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        moves = np.zeros((len(NAMES), *stored["moves"].shape[1:]), np.float32)
        moves[[NAMES.index(name) for name in stored["names"]]] = stored["moves"]
    return moves

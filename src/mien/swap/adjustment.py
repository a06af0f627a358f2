"""A small change of a source's light and shape, by which it stays the same person's."""

import math
import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Self

import cv2
import numpy as np

from mien.swap.atlas import depth_inside, polygons
from mien.swap.geometry import Floats, smooth_step
from mien.swap.rest import expression_moves
from mien.swap.source import SourceFace
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo
from mien.vision.expression import NAMES

# Side of the light's part, that of a look's smallest level.
SIZE = 128
# Logarithms of light: the first step, and the most. Only luma is changed: colours found so are no
# skin's.
LIGHT_STEP, MOST_LIGHT = 0.06, 0.15
# The same of the shape, in centimetres of the canonical face.
SHAPE_STEP, MOST_SHAPE = 0.08, 0.4
# What a step keeps of the light before it: what is not asked for again and again would be stains.
LIGHT_KEPT = 0.75
# How much of what an expression is off by is made good in a step, and the most of one.
EXPRESSION_STEP, MOST_EXPRESSION = 0.2, 0.5
# The same of how far the face seems to nod, in degrees.
NOD_STEP, MOST_NOD = 0.4, 6.0
# What is not made good: lips that part too little must not stand open when they are closed, and
# high brows are the source's own.
LEFT_ALONE = (
    *("jaw", "mouthClose", "mouthLowerDown", "mouthUpperUp", "mouthFunnel", "mouthPucker"),
    *("mouthRoll", "mouthShrug", "brow"),
)
# How deep inside the outline, as parts of the atlas, light may change not at all and in full.
RIM = (0.0, 0.12)
# How far from lips and eyes the shape may change in full; nearer, less.
LIPS_REACH, EYES_REACH = 2.0, 0.4
_TINY = 1e-9


def _calm() -> Floats:
    return np.zeros(len(NAMES), np.float32)


@dataclass(frozen=True, eq=False)
class Adjustment:
    """light: (128, 128) logarithms of factors over the atlas. shape: (468, 2) canonical x, y.
    expression: (52,) how much of each blendshape's move a calm face is given, roots as in rest.py.
    nod: degrees by which its features are moved as if the head nodded, which it doesn't.
    """

    light: Floats
    shape: Floats
    expression: Floats = field(default_factory=_calm)
    nod: float = 0.0

    @classmethod
    def none(cls) -> Self:
        """Nothing is changed."""
        light = np.zeros((SIZE, SIZE), np.float32)
        return cls(light, np.zeros((topo.MESH_POINTS, 2), np.float32))

    def of(self, source: SourceFace) -> SourceFace:
        """The source so changed."""
        size = (ATLAS_SIZE, ATLAS_SIZE)
        factors = np.exp(cv2.resize(self.light, size, interpolation=cv2.INTER_CUBIC))
        atlas = np.clip(np.round(source.atlas * factors[..., None]), 0, 255).astype(np.uint8)
        acted = np.tensordot(self.expression, expression_moves()[..., :2], 1)
        shape = source.shape.copy()
        shape[:, :2] += self.shape + _without_the_heads(np.asarray(acted, np.float32))
        shape[:, 1] -= math.radians(self.nod) * (shape[:, 2] - shape[:, 2].mean())
        return replace(source, atlas=atlas, shape=shape)

    def calmed(self, missing: Floats) -> Self:
        """With less of what the face is seen to do by itself.

        missing: (52,) roots of what its wearer does, less those of what is read of the result.
        """
        even = (missing + missing[_other_side()]) / 2 * _resting()
        expression = self.expression + EXPRESSION_STEP * even
        most = MOST_EXPRESSION
        return replace(self, expression=np.clip(expression, -most, most).astype(np.float32))

    def levelled(self, missing: float) -> Self:
        """With less of a nod that is read of the result alone.

        missing: degrees of pitch of its wearer, less those that are read of the result.
        """
        nod = self.nod + NOD_STEP * missing
        return replace(self, nod=min(max(nod, -MOST_NOD), MOST_NOD))

    def stepped(self, light: Floats, shape: Floats, share: float) -> Self:
        """Down the slopes, the steepest place by this share of a whole step.

        light: (128, 128) slope by the logarithm of light. shape: (128, 128, 2) by x and y.
        """
        # A shade on one cheek alone is a stain.
        even = (light + light[:, ::-1]) / 2 * _off_the_rim()
        move = _lasting(_at_vertices(shape))
        lit = self.light * LIGHT_KEPT - LIGHT_STEP * share * even / (np.abs(even).max() + _TINY)
        moved = self.shape - SHAPE_STEP * share * move / (np.abs(move).max() + _TINY)
        far = np.linalg.norm(moved, axis=1, keepdims=True) / MOST_SHAPE
        lit = np.clip(lit, -MOST_LIGHT, MOST_LIGHT).astype(np.float32)
        return replace(self, light=lit, shape=(moved / np.maximum(far, 1)).astype(np.float32))


def _at_vertices(texels: Floats) -> Floats:
    column, row = np.clip(face_template().uv[: topo.MESH_POINTS] * SIZE, 0, SIZE - 1).astype(int).T
    return np.asarray(texels[row, column], np.float32)


def _lasting(move: Floats) -> Floats:
    """The part of a (468, 2) movement that makes another face: alike on both sides, and neither a
    turn nor a shift of the head. Lips and eyes keep their shape: what they do is the wearer's."""
    mirrored = move[topo.canonical_mesh().mirror] * np.array([-1, 1], np.float32)
    even = np.asarray(_off_what_moves() * (move + mirrored) / 2, np.float32)
    return _without_the_heads(even)


def _without_the_heads(move: Floats) -> Floats:
    """A (468, 2) movement without that of a stiff head in it."""
    flat, rigid = move.reshape(-1), _rigid()
    return np.asarray((flat - rigid.T @ (rigid @ flat)).reshape(move.shape), np.float32)


@cache
def _other_side() -> list[int]:
    """Of each blendshape: the number of its mirror image."""
    sides = {"Left": "Right", "Right": "Left"}
    swapped = [re.sub("Left|Right", lambda side: sides[side[0]], name) for name in NAMES]
    return [NAMES.index(name) for name in swapped]


@cache
def _resting() -> Floats:
    """(52,) 1 for what a face must not seem to do at rest, 0 for what is left alone."""
    return np.array([not name.startswith(LEFT_ALONE) for name in NAMES], np.float32)


@cache
def _off_the_rim() -> Floats:
    """(128, 128) 0 at the face's outline, where its tone must meet that of forehead and neck."""
    depth = depth_inside(polygons([topo.OVAL], SIZE))
    return np.asarray(smooth_step(depth, *RIM), np.float32)


@cache
def _off_what_moves() -> Floats:
    """(468, 1) 0 on lips and eyes and between them, 1 from LIPS_REACH and EYES_REACH on."""
    eyes = _off(topo.RIGHT_EYE, EYES_REACH) * _off(topo.LEFT_EYE, EYES_REACH)
    return np.asarray((_off(topo.OUTER_LIPS, LIPS_REACH) * eyes)[:, None], np.float32)


def _off(outline: tuple[int, ...], reach: float) -> Floats:
    """(468,) 0 inside an outline, 1 from so many centimetres on."""
    flat = face_template().vertices[:, :2].astype(np.float32)
    ring = flat[list(outline)]
    away = [-cv2.pointPolygonTest(ring, (float(x), float(y)), True) for x, y in flat]
    return np.asarray(np.clip(np.array(away) / reach, 0, 1), np.float32)


@cache
def _rigid() -> Floats:
    """(6, 936) an orthonormal basis of how a stiff head moves: shift, size, turns."""
    x, y, z = (face_template().vertices - face_template().vertices.mean(0)).T
    none, all_ = np.zeros_like(x), np.ones_like(x)
    moves = [(all_, none), (none, all_), (x, y), (-y, x), (z, none), (none, z)]
    basis, _ = np.linalg.qr(np.array([np.stack(one, -1).reshape(-1) for one in moves]).T)
    return np.asarray(basis.T, np.float32)

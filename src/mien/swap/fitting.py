"""Fit a source to being worn: small changes of light and shape by which it is recognised better.

The light, eyes and lips of whoever wears it, and his camera, take some of a face's likeness. What
gives part of it back is found by trying the face on a few people and going down the slope of its
distance to the photo, as the identity net tells it (docs/decisions/0026-fitted-to-be-known.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

import cv2
import numpy as np

from mien.models.weights import WeightStore
from mien.swap.atlas import blur, depth_inside, polygons
from mien.swap.drawing import Drawing
from mien.swap.geometry import Floats, smooth_step
from mien.swap.look import Look, prepare_look
from mien.swap.mannequin import Mannequin, load_mannequins
from mien.swap.mesh import QUALITIES, MeshSwapper
from mien.swap.shape import Neutral
from mien.swap.source import SourceFace
from mien.swap.stopwatch import Stopwatch
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.identity import CHIP_SIZE, face_chip, to_chip
from mien.vision.identity_gradient import IdentityGradient
from mien.vision.landmarker import FaceLandmarker, Roi
from mien.vision.topology import canonical_mesh

# Side of the changes of light, that of a look's smallest level.
SIZE = 128
ROUNDS, TRIED_AT_ONCE = 8, 4
# Logarithms of light: the first step, the most, and how broad a change is as a part of the atlas.
# Only luma is changed: colours found so are no skin's.
LIGHT_STEP, MOST_LIGHT, LIGHT_SIGMA = 0.06, 0.15, 0.065
# The same of the shape, in centimetres of the canonical face.
SHAPE_STEP, MOST_SHAPE, SHAPE_SIGMA = 0.08, 0.4, 0.07
# How deep inside the outline, as parts of the atlas, light may change not at all and in full.
RIM = (0.0, 0.12)
LIPS_REACH = 2.0
LAST_STEP, MOMENTUM = 0.3, 0.8
_QUALITY = QUALITIES[2]
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Change:
    """light: (128, 128) logarithms of factors over the atlas. shape: (468, 2) canonical x, y."""

    light: Floats
    shape: Floats

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
        shape = source.shape.copy()
        shape[:, :2] += self.shape
        return replace(source, atlas=atlas, shape=shape)


class Fitter:
    """Fits sources, each in about a second. Not for two threads at once."""

    def __init__(
        self,
        gradient: IdentityGradient,
        landmarker: FaceLandmarker,
        mannequins: Sequence[Mannequin],
    ) -> None:
        self._gradient, self._landmarker = gradient, landmarker
        self._mannequins = mannequins

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """With the shipped net and mannequins. Raises WeightsError."""
        landmarker = FaceLandmarker.load(store)
        return cls(IdentityGradient.load(store), landmarker, load_mannequins(store))

    def __call__(self, source: SourceFace) -> SourceFace:
        """The source fitted; as it is where nobody knows whose face it is."""
        if not np.isfinite(source.identity).all():
            return source
        trials = [_Trial(one, self._gradient, self._landmarker) for one in self._mannequins]
        change, drift = Change.none(), Change.none().light
        for turn in range(ROUNDS):
            look = prepare_look(change.of(source), _QUALITY.grid)
            first = turn * TRIED_AT_ONCE
            tried = [trials[(first + k) % len(trials)] for k in range(TRIED_AT_ONCE)]
            light, shape = _mean([one.slope(look) for one in tried])
            drift = light if turn == 0 else MOMENTUM * drift + (1 - MOMENTUM) * light
            change = _step(change, drift, shape, 1 - (1 - LAST_STEP) * turn / ROUNDS)
        return change.of(source)


class _Trial:
    """One mannequin that wears a look again and again."""

    def __init__(
        self, mannequin: Mannequin, gradient: IdentityGradient, landmarker: FaceLandmarker
    ) -> None:
        self._mannequin = mannequin
        self._gradient, self._landmarker = gradient, landmarker
        self._seen: FaceMesh | None = None

    def slope(self, look: Look) -> tuple[Floats, Floats]:
        """How the distance to the look's person changes, by texel.

        (128, 128) by the logarithm of light; (128, 128, 2) by where it is drawn, in the chip.
        """
        result, drawing = self._worn(look)
        if self._seen is None:
            # Where it is hardly moves from try to try.
            self._seen = self._landmarker(result, Roi.of_points(self._mannequin.mesh.points))
        chip = face_chip(result, self._seen)
        _, slope = self._gradient(chip, look.source.identity)
        texels, shown = _texels(drawing, self._seen, look)
        colours = chip.astype(np.float32)
        by_light = (slope * colours).sum(-1)
        # What is drawn further right shows here what was to the left of it.
        by_x = -(slope * cv2.Sobel(colours, cv2.CV_32F, 1, 0, scale=1 / 8)).sum(-1)
        by_y = -(slope * cv2.Sobel(colours, cv2.CV_32F, 0, 1, scale=1 / 8)).sum(-1)
        light, x, y = (_gathered(one * shown, texels) for one in (by_light, by_x, by_y))
        return light, np.stack([x, y], -1)

    def _worn(self, look: Look) -> tuple[BgrImage, Drawing]:
        swapper = MeshSwapper(look, _QUALITY, 1.0, Neutral(), Stopwatch(lambda: 0.0))
        result = swapper.swap(self._mannequin.image, self._mannequin.mesh)
        assert result is not None, "a mannequin's face fills its picture"
        assert swapper.drawing is not None, "it was just drawn"
        return result, swapper.drawing


def _texels(drawing: Drawing, seen: FaceMesh, look: Look) -> tuple[Floats, Floats]:
    """For each pixel of the chip: the number of the texel it shows, and how much of it, 0..1."""
    matrix = to_chip(seen).matrix()
    matrix[:, 2] += matrix[:, :2] @ (drawing.left, drawing.top)
    maps = np.ascontiguousarray(drawing.maps[2:5].transpose(1, 2, 0))
    u, v, visible = np.moveaxis(
        cv2.warpAffine(maps, matrix, (CHIP_SIZE, CHIP_SIZE), flags=cv2.INTER_NEAREST), -1, 0
    )
    column, row = (np.clip(one * SIZE, 0, SIZE - 1).astype(np.intp) for one in (u, v))
    opacity = look.levels[-1][..., 3].astype(np.float32) / 255
    return row * SIZE + column, np.where(u > 0, visible * opacity[row, column], 0)


def _gathered(values: Floats, texels: Floats) -> Floats:
    total = np.bincount(texels.ravel(), values.ravel(), SIZE * SIZE)
    return total.reshape(SIZE, SIZE).astype(np.float32)


def _mean(slopes: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Smooth, for only broad changes are true of a face and not of one picture of it."""
    light, shape = (np.mean(part, axis=0) for part in zip(*slopes, strict=True))
    return blur(light, LIGHT_SIGMA * SIZE), blur(shape, SHAPE_SIGMA * SIZE)


def _step(change: Change, light: Floats, shape: Floats, share: float) -> Change:
    """Down the slopes, the steepest place by a whole step."""
    column, row = np.clip(face_template().uv[: topo.MESH_POINTS] * SIZE, 0, SIZE - 1).astype(int).T
    light = light * _off_the_rim()
    down, move = light / (np.abs(light).max() + _TINY), _lasting(shape[row, column])
    lit = change.light - LIGHT_STEP * share * down
    moved = change.shape - SHAPE_STEP * share * move / (np.abs(move).max() + _TINY)
    far = np.linalg.norm(moved, axis=1, keepdims=True) / MOST_SHAPE
    lit = np.clip(lit, -MOST_LIGHT, MOST_LIGHT).astype(np.float32)
    return Change(lit, (moved / np.maximum(far, 1)).astype(np.float32))


def _lasting(move: Floats) -> Floats:
    """The part of a (468, 2) movement that makes another face: alike on both sides, and neither a
    turn nor a shift of the head. Lips keep their shape: they are the wearer's."""
    mirrored = move[canonical_mesh().mirror] * np.array([-1, 1], np.float32)
    even = (_off_the_lips() * (move + mirrored) / 2).reshape(-1)
    rigid = _rigid()
    return np.asarray((even - rigid.T @ (rigid @ even)).reshape(move.shape), np.float32)


@cache
def _off_the_rim() -> Floats:
    """(128, 128) 0 at the face's outline, where its tone must meet that of forehead and neck."""
    depth = depth_inside(polygons([topo.OVAL], SIZE))
    return np.asarray(smooth_step(depth, *RIM), np.float32)


@cache
def _off_the_lips() -> Floats:
    """(468, 1) 0 on the lips and between them, 1 from LIPS_REACH on."""
    flat = face_template().vertices[:, :2].astype(np.float32)
    lips = flat[list(topo.OUTER_LIPS)]
    away = [-cv2.pointPolygonTest(lips, (float(x), float(y)), True) for x, y in flat]
    return np.asarray(np.clip(np.array(away) / LIPS_REACH, 0, 1)[:, None], np.float32)


@cache
def _rigid() -> Floats:
    """(6, 936) an orthonormal basis of how a stiff head moves: shift, size, turns."""
    x, y, z = (face_template().vertices - face_template().vertices.mean(0)).T
    none, all_ = np.zeros_like(x), np.ones_like(x)
    moves = [(all_, none), (none, all_), (x, y), (-y, x), (z, none), (none, z)]
    basis, _ = np.linalg.qr(np.array([np.stack(one, -1).reshape(-1) for one in moves]).T)
    return np.asarray(basis.T, np.float32)

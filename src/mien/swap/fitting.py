"""Fit a source to whoever wears it: small changes of light and shape by which it is known better.

His light, eyes and lips, and his camera, take some of a face's likeness. What gives part of it back
is found by trying the face on pictures of him and going down the slope of its distance to the
photo, as the identity net tells it (docs/decisions/0027-fitted-to-its-wearer.md). What the face
then seems to do that he doesn't, a smile of the photo's for one, is taken out of its shape
(docs/decisions/0033-what-a-face-seems-to-do.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.models.weights import WeightStore
from mien.swap.adjustment import SIZE, Adjustment
from mien.swap.atlas import blur
from mien.swap.drawing import Drawing
from mien.swap.geometry import Floats
from mien.swap.look import Look, prepare_look
from mien.swap.mesh import QUALITIES, MeshSwapper
from mien.swap.portrait import Portrait
from mien.swap.rest import roots
from mien.swap.source import SourceFace
from mien.swap.stopwatch import Stopwatch
from mien.swap.turned import pitch_of, pose_of
from mien.vision import topology as topo
from mien.vision.expression import NAMES, ExpressionModel
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.identity import CHIP_SIZE, Embedding, face_chip, to_chip
from mien.vision.identity_gradient import IdentityGradient
from mien.vision.landmarker import FaceLandmarker, Roi

Indices = NDArray[np.intp]

TRIED_AT_ONCE = 4
# How broad a change of light and of shape is, as a part of the atlas.
SIGMA = 0.05
# The last step as a part of the first; how much of each slope of light is kept in the next.
LAST_STEP, MOMENTUM = 0.3, 0.8
_QUALITY = QUALITIES[2]


class Fitter:
    """Fits sources, each in half a second to three. Not for two threads at once."""

    def __init__(
        self, gradient: IdentityGradient, landmarker: FaceLandmarker, expressions: ExpressionModel
    ) -> None:
        self._nets = _Nets(gradient, landmarker, expressions)

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """With the shipped nets. Raises WeightsError."""
        expressions = ExpressionModel.load(store)
        return cls(IdentityGradient.load(store), FaceLandmarker.load(store, cores=1), expressions)

    def __call__(
        self, source: SourceFace, portraits: Sequence[Portrait], rounds: int
    ) -> SourceFace:
        """The source fitted to whom these show; as it is where nobody knows whose face it is.

        rounds: the more, the nearer in these moments, and the less in others that differ.
        """
        if not np.isfinite(source.identity).all():
            return source
        trials = [_Trial(one, self._nets) for one in portraits]
        change, drift = Adjustment.none(), np.zeros((SIZE, SIZE), np.float32)
        order = cycle(trials)
        for turn in range(rounds):
            look = prepare_look(change.of(source), _QUALITY.grid)
            tried = islice(order, min(TRIED_AT_ONCE, len(trials)))
            found = [one for trial in tried if (one := trial.wear(look)) is not None]
            if not found:
                return source
            light, shape, missing, nod = _mean(found)
            drift = light if turn == 0 else MOMENTUM * drift + (1 - MOMENTUM) * light
            change = change.stepped(drift, shape, 1 - (1 - LAST_STEP) * turn / rounds)
            change = change.calmed(missing).levelled(nod)
        return change.of(source)


@dataclass(frozen=True, eq=False)
class _Nets:
    gradient: IdentityGradient
    landmarker: FaceLandmarker
    expressions: ExpressionModel


@dataclass(frozen=True, eq=False)
class _Found:
    """How the distance to the look's person changes, by texel: light, (128, 128), by its logarithm;
    shape, (128, 128, 2), by where it is drawn, in the chip. missing: see Adjustment.calmed. nod:
    see Adjustment.levelled."""

    light: Floats
    shape: Floats
    missing: Floats
    nod: float


class _Trial:
    """A portrait that wears a look again and again."""

    def __init__(self, portrait: Portrait, nets: _Nets) -> None:
        self._portrait, self._nets = portrait, nets
        self._softness = 0.0
        self._seen: FaceMesh | None = None
        # As one look sees it, for another would be off by something else.
        seen = nets.landmarker(portrait.image, Roi.of_points(portrait.mesh.points))
        self._pitch = _pitch(seen)

    def wear(self, look: Look) -> _Found | None:
        """None where nothing of the face can be drawn."""
        watch = Stopwatch(lambda: 0.0)
        swapper = MeshSwapper(look, _QUALITY, 1.0, watch, softness=self._softness)
        portrait = self._portrait
        result = swapper.swap(portrait.image, portrait.mesh, portrait.hands)
        self._softness = swapper.softness
        if result is None or swapper.drawing is None:
            return None
        mesh = portrait.mesh if self._seen is None else self._seen
        now = self._nets.landmarker(result, Roi.of_points(mesh.points))
        if self._seen is None:
            # Where it is hardly moves from try to try.
            self._seen = now
        light, shape = self._slopes(result, self._seen, swapper.drawing, look)
        return _Found(light, shape, self._missing(now), self._pitch - _pitch(now))

    def _slopes(
        self, result: BgrImage, seen: FaceMesh, drawing: Drawing, look: Look
    ) -> tuple[Floats, Floats]:
        chip = face_chip(result, seen)
        slope = self._both_ways(chip, look.source.identity)
        texels, shown = _texels(drawing, seen, look)
        colours = chip.astype(np.float32)
        by_light = (slope * colours).sum(-1)
        # What is drawn further right shows here what was to the left of it.
        by_x = -(slope * cv2.Sobel(colours, cv2.CV_32F, 1, 0, scale=1 / 8)).sum(-1)
        by_y = -(slope * cv2.Sobel(colours, cv2.CV_32F, 0, 1, scale=1 / 8)).sum(-1)
        light, x, y = (_gathered(one * shown, texels) for one in (by_light, by_x, by_y))
        return light, np.stack([x, y], -1)

    def _missing(self, seen: FaceMesh) -> Floats:
        """Of each blendshape: how much more of it the wearer does than the result."""
        wanted, read = self._portrait.mesh.expression, self._nets.expressions.read(seen).expression
        if wanted is None or read is None:
            return np.zeros(len(NAMES), np.float32)
        return roots(wanted) - roots(read)

    def _both_ways(self, chip: BgrImage, person: Embedding) -> Floats:
        """The chip's slope, in the mean with that of its mirror image.

        Which side is which tells nothing of a face, but much of what the net says of one picture.
        """
        _, here = self._nets.gradient(chip, person)
        _, there = self._nets.gradient(np.ascontiguousarray(chip[:, ::-1]), person)
        return np.asarray((here + there[:, ::-1]) / 2, np.float32)


def _pitch(mesh: FaceMesh) -> float:
    return pitch_of(pose_of(mesh.points[: topo.MESH_POINTS]))


def _texels(drawing: Drawing, seen: FaceMesh, look: Look) -> tuple[Indices, Floats]:
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


def _gathered(values: Floats, texels: Indices) -> Floats:
    """The sum of the values of all pixels that show a texel, by texel."""
    total = np.bincount(texels.ravel(), values.ravel(), SIZE * SIZE)
    return total.reshape(SIZE, SIZE).astype(np.float32)


def _mean(found: Sequence[_Found]) -> tuple[Floats, Floats, Floats, float]:
    """Smooth, for only broad changes are true of a face and not of one picture of it."""
    light = np.mean([one.light for one in found], axis=0)
    shape = np.mean([one.shape for one in found], axis=0)
    missing = np.mean([one.missing for one in found], axis=0)
    nod = float(np.mean([one.nod for one in found]))
    smooth = blur(light, SIGMA * SIZE), blur(shape, SIGMA * SIZE)
    return *smooth, np.asarray(missing, np.float32), nod

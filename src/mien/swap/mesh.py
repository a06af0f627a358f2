"""The built-in swapper: the source's texture on the target's mesh, lit by the target's picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from mien.swap.atlas import uv_grid
from mien.swap.contour import soften_contour
from mien.swap.cover import Cover, find_cover
from mien.swap.drawing import Canvas, Drawing
from mien.swap.eyes import Irises, Lids, eye_openings, hold_lids, keep_creases
from mien.swap.folds import are_told
from mien.swap.geometry import Floats, smooth_step
from mien.swap.glasses import Glasses
from mien.swap.kernels import shade, unwrap
from mien.swap.light import Light, veil_share
from mien.swap.lips import Lips, lip_mask
from mien.swap.look import Look
from mien.swap.monochrome import Monochrome
from mien.swap.nostrils import lay_nostrils
from mien.swap.occlusion import Occlusion
from mien.swap.second_core import Begin, at_once, in_halves
from mien.swap.shape import ShapeTransfer
from mien.swap.sharpness import Sharpness
from mien.swap.squint import squint
from mien.swap.stopwatch import Stopwatch
from mien.swap.strands import Strands
from mien.swap.stubble import Stubble
from mien.swap.template import face_template
from mien.swap.texture import facing_of
from mien.swap.traits import Traits
from mien.swap.turned import narrowing_of, own_outline, pose_of, turn_of
from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.hand import Hand
from mien.vision.similarity import Similarity

# How soon what comes before the face is no longer bent, at every third frame.
_FREE_SHARE, _FREE_EVERY = 0.2, 3
# How often the first picture is drawn again at most, and which change of its softness is none.
_FIRST_DRAWINGS, _HARDLY = 3, 0.2


@dataclass(frozen=True)
class Quality:
    """What one level of quality pays for. grid: side of the light's atlas in texels.
    cover: pixels of a hand that are looked at one by one. folds: whether frowns show."""

    grid: int
    irises: bool
    glasses: bool
    sharpness_every: int
    cover: int
    folds: bool


QUALITIES = {
    1: Quality(grid=64, irises=False, glasses=False, sharpness_every=20, cover=6000, folds=False),
    2: Quality(grid=96, irises=True, glasses=True, sharpness_every=10, cover=14000, folds=True),
    3: Quality(grid=128, irises=True, glasses=True, sharpness_every=5, cover=40000, folds=True),
}


class MeshSwapper:
    """Swaps one face of one stream to one look. Not for two threads at once.

    traits: what is known of who wears it. softness: how soft another was that drew him.
    """

    def __init__(
        self,
        look: Look,
        quality: Quality,
        strength: float,
        watch: Stopwatch,
        traits: Traits | None = None,
        softness: float = 0.0,
        begin: Begin = at_once,
    ) -> None:
        self.look = look
        self.traits = traits or Traits.unknown(quality.grid)
        self._quality = quality
        self._watch = watch
        self._shape = ShapeTransfer(look.source.shape, strength, self.traits.neutral)
        self._canvas = Canvas(begin)
        self._begin = begin
        self._light = Light(look)
        self._folds = self.traits.folds
        self._occlusion = Occlusion(quality.grid)
        self._lids = Lids(quality.grid)
        self._lips = Lips(look)
        self._stubble = Stubble(look)
        self._irises = Irises(look.source.iris)
        self._glasses = Glasses(self.traits.eyewear)
        self._strands = Strands(quality.grid)
        self._monochrome = Monochrome()
        self._sharpness = Sharpness(look.levels, quality.sharpness_every, softness)
        self._offsets = np.zeros((topo.MESH_POINTS, 3))
        self._target = np.zeros((quality.grid, quality.grid, 3), np.float32)
        self._visible = np.zeros((quality.grid, quality.grid), np.float32)
        self._gain = np.ones((quality.grid, quality.grid, 5), np.float32)
        self._gain[..., 4] = veil_share(quality.grid)
        # What stands before the face must not be bent with it.
        self._free = np.ones((topo.MESH_POINTS, 1), np.float32)
        self._folded = False
        self._frames = 0
        # What was drawn last; its maps are valid until the next frame.
        self.drawing: Drawing | None = None

    @property
    def softness(self) -> float:
        """How soft it draws, as the camera is; in texels."""
        return self._sharpness.sigma

    def swap(self, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand] = ()) -> BgrImage | None:
        """A copy of the picture, in which the face is another; None where none of it is seen.

        image: (h, w, 3) uint8 BGR, C-contiguous and writable, though not changed.
        hands: those of the picture; whichever lies before the face stays there.
        """
        points = np.ascontiguousarray(mesh.points[: topo.MESH_POINTS], np.float32)
        pose, facing = pose_of(points), facing_of(points)
        narrowing, share = narrowing_of(turn_of(pose)), own_outline(facing, pose)
        moved = self._move(points, mesh.expression, pose, share)
        self._watch.lap("geometry")
        drawing = self._canvas.draw(points, moved, image.shape[1], image.shape[0], narrowing)
        self.drawing = drawing
        if drawing is None:
            return None
        result = image.copy()
        self._watch.lap("copy")
        if hands:
            drawing.drawn()
        cover = find_cover(image, drawing, hands, self._occlusion.bare, self._quality.cover)
        self._watch.lap("cover")
        seen = np.asarray(smooth_step(facing, 0.10, 0.40), np.float32)
        self._measure(image, points, seen, drawing, cover)
        self._observe_folds(image, points, seen, mesh.expression, drawing)
        drawing.drawn()
        self._watch.lap("raster")
        self._paint(image, result, drawing)
        if self._frames == 0:
            result = self._soft_from_the_start(image, result, drawing)
        soften_contour(result, drawing, narrowing)
        self._watch.lap("contour")
        self._finish(image, result, mesh.points, drawing)
        if cover is not None:
            cover.lay_over(image, result)
        self._watch.lap("lay_over")
        self._frames += 1
        return result

    def _move(
        self, points: Floats, expression: Floats | None, pose: Similarity, share: Floats
    ) -> Floats:
        if self._frames == 0 or expression is not None:
            self._offsets = self._shape.update(points, pose, expression)
        if self._frames % _FREE_EVERY == 0:
            free = self._occlusion.clear_at(face_template().uv[: topo.MESH_POINTS])
            self._free += _FREE_SHARE * (free[:, None] - self._free)
        offsets = self._offsets + squint(points, pose, self.traits.neutral.points)
        offsets = hold_lids(offsets, eye_openings(points))
        offsets = keep_creases(offsets, points, pose)
        return (points + pose.turn(offsets) * (share * self._free)).astype(np.float32)

    def _measure(
        self,
        image: BgrImage,
        points: Floats,
        seen: Floats,
        drawing: Drawing,
        cover: Cover | None,
    ) -> None:
        """Unwrap the camera's face, and learn its light and what stands before it."""
        flat, mesh = self._scaled(image, points[:, :2], drawing, self._quality.grid)
        grid = uv_grid(self._quality.grid)
        unwrap(flat, mesh, seen, grid.ids, grid.weights, grid.texels, self._target, self._visible)
        if cover is not None:
            self._visible *= 1 - cover.flatten(points[:, :2], grid)
        self._watch.lap("unwrap")
        if self._frames == 0:
            # What stands before the face from the start must not light it.
            self._occlusion.update(self._target, self._visible)
        clear = self._occlusion.clear
        self._gain[..., :3] = self._light.gain(self._target, self._visible, clear)
        self._lips.observe(self._target, self._visible, clear)
        self._stubble.observe(self._target, self._visible, clear)
        self._watch.lap("light")
        # The light is measured at even frames: the two costs never meet in one frame.
        if self._frames % 2:
            clear = self._occlusion.update(self._target, self._visible)
            if self._quality.glasses:
                self._strands.observe(self._target)
        if self._quality.glasses:
            self._glasses.observe(self._target, self._visible)
        self._gain[..., 3] = clear * self._stubble.opacity
        lids = self._lids.opacity(points)
        if lids is not None:
            self._gain[..., 3] *= lids
        self._watch.lap("occlusion")

    def _observe_folds(
        self,
        image: BgrImage,
        points: Floats,
        seen: Floats,
        expression: Floats | None,
        drawing: Drawing,
    ) -> None:
        near = drawing.height / (self._folds.size * face_template().uv_height)
        self._folded = self._quality.folds and are_told(near)
        if not self._folded:
            return
        flat, mesh = self._scaled(image, points[:, :2], drawing, self._folds.size)
        self._folds.observe(flat, mesh, seen, self._occlusion.clear, expression, near)
        self._watch.lap("folds")

    def _scaled(
        self, image: BgrImage, points: Floats, drawing: Drawing, grid: int
    ) -> tuple[BgrImage, Floats]:
        """The face's region, shrunk where it has many pixels to a texel, and the mesh in it."""
        corner = np.array([drawing.left, drawing.top], np.float32)
        region = image[drawing.region]
        texels = 1.25 * grid * face_template().uv_height
        factor = texels / drawing.height
        step = 1 if factor >= 0.75 else 2 if factor > 0.35 else 4
        size = (max(region.shape[1] // step, 2), max(region.shape[0] // step, 2))
        if step > 1:
            region = np.asarray(cv2.resize(region, size, interpolation=cv2.INTER_AREA), np.uint8)
        mesh = (points - corner + 0.5) / step - 0.5
        return np.ascontiguousarray(region), np.ascontiguousarray(mesh, np.float32)

    def _paint(self, image: BgrImage, result: BgrImage, drawing: Drawing) -> None:
        atlas = self._sharpness.atlas(drawing.height)
        gain = self._folds.on(self._gain) if self._folded else self._gain
        light = (gain, self._light.veil)
        lips = (lip_mask(), self._lips.tint)
        at = (drawing.left, drawing.top, drawing.maps)
        loop = partial(shade, image, *at, atlas, *light, *lips, result)
        in_halves(self._begin, loop, drawing.maps.shape[1])
        self._watch.lap("shade")

    def _soft_from_the_start(self, image: BgrImage, result: BgrImage, drawing: Drawing) -> BgrImage:
        """The first picture, drawn again until it is as soft as the camera's: it would flash."""
        for _ in range(_FIRST_DRAWINGS):
            sigma = self._sharpness.sigma
            self._sharpness.measure(image[drawing.region], result[drawing.region], drawing.maps)
            if abs(self._sharpness.sigma - sigma) < _HARDLY:
                break
            result = image.copy()
            self._paint(image, result, drawing)
        return result

    def _finish(self, image: BgrImage, result: BgrImage, points: Floats, drawing: Drawing) -> None:
        self._sharpness.observe(image[drawing.region], result[drawing.region], drawing.maps)
        self._watch.lap("sharpness")
        lay_nostrils(image, result, drawing)
        self._watch.lap("nostrils")
        if self._quality.irises:
            moved = drawing.points[:, :2] - points[: topo.MESH_POINTS, :2]
            self._irises.paint(result, points, moved, self._lids.closed)
            self._watch.lap("irises")
        if self._quality.glasses:
            self._glasses.restore(image, result, drawing)
            self._strands.restore(image, result, drawing)
            self._watch.lap("glasses")
        self._monochrome.observe(image)
        self._monochrome.apply(result[drawing.region])

"""From two meshes to maps: what is drawn, where in the picture, and in which order."""

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.geometry import Floats, smooth_step
from mien.swap.raster import rasterise
from mien.swap.second_core import Begin, Wait, at_once
from mien.swap.template import RING_FOLLOW, RING_RADII, face_template, signed_areas, with_rings
from mien.swap.texture import facing_of
from mien.vision import topology as topo

MIN_REGION = 16
# How far the swap fades in from the visible outline of a face that is turned away, as a part of
# the face's height.
OUTLINE_FEATHER = 0.05
# A vertex so deep inside the oval, as a part of the atlas, is shown however it is turned.
_INTERIOR = (0.14, 0.26)


@dataclass(frozen=True, eq=False)
class Drawing:
    """left, top: the region's corner in the picture. maps: (5, h, w) float32 as `rasterise`
    writes them, camera coordinates in pixels of the picture; valid from `drawn` to the next one.
    points: (468, 3) float32 the drawn mesh, in the picture. front: (898,) bool, which of the
    face's triangles are seen from the front. height: of the face, in pixels. drawn: waits for
    the maps, whose shape alone is known before."""

    left: int
    top: int
    maps: Floats
    points: Floats
    front: NDArray[np.bool_]
    height: float
    drawn: Wait

    @property
    def region(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that maps covers."""
        rows, columns = self.maps.shape[1:]
        return np.s_[self.top : self.top + rows, self.left : self.left + columns]

    def window(
        self, vertices: list[int] | NDArray[np.bool_], margin: float
    ) -> tuple[NDArray[np.int64], tuple[slice, slice]]:
        """What holds these vertices, with so many pixels around them: its corner in the picture,
        and where it is in the region."""
        origin = np.array([self.left, self.top])
        points = self.points[vertices, :2] - origin
        left, top = np.maximum(points.min(0) - margin, 0).astype(int)
        right, bottom = np.maximum(points.max(0) + margin + 1, 0).astype(int)
        return np.add(origin, [left, top]), np.s_[top:bottom, left:right]


class Canvas:
    """Draws meshes; keeps the maps' memory from frame to frame."""

    def __init__(self, begin: Begin = at_once) -> None:
        self._begin = begin
        self._memory = np.zeros(0, np.float32)
        self._points = np.empty((len(face_template().uv), 2), np.float32)
        self._attributes = np.zeros((len(face_template().uv), 5), np.float32)
        self._attributes[:, 2:4] = face_template().uv
        self._interior = smooth_step(face_template().depth, *_INTERIOR)

    def draw(
        self, seen: Floats, moved: Floats, width: int, height: int, narrowing: float = 0.0
    ) -> Drawing | None:
        """Draw the moved mesh over where the seen one is; None where nothing is in the picture.

        seen, moved: (468, 3) float32 pixels of a picture of width x height. narrowing: 0..1, how
        far the face fades in from its visible outline.
        """
        camera, drawn = with_rings(seen, RING_RADII), self._moved_rings(seen, moved)
        left, top = (max(int(v), 0) for v in drawn.min(0))
        right, bottom = (int(v) + 2 for v in drawn.max(0))
        columns, rows = min(right, width) - left, min(bottom, height) - top
        if columns < MIN_REGION or rows < MIN_REGION:
            return None
        template = face_template()
        visible = np.maximum(smooth_step(facing_of(moved), 0.05, 0.30), self._interior)
        self._attributes[:, :2] = camera
        self._attributes[: topo.MESH_POINTS, 4] = visible
        np.subtract(drawn, np.array([left, top], np.float32), out=self._points)
        maps = self._maps(rows, columns)
        front = signed_areas(moved[:, :2], template.face_triangles) * template.front > 0
        order = _back_to_front(moved, front)
        feather = face_height(moved) * OUTLINE_FEATHER * narrowing
        wait = self._begin(partial(self._fill, order, maps, feather))
        return Drawing(left, top, maps, moved, front, face_height(moved), wait)

    def _fill(self, order: NDArray[np.int32], maps: Floats, feather: float) -> None:
        template = face_template()
        mesh = (self._points, template.triangles, order, template.ring_triangles)
        rasterise(*mesh, self._attributes, maps)
        if feather > 0:
            _fade_outline(maps, feather)

    def _moved_rings(self, seen: Floats, moved: Floats) -> Floats:
        """The surroundings go with the outline, less and less."""
        oval = list(topo.OVAL)
        drawn = with_rings(seen, RING_RADII)
        drawn[: topo.MESH_POINTS] = moved[:, :2]
        shift = moved[oval, :2] - seen[oval, :2]
        for ring, follow in enumerate(RING_FOLLOW):
            start = topo.MESH_POINTS + ring * len(oval)
            drawn[start : start + len(oval)] += follow * shift
        return drawn

    def _maps(self, rows: int, columns: int) -> Floats:
        size = 5 * rows * columns
        if self._memory.size < size:
            self._memory = np.zeros(size + size // 4, np.float32)
        return self._memory[:size].reshape(5, rows, columns)


def _fade_outline(maps: Floats, reach: float) -> None:
    """Lower the visibility towards the outline of what was drawn of the face, in place."""
    step = 2 if min(maps.shape[1:]) > 2 * MIN_REGION else 1
    drawn = np.asarray(maps[2, ::step, ::step] >= 0, np.uint8)
    depth = cv2.distanceTransform(drawn, cv2.DIST_L2, 3) * (step / max(reach, 1.0))
    share = np.minimum(depth, 1.0, dtype=np.float32)
    rows, columns = maps.shape[1:]
    maps[4] *= cv2.resize(share, (columns, rows), interpolation=cv2.INTER_LINEAR)


def _back_to_front(points: Floats, front: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The rings, then the face's triangles that are seen from the front, farthest first."""
    template = face_template()
    seen = np.flatnonzero(front)
    depth = points[:, 2][template.face_triangles[seen]].sum(1)
    rings = np.arange(template.ring_triangles)
    faces = template.ring_triangles + seen[np.argsort(-depth, kind="stable")]
    return np.concatenate([rings, faces]).astype(np.int32)


def face_height(points: Floats) -> float:
    """Height or width of the face, whichever is larger, in pixels: a turned face stays large."""
    tall = np.linalg.norm(points[topo.FOREHEAD_TOP] - points[topo.CHIN])
    wide = np.linalg.norm(points[topo.RIGHT_CHEEK] - points[topo.LEFT_CHEEK])
    return float(max(tall, wide))

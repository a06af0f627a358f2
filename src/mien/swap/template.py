"""What the swapper knows of the canonical face before it has seen any picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.geometry import Floats, smooth_step
from mien.vision import topology as topo

# The face's surroundings follow its new outline over three rings around the oval.
RING_RADII = (1.08, 1.20, 1.38)
RING_FOLLOW = (0.7, 0.3, 0.0)
# Room in the atlas for the rings, as a part of its side.
UV_MARGIN = 0.13
# How far the jaw is let down in the atlas: a closed mouth has no area to hold an open one.
UV_JAW_DROP = 0.055

_LOWER_LIP = (
    *(14, 87, 178, 88, 317, 402, 318, 15, 16, 17, 86, 85, 84, 179, 180, 181, 89, 90, 91),
    *(316, 315, 314, 403, 404, 405, 319, 320, 321, 18, 83, 313, 200, 199, 152, 175),
)
_UPPER_LIP = (
    *(13, 82, 81, 80, 312, 311, 310, 12, 11, 0, 38, 37, 268, 267, 41, 42, 271, 272, 39, 40),
    *(269, 270, 72, 73, 74, 302, 303, 304),
)
_MOUTH_CORNERS = (78, 308, 61, 291, 95, 324, 191, 415, 62, 292, 76, 306, 146, 375)
_RIGID = (
    *(33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 10, 151, 9, 8, 127, 356, 234, 454, 93, 323),
    *(21, 251),
)


@dataclass(frozen=True, eq=False)
class FaceTemplate:
    """Fixed data of the mesh with its rings; `n` is 468 plus the rings' points.

    vertices: (468, 3). triangles: (t, 3) int32, the first `ring_triangles` are the rings'.
    front: the sign of a face triangle's area where it is seen from the front; the mesh is
    wound one way throughout, though some triangles of the canonical lips are folded back.
    uv: (n, 2) in 0..1. jaw: (468,) 0..1, how far a vertex goes with the jaw.
    rigid: vertices that expressions move little, with rigid_weights. depth: (468,) how far inside
    the oval, as a part of the atlas. mouth: (468,) 1 at the lips, 0 away from them. lids: (2, 468)
    the same of the right and the left eye.
    """

    vertices: Floats
    triangles: NDArray[np.int32]
    ring_triangles: int
    front: float
    uv: Floats
    jaw: Floats
    rigid: NDArray[np.int64]
    rigid_weights: Floats
    depth: Floats
    mouth: Floats
    lids: Floats

    @property
    def face_triangles(self) -> NDArray[np.int32]:
        """(898, 3) int32: the triangles of the face itself."""
        return self.triangles[self.ring_triangles :]

    @property
    def uv_height(self) -> float:
        """From the top of the forehead to the chin, as a part of the atlas."""
        return float(self.uv[topo.CHIN, 1] - self.uv[topo.FOREHEAD_TOP, 1])


@cache
def face_template() -> FaceTemplate:
    """The one template; about 20 ms the first time."""
    mesh = topo.canonical_mesh()
    jaw = _jaw_weights(mesh.vertices)
    uv = UV_MARGIN + (1 - 2 * UV_MARGIN) * mesh.uv
    uv[:, 1] += jaw * UV_JAW_DROP
    rings = _ring_triangles()
    weights = _rigid_weights(mesh.vertices)
    rigid = np.flatnonzero(weights > 0.2)
    return FaceTemplate(
        vertices=mesh.vertices,
        triangles=np.vstack([rings, mesh.triangles]).astype(np.int32),
        ring_triangles=len(rings),
        front=_front_sign(mesh),
        uv=with_rings(uv, RING_RADII).astype(np.float32),
        jaw=jaw,
        rigid=rigid,
        rigid_weights=weights[rigid],
        depth=_depth(uv),
        mouth=_near_mouth(mesh.vertices),
        lids=np.stack([_near_eye(mesh.vertices, eye) for eye in (topo.RIGHT_EYE, topo.LEFT_EYE)]),
    )


def with_rings(points: Floats, radii: Sequence[float]) -> Floats:
    """(468, 2) points with the oval repeated around its own centre at each radius."""
    oval = points[list(topo.OVAL), :2]
    centre = oval.mean(0)
    return np.vstack([points[:, :2], *(centre + (oval - centre) * radius for radius in radii)])


def signed_areas(points: Floats, triangles: NDArray[np.int32]) -> Floats:
    """(t,) twice the signed area of each triangle of (n, 2) points."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area: Floats = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (
        c[:, 0] - a[:, 0]
    )
    return area


def _ring_triangles() -> NDArray[np.int32]:
    count = len(topo.OVAL)
    inner = np.array(topo.OVAL)
    triangles = []
    for ring in range(len(RING_RADII)):
        outer = topo.MESH_POINTS + ring * count + np.arange(count)
        inner_next, outer_next = np.roll(inner, -1), np.roll(outer, -1)
        triangles.append(np.stack([inner, inner_next, outer], 1))
        triangles.append(np.stack([inner_next, outer_next, outer], 1))
        inner = outer
    return np.concatenate(triangles).astype(np.int32)


def _jaw_weights(vertices: Floats) -> Floats:
    """A jaw of one degree of freedom: 1 below the lip line, fading towards the ears."""
    lip_line = vertices[[topo.UPPER_LIP, topo.LOWER_LIP], 1].mean()
    half_mouth = abs(vertices[topo.RIGHT_MOUTH_CORNER, 0] - vertices[topo.LEFT_MOUTH_CORNER, 0]) / 2
    below = smooth_step(vertices[:, 1] - lip_line, -0.6, 0.9)
    side = smooth_step(np.abs(vertices[:, 0]), half_mouth * 1.6, half_mouth * 2.9)
    weights = (below * (1 - side)).astype(np.float32)
    weights[list(_LOWER_LIP)] = 1.0
    weights[list(_UPPER_LIP)] = 0.0
    weights[list(_MOUTH_CORNERS)] = 0.45
    return np.asarray(weights, np.float32)


def _near_eye(vertices: Floats, eye: tuple[int, ...]) -> Floats:
    """1 at the edge of the lids, 0 half an eye's width away from it: below the brow."""
    flat, edge = vertices[:, None, :2], vertices[None, list(eye), :2]
    away = np.linalg.norm(flat - edge, axis=-1).min(axis=1) / np.ptp(vertices[list(eye), 0])
    return np.asarray(1 - smooth_step(away, 0.05, 0.5), np.float32)


def _rigid_weights(vertices: Floats) -> Floats:
    weights = np.full(topo.MESH_POINTS, 0.35, np.float32)
    weights[vertices[:, 1] > vertices[topo.NOSE_BASE, 1]] = 0.06
    soft = (*topo.RIGHT_EYE, *topo.LEFT_EYE, *topo.RIGHT_BROW, *topo.LEFT_BROW)
    weights[list(soft)] = 0.1
    weights[list(_RIGID)] = 2.0
    return weights


def _front_sign(mesh: topo.CanonicalMesh) -> float:
    around_nose = (mesh.triangles == topo.NOSE_TIP).any(1)
    area = signed_areas(mesh.vertices[:, :2], mesh.triangles[around_nose])
    return float(np.sign(area.sum()))


def _depth(uv: Floats) -> Floats:
    size = 256
    mask = np.zeros((size, size), np.uint8)
    outline = np.round((uv[list(topo.OVAL)] * size - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(mask, [outline], 255, shift=4)
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5) / size
    at = np.clip(np.round(uv * size - 0.5).astype(int), 0, size - 1)
    return np.asarray(depth[at[:, 1], at[:, 0]], np.float32)


def _near_mouth(vertices: Floats) -> Floats:
    lips = vertices[list(topo.OUTER_LIPS), :2]
    eyes = np.linalg.norm(vertices[topo.RIGHT_EYE_OUTER, :2] - vertices[topo.LEFT_EYE_OUTER, :2])
    distance = np.linalg.norm(vertices[:, None, :2] - lips[None], axis=-1).min(1) / eyes
    return np.asarray(1 - smooth_step(distance, 0.02, 0.30), np.float32)

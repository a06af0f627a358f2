"""Run the swapper once on nothing, so that no stream waits for the compiler."""

import time

import numpy as np

from mien.swap.geometry import Floats
from mien.swap.look import prepare_look
from mien.swap.mesh import MeshSwapper, Quality
from mien.swap.source import SourceFace
from mien.swap.stopwatch import Stopwatch
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.vision.face import FaceMesh
from mien.vision.hand import Hand

_SIDE = 480
_PIXELS_PER_UNIT = 14.0
# Degrees of yaw at which the nose hides a cheek.
_TURNED = 40.0
# An open hand in lengths of its palm, from the wrist: root and tip of thumb to little finger.
_PALM = 90.0
_FINGERS = (
    *(((-0.25, -0.2), (-0.9, -0.8)), ((-0.3, -0.95), (-0.4, -1.8)), ((0.0, -1.0), (0.0, -1.95))),
    *(((0.25, -0.95), (0.35, -1.8)), ((0.45, -0.8), (0.65, -1.5))),
)


def rehearse(quality: Quality) -> None:
    """Compile or load every kernel and fill every table of one quality."""
    swapper = MeshSwapper(
        prepare_look(plain_source(), quality.grid),
        *(quality, 1.0, Stopwatch(time.perf_counter)),
    )
    image = np.full((_SIDE, _SIDE, 3), 128, np.uint8)
    for yaw in (0.0, 0.0, _TURNED):
        swapper.swap(image, plain_mesh(yaw), (plain_hand(),))


def plain_source() -> SourceFace:
    """A grey source of canonical shape."""
    atlas = np.full((ATLAS_SIZE, ATLAS_SIZE, 3), 128, np.uint8)
    foreign = np.zeros((ATLAS_SIZE, ATLAS_SIZE), np.uint8)
    iris = np.array([90, 128, 128], np.float32)
    return SourceFace(atlas, foreign, face_template().vertices.copy(), iris)


def plain_mesh(yaw: float = 0.0) -> FaceMesh:
    """The canonical face in the middle of a 480 x 480 picture, with its irises. yaw: degrees."""
    vertices = face_template().vertices
    irises = np.concatenate([_iris(vertices, (33, 133)), _iris(vertices, (263, 362))])
    cosine, sine = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    turn = np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    points = np.vstack([vertices, irises]) @ turn.T * _PIXELS_PER_UNIT
    points[:, :2] += _SIDE / 2
    return FaceMesh(points.astype(np.float32), 1.0)


def plain_hand() -> Hand:
    """An open hand, fingers up, before the mouth and cheek of the plain face."""
    fingers = [_finger(root, tip) for root, tip in _FINGERS]
    points = np.vstack([np.zeros((1, 2)), *fingers]) * _PALM + np.array([0.6, 0.85]) * _SIDE
    return Hand(points.astype(np.float32), 1.0)


def _finger(root: tuple[float, float], tip: tuple[float, float]) -> Floats:
    return np.linspace(root, tip, 4, dtype=np.float32)


def _iris(vertices: Floats, corners: tuple[int, int]) -> Floats:
    radius = 0.55
    rim = np.array([(0, 0, 0), (1, 0, 0), (0, -1, 0), (-1, 0, 0), (0, 1, 0)], np.float32)
    return np.asarray(vertices[list(corners)].mean(0) + radius * rim, np.float32)

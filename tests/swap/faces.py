"""Faces made for tests: the canonical one, placed, opened and painted as a test wants it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.rehearsal import plain_mesh, plain_source
from mien.swap.source import SourceFace
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh, FaceTrack

SIDE = 480
RIGHT_CHEEK, LEFT_CHEEK, FOREHEAD, CHIN = 50, 280, 151, 199
RED, GREEN, BLUE, YELLOW = (30, 30, 220), (30, 200, 30), (220, 30, 30), (30, 200, 200)


def placed(
    scale: float = 1.0, dx: float = 0, dy: float = 0, jaw: float = 0, yaw: float = 0
) -> FaceMesh:
    """The canonical face about the middle of 480 x 480; jaw: let down, in pixels; yaw: degrees."""
    points = plain_mesh(yaw).points.astype(np.float64)
    points[:468, 1] += face_template().jaw * jaw
    centre = np.array([SIDE / 2, SIDE / 2, 0])
    points = (points - centre) * scale + centre + [dx, dy, 0]
    return FaceMesh(points.astype(np.float32), 1.0)


def painted_source(patches: dict[int, tuple[int, int, int]], radius: int = 14) -> SourceFace:
    """A grey source with coloured discs at vertices, painted in its atlas."""
    source = plain_source()
    for vertex, colour in patches.items():
        row, column = texel(vertex)
        cv2.circle(source.atlas, (column, row), radius, colour, -1, cv2.LINE_AA)
    return source


def texel(vertex: int, size: int = ATLAS_SIZE) -> tuple[int, int]:
    """Row and column of a vertex in an atlas of that size."""
    column, row = np.round(face_template().uv[vertex] * size - 0.5).astype(int)
    return int(row), int(column)


def picture(mesh: FaceMesh, skin: int = 128, wall: int = 60) -> BgrImage:
    """A grey face in front of a darker wall, which is reddish: the camera gives colours."""
    image = np.full((SIDE, SIDE, 3), (wall, wall, wall + 10), np.uint8)
    outline = np.round(mesh.points[list(topo.OVAL), :2]).astype(np.int32)
    cv2.fillPoly(image, [cv2.convexHull(outline)], (skin, skin, skin))
    return image


def colour_at(image: BgrImage, place: NDArray[np.float32], reach: int = 2) -> NDArray[np.float64]:
    """Mean BGR around a place (x, y)."""
    x, y = (round(float(value)) for value in place[:2])
    return np.asarray(
        image[y - reach : y + reach + 1, x - reach : x + reach + 1].reshape(-1, 3).mean(0)
    )


def tracked(mesh: FaceMesh, face_id: int = 1) -> FaceTrack:
    return FaceTrack(face_id, mesh, 1)


def bent(moved: NDArray[np.float32], vertices: tuple[int, ...]) -> float:
    """How far they are, beyond what a stiff thing does."""
    here = list(vertices)
    stiff = np.c_[np.ones(len(here)), face_template().vertices[here]]
    explained = stiff @ np.linalg.lstsq(stiff, moved[here], rcond=None)[0]
    return float(np.abs(moved[here] - explained).max())

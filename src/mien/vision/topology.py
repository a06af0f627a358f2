"""The face mesh that every landmark belongs to: MediaPipe's canonical face and its parts.

Indices name landmarks of the 478-point mesh; 0..467 are the canonical mesh, 468..472 the iris
of the person's right eye (left in the picture) and 473..477 that of the left one, centre first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

MESH_POINTS = 468

OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
INNER_LIPS = (
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324),
    *(308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
)
OUTER_LIPS = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375),
    *(291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
)
RIGHT_BROW = (46, 53, 52, 65, 55, 107, 66, 105, 63, 70)
LEFT_BROW = (276, 283, 282, 295, 285, 336, 296, 334, 293, 300)
RIGHT_IRIS = (468, 469, 470, 471, 472)
LEFT_IRIS = (473, 474, 475, 476, 477)

FOREHEAD_TOP, CHIN = 10, 152
RIGHT_CHEEK, LEFT_CHEEK = 234, 454
RIGHT_EYE_OUTER, RIGHT_EYE_INNER = 33, 133
LEFT_EYE_OUTER, LEFT_EYE_INNER = 263, 362
UPPER_LIP, LOWER_LIP = 13, 14
RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER = 61, 291
NOSE_TIP, NOSE_BASE, NOSE_ROOT = 1, 2, 168
LEFT_NOSTRIL = 358


@dataclass(frozen=True, eq=False)
class CanonicalMesh:
    """The average face.

    vertices: (468, 3) float32 in about centimetres; x to the picture's right, y down, z away
    from the camera. uv: (468, 2) float32 in 0..1, chin at the bottom. triangles: (898, 3) int32.
    mirror: (468,) int32, for each vertex the one on the other side of the face.
    """

    vertices: NDArray[np.float32]
    uv: NDArray[np.float32]
    triangles: NDArray[np.int32]
    mirror: NDArray[np.int32]


@cache
def canonical_mesh() -> CanonicalMesh:
    """MediaPipe's canonical face model, read once from its geometry metadata."""
    data = resources.files("mien.models") / "data" / "geometry_pipeline_metadata_landmarks.binarypb"
    return parse_canonical_mesh(data.read_bytes())


def parse_canonical_mesh(metadata: bytes) -> CanonicalMesh:
    """Read `GeometryPipelineMetadata` (mediapipe/tasks/cc/vision/face_geometry/proto).

    Field 1 is the `Mesh3d`: its field 3 the vertex buffer (x, y, z, u, v as floats), 4 the index
    buffer. Raises ValueError where the bytes hold no such mesh.
    """
    mesh = b"".join(bytes(value) for field, value in _fields(metadata) if field == 1)
    floats = b"".join(bytes(value) for field, value in _fields(mesh) if field == 3)
    indices = [int(value) for field, value in _fields(mesh) if field == 4]
    buffer = np.frombuffer(floats, "<f4").reshape(-1, 5)
    if len(buffer) != MESH_POINTS or len(indices) % 3:
        raise ValueError("the geometry metadata holds no mesh of 468 vertices")
    # The model has y up and z towards the camera, pictures have y down and z away.
    vertices = (buffer[:, :3] * np.array([1, -1, -1])).astype(np.float32)
    uv = buffer[:, 3:].astype(np.float32)
    if uv[CHIN, 1] < uv[FOREHEAD_TOP, 1]:
        uv[:, 1] = 1 - uv[:, 1]
    triangles = np.array(indices, np.int32).reshape(-1, 3)
    return CanonicalMesh(vertices, uv, triangles, _mirrored(vertices))


def _mirrored(vertices: NDArray[np.float32]) -> NDArray[np.int32]:
    flipped = vertices * np.array([-1, 1, 1])
    distance = ((flipped[:, None] - vertices[None]) ** 2).sum(-1)
    return np.asarray(distance.argmin(axis=1), np.int32)


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Field numbers and raw values of one protobuf message (varint, 32-bit and bytes fields)."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if tag & 7 not in (2, 5):
            raise ValueError(f"wire type {tag & 7} in the geometry metadata")
        length, at = (4, at) if tag & 7 == 5 else _varint(message, at)
        yield tag >> 3, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at

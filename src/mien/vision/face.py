"""What vision says of a face: the values that pass between the rooms.

Coordinates are pixels of the image, x to the right, y down, and integer values lie on pixel
centres. Images are uint8 arrays of shape (height, width, 3) in BGR order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BgrImage = NDArray[np.uint8]
Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Detection:
    """A detector's answer for one face.

    box: x, y, width, height in pixels. keypoints: (6, 2) float32, the person's own right eye
    (left in the picture), left eye, nose tip, mouth centre, right ear, left ear. score: 0..1.
    """

    box: tuple[float, float, float, float]
    keypoints: Points
    score: float


@dataclass(frozen=True, eq=False)
class FaceMesh:
    """The 478 landmarks of one face (MediaPipe topology; 468..477 are the irises).

    points: (478, 3) float32; z in pixels too, smaller is nearer to the camera.
    presence: 0..1, how sure the model is that there is a face.
    expression: (52,) float32 blendshapes (see expression.py), None where they were not read.
    """

    points: Points
    presence: float
    expression: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class FaceTrack:
    """One face followed through a stream: the same id while it is the same person.

    embedding: (128,) float32, who it is (see identity.py); None until it was seen well.
    """

    id: int
    mesh: FaceMesh
    frames_seen: int
    embedding: NDArray[np.float32] | None = None

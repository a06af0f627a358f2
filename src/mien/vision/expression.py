"""What a face does: 52 numbers, named as ARKit names them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.models.runtimes import LiteRtModel
from mien.models.weights import WeightStore
from mien.vision.face import FaceMesh

# The landmarks that the net reads and the names of what it says, in its order
# (MediaPipe, tasks/cc/vision/face_landmarker/face_blendshapes_graph.cc).
LANDMARKS = (
    *(0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63),
    *(65, 66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133),
    *(136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163),
    *(168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270),
    *(276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317),
    *(318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379),
    *(380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454),
    *(466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477),
)
NAMES = (
    *("_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft"),
    *("browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft"),
    *("eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight"),
    *("eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft"),
    *("eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen"),
    *("jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft"),
    *("mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft"),
    *("mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight"),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *("mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight"),
    *("mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight"),
)


class ExpressionModel:
    """MediaPipe's blendshape net, about 1 ms; it reads landmarks only, never the picture."""

    def __init__(self, model: LiteRtModel) -> None:
        self._model = model

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """The shipped net."""
        return cls(LiteRtModel(store.path("blendshapes")))

    def read(self, mesh: FaceMesh) -> FaceMesh:
        """The mesh with its expression."""
        return replace(mesh, expression=self._scores(mesh))

    def __call__(self, mesh: FaceMesh) -> Mapping[str, float]:
        """How much of each blendshape, 0..1, by name; left and right are the person's own."""
        return dict(zip(NAMES, self._scores(mesh).tolist(), strict=True))

    def _scores(self, mesh: FaceMesh) -> NDArray[np.float32]:
        points = np.ascontiguousarray(mesh.points[list(LANDMARKS), :2])
        return np.asarray(self._model(points[None])[0].reshape(-1), np.float32)

"""Who a face is: dlib's 128 numbers, compared by distance."""

from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.models.runtimes import FloatTensor, OnnxModel
from mien.models.weights import WeightStore
from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.similarity import Similarity, fit_similarity

Embedding = NDArray[np.float32]

# Nearer than this is the same person: dlib's threshold, tuned on Labeled Faces in the Wild.
SAME_PERSON = 0.6

IDENTITY_SIZE = 128
CHIP_SIZE = 150
CHIP_PADDING = 0.25
# dlib's five-point face in the unit square (get_face_chip_details in dlib's interpolation.h) and
# the landmarks that lie there: corners of the left eye, of the right eye, base of the nose.
CHIP_TEMPLATE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
CHIP_LANDMARKS = (
    topo.LEFT_EYE_OUTER,
    topo.LEFT_EYE_INNER,
    topo.RIGHT_EYE_OUTER,
    topo.RIGHT_EYE_INNER,
    topo.NOSE_BASE,
)


class IdentityModel:
    """dlib's face recognition net, about 10 ms a face."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """The shipped net."""
        return cls(OnnxModel(store.path("identity")))

    def __call__(self, image: BgrImage, mesh: FaceMesh) -> Embedding:
        """The face's embedding, (128,) float32. One person: about 0.3 apart; strangers: 0.8."""
        embedding = self._model(chip_tensor(face_chip(image, mesh)))[0][0]
        return np.asarray(embedding, np.float32)


def distance(one: Embedding, other: Embedding) -> float:
    """Euclidean distance of two embeddings."""
    return float(np.linalg.norm(one - other))


def face_chip(image: BgrImage, mesh: FaceMesh) -> BgrImage:
    """The face upright in 150 x 150 pixels, BGR, as dlib cuts it; black beyond the image."""
    fit = to_chip(mesh)
    shrink = 0.5 / fit.scale
    if shrink > 1:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.5 * shrink), np.uint8)
    return np.asarray(cv2.warpAffine(image, fit.matrix(), (CHIP_SIZE, CHIP_SIZE)), np.uint8)


def chip_tensor(chip: BgrImage) -> FloatTensor:
    """A chip as the net takes it: (1, 3, 150, 150) float32 RGB, 0..255."""
    return np.ascontiguousarray(chip[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)


def to_chip(mesh: FaceMesh) -> Similarity:
    """From the picture to the face's chip, pixel centres to pixel centres."""
    target = (CHIP_PADDING + CHIP_TEMPLATE) / (1 + 2 * CHIP_PADDING) * CHIP_SIZE - 0.5
    return fit_similarity(mesh.points[list(CHIP_LANDMARKS), :2], target)

"""Readings and faces that are drawn, so that each figure has one right answer."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.evaluation.reader import Reading
from mien.vision import topology as topo

SIZE = 300


def reading(
    shift: tuple[float, float] = (0, 0),
    blendshapes: NDArray[np.float64] | None = None,
    pose: tuple[float, float, float] = (0, 0, 0),
    gaze: float = 0,
    embedding: float = 0,
) -> Reading:
    """The canonical face, 200 px tall in a picture of SIZE; gaze moves the irises, in pixels."""
    mesh = topo.canonical_mesh().vertices
    tall = mesh[topo.CHIN, 1] - mesh[topo.FOREHEAD_TOP, 1]
    points = np.zeros((478, 3), np.float32)
    points[:468] = mesh * (200 / tall)
    for iris, (outer, inner) in (
        (topo.RIGHT_IRIS, (topo.RIGHT_EYE_OUTER, topo.RIGHT_EYE_INNER)),
        (topo.LEFT_IRIS, (topo.LEFT_EYE_OUTER, topo.LEFT_EYE_INNER)),
    ):
        points[list(iris)] = (points[outer] + points[inner]) / 2 + [gaze, 0, 0]
    points[:, :2] += SIZE / 2 - points[list(topo.OVAL), :2].mean(0) + np.array(shift)
    return Reading(
        points=points.astype(np.float32),
        calm=mesh.astype(np.float64),
        pose=np.array(pose, np.float64),
        blendshapes=np.zeros(52) if blendshapes is None else blendshapes,
        embedding=np.full(128, embedding / np.sqrt(128), np.float32),
    )


def face_of(colour: tuple[int, int, int], around: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A face of one colour, exactly inside the oval of `reading()`, before another colour."""
    image = np.full((SIZE, SIZE, 3), around, np.uint8)
    outline = reading().points[list(topo.OVAL), :2].round().astype(np.int32)
    cv2.fillPoly(image, [outline], colour)
    return image

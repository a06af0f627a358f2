"""Pictures of a few people on whom a source is tried before anybody wears it."""

from dataclasses import dataclass

import cv2
import numpy as np

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, FaceMesh


@dataclass(frozen=True, eq=False)
class Mannequin:
    """image: (256, 256, 3) uint8 BGR. mesh: of the face in it, with its expression."""

    image: BgrImage
    mesh: FaceMesh


def load_mannequins(store: WeightStore) -> tuple[Mannequin, ...]:
    """Those that ship, so ordered that every few of them are different people.

    Raises WeightsError for missing weights.
    """
    with np.load(store.path("mannequins"), allow_pickle=False) as stored:
        sheet = np.asarray(cv2.imdecode(stored["sheet"], cv2.IMREAD_COLOR), np.uint8)
        points, expressions = stored["points"], stored["expressions"]
    images = np.split(sheet, len(points))
    read = zip(images, points, expressions, strict=True)
    return tuple(Mannequin(image, FaceMesh(at, 1.0, what)) for image, at, what in read)

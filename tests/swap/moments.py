"""Frames of the test clips."""

from pathlib import Path

import cv2
import numpy as np

from mien.vision.face import BgrImage

MEDIA = Path(__file__).parents[1] / "media"


def frame(name: str, number: int) -> BgrImage:
    film = cv2.VideoCapture(str(MEDIA / name))
    film.set(cv2.CAP_PROP_POS_FRAMES, number)
    known, image = film.read()
    assert known, name
    return np.asarray(image, np.uint8)

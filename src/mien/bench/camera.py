"""A camera that needs no camera: a photo that moves, turns and grows in front of a wall."""

import math
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

FRAMES_PER_SECOND = 30.0
# Height of the face in the shipped photo (forehead to chin), and of the one to show.
_PHOTO_FACE = 108.0
_PHOTO_CENTRE = (184.0, 123.0)
FACE_HEIGHT = 260.0
_NOISE = 2.0
_NOISE_PATTERNS = 3


def shipped_photo() -> NDArray[np.uint8]:
    """The astronaut of scikit-image's samples (NASA, public domain), (360, 360, 3) BGR."""
    data = (resources.files("mien.bench") / "media" / "astronaut.jpg").read_bytes()
    photo = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if photo is None:
        raise FileNotFoundError("The benchmark's photo is damaged. Install Mien again.")
    return np.asarray(photo, np.uint8)


class SyntheticCamera:
    """Frames of one size; the same number gives the same frame."""

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        self._size = (width, height)
        self._photo = shipped_photo()
        # One pattern at a time: in floats all of them would take more than the engine does.
        self._noise = [_noise(rng, height, width) for _ in range(_NOISE_PATTERNS)]

    def frame(self, number: int) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 BGR: the face 260 px high, drifting smoothly."""
        placed = cv2.warpAffine(
            self._photo,
            self.placement(number),
            self._size,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        noise = self._noise[number % _NOISE_PATTERNS]
        return np.asarray(cv2.add(placed, noise, dtype=cv2.CV_8U), np.uint8)

    def placement(self, number: int) -> NDArray[np.float64]:
        """(2, 3) from the photo's pixels to the frame's."""
        phase = number / FRAMES_PER_SECOND
        width, height = self._size
        scale = FACE_HEIGHT / _PHOTO_FACE * (1 + 0.05 * math.sin(0.9 * phase))
        turn = 8 * math.sin(1.3 * phase)
        matrix = cv2.getRotationMatrix2D(_PHOTO_CENTRE, turn, scale)
        matrix[0, 2] += width / 2 - _PHOTO_CENTRE[0] + 0.06 * width * math.sin(1.1 * phase)
        matrix[1, 2] += height / 2 - _PHOTO_CENTRE[1] + 0.03 * height * math.sin(1.7 * phase)
        return np.asarray(matrix, np.float64)


def _noise(rng: np.random.Generator, height: int, width: int) -> NDArray[np.int8]:
    noise = rng.standard_normal((height, width, 3), np.float32)
    return np.asarray((noise * _NOISE).round(), np.int8)

"""What is left of frames when the picture is taken out: where a mark would stand clear."""

import cv2
import numpy as np

from mien.trust.pattern import SHORT_SIDE, Plane
from mien.vision.face import BgrImage

WINDOW = 9
# Grey levels of noise below which a busy place counts no less than a flat one.
NOISE = 4.0
# A weak mark in busy surroundings is worth its amplitude over the variance around it; amplitude
# grows slower than deviation, so the best power lies between 1 and 2.
POWER = 1.5
OUTLIER = 3.0
LONGEST = 4


class ResidualSum:
    """Adds up frames of one clip. The mark is alike in all, the pictures are not."""

    def __init__(self) -> None:
        self.frames = 0
        self._sum: Plane | None = None

    def add(self, frame: BgrImage) -> None:
        """Take in a frame, (h, w, 3) uint8 BGR, of any size."""
        one = residual(frame)
        self._sum = one if self._sum is None else self._sum + _cut(one, self._sum.shape)
        self.frames += 1

    def plane(self) -> Plane:
        """Short side 480, mean square about 1, outliers cut. Raises ValueError with no frame."""
        if self._sum is None:
            raise ValueError("No frame was looked at.")
        deviation = max(float(self._sum.std()), 1e-9)
        return np.asarray(np.clip(self._sum / deviation, -OUTLIER, OUTLIER), np.float32)


def residual(frame: BgrImage) -> Plane:
    """One frame's luma less its surroundings, evened out by them; float32, short side 480."""
    height, width = frame.shape[:2]
    # A strip is looked at as far as four times its short side; a mark is there many times over.
    frame = frame[: LONGEST * width, : LONGEST * height]
    luma = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    scale = SHORT_SIDE / min(luma.shape)
    size = (round(luma.shape[1] * scale), round(luma.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    plane = cv2.resize(luma, size, interpolation=how).astype(np.float32)
    detail = plane - cv2.blur(plane, (WINDOW, WINDOW))
    variance = cv2.blur(detail * detail, (WINDOW, WINDOW))
    return np.asarray(detail / (variance + NOISE**2) ** (POWER / 2), np.float32)


def _cut(plane: Plane, shape: tuple[int, ...]) -> Plane:
    """Frames of another form are laid over the first from the top left, where marks begin."""
    if plane.shape == shape:
        return plane
    result = np.zeros(shape, np.float32)
    part = plane[: shape[0], : shape[1]]
    result[: part.shape[0], : part.shape[1]] = part
    return result

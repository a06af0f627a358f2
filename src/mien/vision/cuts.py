"""Scene cuts: the whole picture changes from one frame to the next."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.vision.face import BgrImage

THUMBNAIL = (32, 24)
# Mean change of a thumbnail's pixel, in grey levels. Moving people and exposure stay below 20.
CUT_LEVEL = 35.0


class CutDetector:
    """Compares each frame with the one before it; 0.1 ms a frame."""

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None

    def __call__(self, image: BgrImage) -> bool:
        """Whether a cut lies between the last BGR frame and this one."""
        coarse = cv2.resize(np.ascontiguousarray(image[::4, ::4]), THUMBNAIL)
        now = coarse.astype(np.float32)
        last, self._last = self._last, now
        return last is not None and float(np.abs(now - last).mean()) > CUT_LEVEL

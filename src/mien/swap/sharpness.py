"""Keep the swapped skin as sharp, or as soft, as the camera's picture of the face is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.geometry import Floats
from mien.vision.face import BgrImage

_ENOUGH_PIXELS = 200
_RANGE = (0.4, 3.0)


class Sharpness:
    """Compares fine detail of camera and result now and then, and steers the mip blend."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._ratio: float | None = None
        self._frames = 0

    @property
    def softness(self) -> float:
        """0 shows the fine level, up to 0.8 the coarse one, below 0 sharpens a little."""
        if self._ratio is None or 0.87 <= self._ratio <= 1.15:
            return 0.0
        if self._ratio > 1.15:
            return min(1 - 1 / self._ratio, 0.8)
        return -min((1 / self._ratio - 1) * 0.4, 0.3)

    def observe(self, camera: BgrImage, result: BgrImage, maps: Floats) -> None:
        """Compare the same region before and after; maps: (5, h, w) of `rasterise`."""
        due = self._frames % self._every == 0
        self._frames += 1
        if not due:
            return
        shown = (maps[2, ::2, ::2] > 0) & (maps[4, ::2, ::2] > 0.95)
        if np.count_nonzero(shown) < _ENOUGH_PIXELS:
            return
        ratio = _detail(result, shown) / _detail(camera, shown)
        # What was softened before explains part of what is seen now.
        now = float(np.clip(ratio, 0.4, 2.5)) * (self._ratio or 1.0) ** 0.5
        old = now if self._ratio is None else self._ratio
        self._ratio = float(np.clip(old + 0.3 * (now - old), *_RANGE))


def _detail(image: BgrImage, shown: NDArray[np.bool_]) -> float:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.2))[::2, ::2]
    return float(np.median(fine[shown])) + 0.05

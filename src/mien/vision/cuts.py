"""What changes of a sudden from one frame to the next: the scene, or only its light."""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.vision.face import BgrImage

THUMBNAIL = (32, 24)
# A cut changes most of the picture; a person who comes or goes leaves the room as it was.
CHANGED_LEVELS = 20.0
CUT_SHARE = 0.6
# A lamp changes brightness, not what stands where: the fine part of log luma stays alike. Over
# the test clips 0.77 to 1.0 for lamps of many kinds, at most 0.2 for scenes, portraits included.
SAME_SCENE = 0.5
DETAIL_SIGMA, FLOOR = 2.0, 12.0

# light: the same scene in another light. cut: another scene.
Change = Literal["none", "light", "cut"]


class CutDetector:
    """Compares each frame with the one before it; 0.1 ms a frame."""

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None

    def __call__(self, image: BgrImage) -> Change:
        """What has changed between the last BGR frame and this one."""
        coarse = cv2.resize(np.ascontiguousarray(image[::4, ::4]), THUMBNAIL)
        now = coarse.astype(np.float32)
        last, self._last = self._last, now
        if last is None:
            return "none"
        changed = np.abs(now - last).max(axis=2) > CHANGED_LEVELS
        if float(changed.mean()) <= CUT_SHARE:
            return "none"
        return "light" if _alike(last, now) > SAME_SCENE else "cut"


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Correlation of what both show, whatever the light: 1 for the same scene, 0 for another."""
    here, there = _detail(one), _detail(other)
    energy = float(np.sqrt((here**2).sum() * (there**2).sum()))
    return float((here * there).sum()) / (energy + 1e-6)


def _detail(thumbnail: NDArray[np.float32]) -> NDArray[np.float32]:
    light = np.log(thumbnail.mean(axis=2) + FLOOR)
    return np.asarray(light - cv2.GaussianBlur(light, (0, 0), DETAIL_SIGMA), np.float32)

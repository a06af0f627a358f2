"""What is shown while there is no face to swap: never a flash of the bare one."""

from typing import Literal

import cv2
import numpy as np

from mien.vision.face import BgrImage

LostPolicy = Literal["pass", "hold", "blur"]

# The tracker misses single frames; over those the last result simply stays.
GRACE_FRAMES = 2
FADE_FRAMES = 4
# A face that fills the picture's height is then about a dozen cells high.
BLUR_CELLS = 24
MIN_CELL = 12


class LostFaceCover:
    """Remembers the last result of one stream, and answers for the frames without a face.

    pass shows the camera; hold the last swapped picture; blur the camera, beyond recognition.
    Where nothing was swapped yet, hold blurs.
    """

    def __init__(self, policy: LostPolicy) -> None:
        self._policy = policy
        self._last: BgrImage | None = None
        self._missing = 0

    def remember(self, result: BgrImage) -> None:
        """Keep a copy of a swapped picture."""
        if self._last is None or self._last.shape != result.shape:
            self._last = result.copy()
        else:
            np.copyto(self._last, result)
        self._missing = 0

    def cut(self) -> None:
        """Another scene begins: nothing of the last one is bridged or faded into it."""
        self._missing = GRACE_FRAMES + FADE_FRAMES

    def blend(self, image: BgrImage, result: BgrImage | None, share: float) -> BgrImage:
        """A face that is going or coming: so much of the swapped picture; a new array.

        None for the result shows only what takes its place.
        """
        self._missing = GRACE_FRAMES + FADE_FRAMES
        instead = self._instead(image)
        return instead.copy() if result is None else cross_fade(instead, result, share)

    def _instead(self, image: BgrImage) -> BgrImage:
        if self._policy == "pass":
            return image
        kept = self._last if self._policy == "hold" else None
        fits = kept is not None and kept.shape == image.shape
        return kept if fits and kept is not None else blur_beyond_recognition(image)

    def fill(self, image: BgrImage, may_hold: bool = True) -> BgrImage:
        """The picture to show for a camera picture without a swap; a new array.

        may_hold: False when there is no source any more, so that hold blurs too.
        """
        if self._last is None or self._last.shape != image.shape:
            return image.copy() if self._policy == "pass" else blur_beyond_recognition(image)
        self._missing += 1
        share = min(max(self._missing - GRACE_FRAMES, 0) / FADE_FRAMES, 1.0)
        if share == 0 or (self._policy == "hold" and may_hold):
            return self._last.copy()
        shown = image if self._policy == "pass" else blur_beyond_recognition(image)
        if share == 1:
            return shown.copy() if shown is image else shown
        return cross_fade(self._last, shown, share)


def blur_beyond_recognition(image: BgrImage) -> BgrImage:
    """The picture from about 24 cells across, smoothly enlarged: colours without features."""
    height, width = image.shape[:2]
    step = max(max(width, height) / BLUR_CELLS, MIN_CELL)
    cells = (max(round(width / step), 1), max(round(height / step), 1))
    small = cv2.resize(image, cells, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def cross_fade(old: BgrImage, new: BgrImage, share: float) -> BgrImage:
    """share of new, the rest old."""
    return np.asarray(cv2.addWeighted(old, 1 - share, new, share, 0), np.uint8)

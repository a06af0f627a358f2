"""How much smaller a picture is sent on a line too narrow for its size. Time is an argument."""

import cv2
import numpy as np

from mien.media.webrtc.picture import Image

# Sides, and the least bits a second that the line must have for each pixel of the whole picture.
STEPS = ((1.0, 0.8), (0.75, 0.5), (0.5, 0.0))
ROOM = 1.4  # how much more than that it must have for a larger picture
UP_AFTER_S, DOWN_AFTER_S = 5.0, 1.0
LEAST_SIDE = 120


class PictureScale:
    """Down soon, because a picture with too few bits is blurred and late; up with hesitation,
    because every other size costs a key frame."""

    def __init__(self) -> None:
        self._step = 0
        self._other_since: float | None = None

    def choose(self, size: tuple[int, int], bits_per_second: float, now: float) -> float:
        """The share of each side to send of a picture of this (width, height)."""
        wanted = self._wanted(bits_per_second / (size[0] * size[1]))
        if wanted == self._step:
            self._other_since = None
        elif self._other_since is None:
            self._other_since = now
        elif now - self._other_since >= (DOWN_AFTER_S if wanted > self._step else UP_AFTER_S):
            self._step, self._other_since = wanted, None
        share = STEPS[self._step][0]
        return share if min(size) * share >= LEAST_SIDE else 1.0

    def _wanted(self, share: float) -> int:
        step = self._step
        while share < STEPS[step][1]:
            step += 1
        if step == self._step > 0 and share >= ROOM * STEPS[step - 1][1]:
            step -= 1
        return step


def shrink(image: Image, share: float) -> Image:
    """The picture with sides of that share, even ones; itself for 1."""
    if share == 1.0:
        return image
    height, width = (round(side * share / 2) * 2 for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)

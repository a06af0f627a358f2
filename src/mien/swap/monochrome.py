"""A picture without colours gets none from the source."""

import cv2
import numpy as np

from mien.vision.face import BgrImage

# Between the channels of a grey pixel, in levels; compression leaves a few.
_GREY = 6
_MEASURE_EVERY = 10
_STEP = 8
# Percent of the pixels that must be grey: a label or a logo may be coloured.
_MOST = 95


class Monochrome:
    """Knows whether one stream's camera gives colours."""

    def __init__(self) -> None:
        self._grey = False
        self._frames = 0

    def observe(self, image: BgrImage) -> None:
        """Take in a frame of the camera."""
        if self._frames % _MEASURE_EVERY == 0:
            some = image[::_STEP, ::_STEP]
            colour = some.max(-1) - some.min(-1)
            self._grey = float(np.percentile(colour, _MOST)) < _GREY
        self._frames += 1

    def apply(self, region: BgrImage) -> None:
        """Take the colours out of the swapped region, in place, where the camera has none."""
        if self._grey:
            grey = cv2.cvtColor(region, cv2.COLOR_BGR2GRAY)
            region[:] = grey[..., None]

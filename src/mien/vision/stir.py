"""Whether something moves beside a face that goes neither with it nor with the wall behind."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.vision.face import BgrImage
from mien.vision.place import Place

SIDE = 24
# Half the window's side, and the part of it that is the face itself, in sizes of the face.
REACH, FACE = 1.1, 0.55
CHANGED_LEVELS = 16.0
# Cells, beside one face, that make it worth looking for a hand.
CELLS = 4
# Slow hands show over a few frames only.
EVERY = 3

Glance = NDArray[np.float32]


class Stir:
    """Compares what lies around each face with what lay there a few frames ago."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._glances: list[Glance] = []
        self._frames = 0
        step = (np.arange(SIDE) + 0.5) / SIDE * 2 * REACH - REACH
        x, y = np.meshgrid(step, step)
        # The hair above moves with the wind; hands come from below and from the sides.
        self._beside = (np.hypot(x * 1.2, y) > FACE) & (y > -FACE)

    def __call__(self, image: BgrImage, places: list[Place]) -> int:
        """Take in the next BGR frame; how many cells beside a face moved, 0 where few did."""
        last, glances, self._frames = self._places, self._glances, self._frames + 1
        now = [_glance(image, place) for place in places]
        stirred = 0
        if len(last) == len(places):
            pairs = zip(last, glances, places, now, strict=True)
            stirred = max((self._moved(image, *pair) for pair in pairs), default=0)
        if stirred or self._frames % EVERY == 0 or len(last) != len(places):
            self._places, self._glances = places, now
        return stirred

    def _moved(
        self, image: BgrImage, then: Place, before: Glance, place: Place, now: Glance
    ) -> int:
        with_face = _beyond(now, before)
        if _changed(with_face, self._beside) < CELLS:
            return 0
        with_wall = _beyond(_glance(image, then), before)
        cells = _changed(np.minimum(with_face, with_wall), self._beside)
        return cells if cells >= CELLS else 0


def _beyond(now: Glance, before: Glance) -> NDArray[np.float32]:
    """How far each cell is from all that lay around it: what only turned or shifted is not."""
    around = np.ones((3, 3), np.uint8)
    above, below = now - cv2.dilate(before, around), cv2.erode(before, around) - now
    return np.asarray(np.maximum(above, below).max(-1), np.float32)


def _changed(difference: NDArray[np.float32], where: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero((difference > CHANGED_LEVELS) & where))


def _glance(image: BgrImage, place: Place) -> Glance:
    """The window around a face in a few cells; beyond the picture it repeats the edge."""
    cell = 2 * REACH * place.size / SIDE
    shrink = cell / 4
    corner = np.array([place.x, place.y]) - REACH * place.size
    matrix = np.array([[shrink, 0, corner[0]], [0, shrink, corner[1]]])
    samples = cv2.warpAffine(
        image,
        matrix,
        (4 * SIDE, 4 * SIDE),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cv2.resize(samples, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)

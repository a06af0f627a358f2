"""The camera's picture, bent as the face is: where a vertex is moved, its pixels go with it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.geometry import Floats
from mien.vision.face import BgrImage


def warp(camera: BgrImage, maps: Floats, corner: NDArray[np.int64]) -> BgrImage:
    """(h, w, 3) uint8. maps: (5, h, w) as a Drawing has them, or a part; corner: its left, top."""
    x, y = maps[0].copy(), maps[1].copy()
    rows, columns = np.nonzero(maps[2] < -1.5)
    x[rows, columns] = columns + corner[0]
    y[rows, columns] = rows + corner[1]
    warped = cv2.remap(camera, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)

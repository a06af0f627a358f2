"""The camera's picture and atlases, as they lie on the drawn face."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.geometry import Floats
from mien.vision.face import BgrImage


def warp(camera: BgrImage, maps: Floats, corner: NDArray[np.int64]) -> BgrImage:
    """The camera's picture, (h, w, 3) uint8, bent as the face is: where a vertex is moved, its
    pixels go with it. maps: (5, h, w) as a Drawing has them, or a part; corner: its left, top."""
    x, y = maps[0].copy(), maps[1].copy()
    rows, columns = np.nonzero(maps[2] < -1.5)
    x[rows, columns] = columns + corner[0]
    y[rows, columns] = rows + corner[1]
    warped = cv2.remap(camera, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def look_up(atlas: NDArray[Any], maps: Floats) -> NDArray[Any]:
    """What lies at each pixel of a face in an atlas, (s, s) or (s, s, k); 0 beside the face."""
    u, v = maps[2] * len(atlas) - 0.5, maps[3] * len(atlas) - 0.5
    u[maps[2] < 0] = -10
    return cv2.remap(atlas, u, v, cv2.INTER_LINEAR)

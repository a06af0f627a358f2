"""A contact sheet: source, target, result and a zoom of it, a row for each frame chosen."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.vision.face import BgrImage, Points
from mien.vision.image import encode_jpeg

TILE = 320
# Sides of the squares that are shown, in heights of the face.
WHOLE, ZOOM = 2.0, 1.1
ROWS = 3
QUALITY = 88


def chosen(frames: int) -> set[int]:
    """The numbers of the frames that are shown, evenly spread over a clip."""
    rows = min(ROWS, frames)
    return {int((row + 0.5) * frames / rows) for row in range(rows)}


class Sheet:
    """Collects the rows of one pair."""

    def __init__(self, source: BgrImage, points: Points) -> None:
        self._source = _square(source, points, WHOLE)
        self._rows: list[BgrImage] = []

    def add(self, target: BgrImage, result: BgrImage, points: Points | None) -> None:
        """One row; points: the target's face, None shows the whole frames."""
        if points is None:
            height, width = target.shape[:2]
            points = np.array([[0, 0], [width - 1, height - 1]], np.float32)
        tiles = [
            self._source if not self._rows else np.zeros_like(self._source),
            _square(target, points, WHOLE),
            _square(result, points, WHOLE),
            _square(result, points, ZOOM),
        ]
        self._rows.append(np.hstack(tiles))

    def jpeg(self) -> bytes:
        """The whole sheet."""
        return encode_jpeg(np.vstack(self._rows), QUALITY)


def _square(image: BgrImage, points: NDArray[np.float32], sides: float) -> BgrImage:
    """A square around points, TILE pixels a side; black beyond the image."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    side = max(float((high - low).max()) * sides, 2.0)
    scale = TILE / side
    left, top = (low + high) / 2 - side / 2
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.warpAffine(image, matrix, (TILE, TILE), flags=how), np.uint8)

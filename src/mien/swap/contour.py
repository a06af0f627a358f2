"""The line where the nose of a turned head hides the cheek, drawn as softly as a camera sees it.

Along it texels are drawn almost edge-on: a whole wing of the nose in one pixel, next to the
cheek's. Such a pixel is of any colour, and the line of them is stepped.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.drawing import Drawing
from mien.swap.geometry import Floats
from mien.swap.matte import lay_over
from mien.swap.template import face_template
from mien.vision import topology as topo
from mien.vision.face import BgrImage

# How wide the softened band is, and how far it is blurred, as parts of the face's height.
_WIDTH, _SOFTNESS = 0.016, 0.005
_LEAST_WIDTH, _LEAST_SOFTNESS = 2, 0.8
# A line of odd pixels is wiped out by a median over so many. In larger faces it is wider: they are
# softened on a picture that is smaller by their height over this one.
_MEDIAN, _USUAL_HEIGHT = 3, 130.0
_MIN_SIDE = 4


def soften_contour(result: BgrImage, drawing: Drawing, narrowing: float) -> None:
    """Soften the nose's contour in place.

    result: the picture that was drawn in. narrowing: 0..1, how far the head is turned; a face
    that looks into the camera has no such line.
    """
    if narrowing <= 0 or not len(lines := _contour(drawing)):
        return
    width = max(_LEAST_WIDTH, round(drawing.height * _WIDTH))
    softness = max(_LEAST_SOFTNESS, drawing.height * _SOFTNESS)
    zone, corner = _zone(lines, 2 * width + 2, result)
    patch = result[zone]
    if min(patch.shape[:2]) < _MIN_SIDE:
        return
    band = np.zeros(patch.shape[:2], np.uint8)
    ends = np.round((lines - corner) * 16).astype(np.int32)
    cv2.polylines(band, list(ends), False, round(255 * narrowing), width, cv2.LINE_8, shift=4)
    share = np.minimum(cv2.blur(band, (3, 3)) * np.float32(1.5 / 255), np.float32(narrowing))
    step = max(int(drawing.height / _USUAL_HEIGHT), 1)
    lay_over(_softened(patch, softness, step), share, patch)


def _softened(patch: BgrImage, softness: float, step: int) -> BgrImage:
    height, width = patch.shape[:2]
    size = (max(width // step, 1), max(height // step, 1))
    small = cv2.resize(patch, size, interpolation=cv2.INTER_AREA) if step > 1 else patch.copy()
    soft = cv2.GaussianBlur(cv2.medianBlur(small, _MEDIAN), (0, 0), softness / step)
    return np.asarray(cv2.resize(soft, (width, height)) if step > 1 else soft, np.uint8)


def _contour(drawing: Drawing) -> Floats:
    """(n, 2, 2) ends of the nose's edges between a triangle that is seen and one that is not."""
    edges = _nose_edges()
    hiding = drawing.front[edges[:, 2]] != drawing.front[edges[:, 3]]
    return drawing.points[edges[hiding, :2], :2]


@cache
def _nose_edges() -> NDArray[np.int64]:
    """(e, 4): two vertices of the nose, and the two triangles that meet between them."""
    meeting: dict[tuple[int, int], list[int]] = {}
    for number, corners in enumerate(face_template().face_triangles):
        a, b, c = sorted(int(corner) for corner in corners)
        for edge in ((a, b), (b, c), (a, c)):
            meeting.setdefault(edge, []).append(number)
    nose = _on_nose(face_template().vertices)
    inner = {edge: sides for edge, sides in meeting.items() if len(sides) == 2}
    return np.array([(*edge, *sides) for edge, sides in inner.items() if nose[list(edge)].all()])


def _on_nose(vertices: Floats) -> NDArray[np.bool_]:
    x, y, _ = vertices.T
    wide = 1.1 * abs(x[topo.LEFT_NOSTRIL])
    tall = (y > y[topo.NOSE_ROOT] - 0.2) & (y < y[topo.NOSE_BASE] + 0.3)
    return np.asarray(tall & (np.abs(x) < wide))


def _zone(
    lines: Floats, margin: int, image: BgrImage
) -> tuple[tuple[slice, slice], NDArray[np.int64]]:
    """Rows and columns of the picture around the lines, and their corner (x, y)."""
    height, width = image.shape[:2]
    low = np.clip(lines.min((0, 1)) - margin, 0, [width, height]).astype(int)
    high = np.clip(lines.max((0, 1)) + margin + 1, 0, [width, height]).astype(int)
    return np.s_[low[1] : high[1], low[0] : high[0]], low

"""Hands before the face, pixel by pixel: the swap leaves them as the camera shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mien.swap.atlas import UvGrid, masked_blur, to_lab
from mien.swap.drawing import Drawing
from mien.swap.geometry import Floats
from mien.swap.hand_outline import depth_in_hand, half_finger
from mien.swap.matte import lay_over, snap_to_edges
from mien.swap.occlusion import BareFace
from mien.vision.face import BgrImage
from mien.vision.hand import Hand

# Beyond so many half fingers from the drawn outline nothing is hand, and so deep all is.
_OUTER, _INNER = 1.3, 0.9
# How sure the outline is, per half finger, and how much colours may say against it.
_PER_HALF_FINGER, _MOST_EVIDENCE = 2.2, 3.0
# Variance of colour that any skin has, in squared Lab levels; light counts less than hue.
_NOISE, _LIGHT_WEIGHT = 40.0, 0.36
_MIN_SIDE = 4


@dataclass(frozen=True, eq=False)
class Cover:
    """left, top: corner in the picture. matte: (h, w) float32, 1 where a hand covers the face."""

    left: int
    top: int
    matte: Floats

    def lay_over(self, camera: BgrImage, result: BgrImage) -> None:
        """Put the camera's own pixels back onto a result of the same size, in place."""
        rows, columns = self.matte.shape
        region = np.s_[self.top : self.top + rows, self.left : self.left + columns]
        lay_over(camera[region], self.matte, result[region])

    def flatten(self, points: Floats, grid: UvGrid) -> Floats:
        """(n, n) float32: the matte in the atlas; points: (468, 2) the seen mesh."""
        where = grid.spread(points - np.array([self.left, self.top], np.float32))
        return np.asarray(
            cv2.remap(self.matte, where[..., 0], where[..., 1], cv2.INTER_LINEAR), np.float32
        )


def find_cover(
    image: BgrImage, drawing: Drawing, hands: Sequence[Hand], bare: BareFace, pixels: int
) -> Cover | None:
    """The hands inside a drawing's region; None where there are none.

    bare: the face as it was without them. pixels: how many to look at; more show finer edges.
    """
    zone = _zone(drawing, hands)
    if zone is None:
        return None
    left, top, right, bottom = zone
    width, height = right - left, bottom - top
    scale = min(1.0, (pixels / (width * height)) ** 0.5)
    size = (max(round(width * scale), 2), max(round(height * scale), 2))
    patch = image[top:bottom, left:right]
    depth = np.max([depth_in_hand(hand, left, top, scale, size) for hand in hands], 0)
    lab = to_lab(np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA), np.float32))
    radius = scale * max(half_finger(hand) for hand in hands)
    sure = np.clip(depth * _PER_HALF_FINGER, -6, 6)
    share = 1 / (1 + np.exp(-sure - _evidence(lab, depth, radius, bare, _uv(drawing, zone, size))))
    share = np.where(depth > _INNER, 1, np.where(depth < -_OUTER, 0, share)).astype(np.float32)
    return Cover(left, top, snap_to_edges(share, patch, 0.5 * radius))


def _zone(drawing: Drawing, hands: Sequence[Hand]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of what hands may cover of the drawing's region."""
    if not hands:
        return None
    reach = [3.5 * half_finger(hand) for hand in hands]
    low = np.min([hand.points.min(0) - r for hand, r in zip(hands, reach, strict=True)], 0)
    high = np.max([hand.points.max(0) + r for hand, r in zip(hands, reach, strict=True)], 0)
    rows, columns = drawing.region
    left, top = max(int(low[0]), columns.start), max(int(low[1]), rows.start)
    right, bottom = min(int(high[0]), columns.stop), min(int(high[1]), rows.stop)
    if right - left < _MIN_SIDE or bottom - top < _MIN_SIDE:
        return None
    return left, top, right, bottom


def _uv(drawing: Drawing, zone: tuple[int, int, int, int], size: tuple[int, int]) -> Floats:
    """(2, h, w) float32: where in the atlas the camera's pixels of a zone lie; -1 outside.

    The maps belong to the drawn mesh, so they are read where the camera's pixel is drawn to.
    """
    left, top, right, bottom = zone
    corner = np.array([left - drawing.left, top - drawing.top])
    maps = drawing.maps[:, corner[1] : bottom - drawing.top, corner[0] : right - drawing.left]
    x_to, y_to, u = (cv2.resize(maps[k], size, interpolation=cv2.INTER_NEAREST) for k in (0, 1, 2))
    step = (right - left) / size[0]
    x = (np.arange(size[0], dtype=np.float32) + 0.5) * step - 0.5
    y = ((np.arange(size[1], dtype=np.float32) + 0.5) * step - 0.5)[:, None]
    outside = u < -1.5
    x_from = np.where(outside, x, 2 * x - (x_to - left)).astype(np.float32)
    y_from = np.where(outside, y, 2 * y - (y_to - top)).astype(np.float32)
    return np.stack(
        [
            cv2.remap(
                np.ascontiguousarray(maps[k]),
                x_from,
                y_from,
                cv2.INTER_NEAREST,
                borderMode=cv2.BORDER_REPLICATE,
            )
            for k in (2, 3)
        ]
    )


def _evidence(lab: Floats, depth: Floats, radius: float, bare: BareFace, uv: Floats) -> Floats:
    """How much more each pixel's colour is the hand's than the face's, as a log likelihood."""
    core = (depth > _INNER).astype(np.float32)
    hand = masked_blur(lab, core, max(2.0 * radius, 1.0))
    size = len(bare.colours)
    u, v = uv[0] * size - 0.5, uv[1] * size - 0.5
    face = np.asarray(cv2.remap(bare.colours, u, v, cv2.INTER_LINEAR), np.float32)
    spread = cv2.remap(bare.variance, u, v, cv2.INTER_LINEAR)
    known = cv2.remap(bare.known, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    known = np.where(uv[0] < 0, 0, known)
    against_face = _distance(lab, face) / (spread + _NOISE)
    against_hand = _distance(lab, hand) / (2 * _NOISE)
    difference = np.clip(against_face - against_hand, -_MOST_EVIDENCE, _MOST_EVIDENCE)
    return np.asarray(difference * known, np.float32)


def _distance(one: Floats, other: Floats) -> Floats:
    step = one - other
    step *= step
    return np.asarray(_LIGHT_WEIGHT * step[..., 0] + step[..., 1] + step[..., 2], np.float32)

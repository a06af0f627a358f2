"""Small pictures of whoever wears a source, on which it is tried."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.geometry import Floats
from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.hand import Hand
from mien.vision.keypoints import head_pose

SIDE = 256
# Heights of a face in pixels: a larger one is made smaller, a smaller one tells too little.
MOST_HEIGHT, LEAST_HEIGHT = 165, 48
# Degrees; beyond, the recogniser tells little.
MOST_YAW = 45.0
# Share of a hand's points that may lie in the face's box.
MOST_OF_A_HAND = 0.5
# What is made smaller than this is blurred first.
_MUCH_SMALLER = 0.8


@dataclass(frozen=True, eq=False)
class Portrait:
    """image: (256, 256, 3) uint8 BGR. mesh: of the face in its middle, with its expression.
    hands: near it."""

    image: BgrImage
    mesh: FaceMesh
    hands: tuple[Hand, ...] = ()

    @classmethod
    def of(cls, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand] = ()) -> Self:
        """Cut out of a picture, (h, w, 3) uint8 BGR; beyond its edge, the edge goes on."""
        low, high = _bounds(mesh)
        scale = min(MOST_HEIGHT / float((high - low).max()), 1.0)
        shift = SIDE / 2 - 0.5 - scale * (low + high) / 2
        corner, near = _near(image, (low + high) / 2, SIDE / scale)
        if scale < _MUCH_SMALLER:
            near = np.asarray(cv2.GaussianBlur(near, (0, 0), 0.4 / scale), np.uint8)
        matrix = np.c_[np.eye(2) * scale, shift + scale * corner]
        square = cv2.warpAffine(near, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        points = mesh.points * np.float32(scale)
        points[:, :2] += shift.astype(np.float32)
        moved = FaceMesh(points, mesh.presence, mesh.expression)
        held = [replace(one, points=(one.points * scale + shift).astype("f4")) for one in hands]
        return cls(np.asarray(square, np.uint8), moved, tuple(held))


def tells_enough(mesh: FaceMesh, hands: Sequence[Hand] = ()) -> bool:
    """Whether a face can be known in this moment: what it does was read, it is near, it is not
    turned far away, and no hand is before most of it."""
    low, high = _bounds(mesh)
    # In two of three frames it was not read, which costs nothing to see.
    if mesh.expression is None or float((high - low).max()) < LEAST_HEIGHT:
        return False
    inside = [((hand.points > low) & (hand.points < high)).all(1).mean() for hand in hands]
    free = all(share <= MOST_OF_A_HAND for share in inside)
    return free and abs(head_pose(mesh).yaw) <= MOST_YAW


def _bounds(mesh: FaceMesh) -> tuple[Floats, Floats]:
    points = mesh.points[: topo.MESH_POINTS, :2]
    return points.min(0), points.max(0)


def _near(image: BgrImage, centre: NDArray[Any], side: float) -> tuple[Floats, BgrImage]:
    """The part of the picture about a place, and its corner: large pictures are slow to blur."""
    last = np.array(image.shape[1::-1]) - 1
    left, top = np.clip(np.floor(centre - side / 2 - 2), 0, last).astype(int)
    right, bottom = np.clip(np.ceil(centre + side / 2 + 2), 0, last).astype(int)
    corner = np.array([left, top], np.float32)
    return corner, image[top : bottom + 1, left : right + 1]

"""Portraits of one person, of moments that differ."""

from collections.abc import Sequence

import numpy as np

from mien.swap.portrait import Portrait, tells_enough
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.hand import Hand
from mien.vision.keypoints import HeadPose, head_pose

# Seconds between two portraits.
APART_S = 0.75
# So many come by time alone; further ones have the head turned so many degrees from all others.
BY_TIME, APART_DEGREES = 4, 4.0


class Album:
    """Takes up to `most` portraits as frames come."""

    def __init__(self, most: int) -> None:
        self.portraits: list[Portrait] = []
        self._most = most
        self._poses: list[HeadPose] = []
        self._last = float("-inf")

    def see(self, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand], seconds: float) -> None:
        """Take in a frame, (h, w, 3) uint8 BGR, in which he can be seen; seconds: its time."""
        if len(self.portraits) >= self._most or abs(seconds - self._last) < APART_S:
            return
        if tells_enough(mesh, hands) and self._is_new(pose := head_pose(mesh)):
            self.portraits.append(Portrait.of(image, mesh, hands))
            self._poses.append(pose)
            self._last = seconds

    def _is_new(self, pose: HeadPose) -> bool:
        if len(self._poses) < BY_TIME:
            return True
        return all(np.linalg.norm(np.subtract(pose, one)) > APART_DEGREES for one in self._poses)

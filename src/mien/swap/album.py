"""Portraits of one person, of moments that differ."""

from collections.abc import Sequence

import numpy as np

from mien.swap.portrait import Portrait, tells_enough
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.hand import Hand
from mien.vision.keypoints import HeadPose, head_pose

# Seconds between two portraits.
APART_S = 0.75
# The same in the beginning of an album that is spread over all it is shown.
SPREAD_APART_S = 0.1
# So many come by time alone; further ones have the head turned so many degrees from all others.
BY_TIME, APART_DEGREES = 4, 4.0


class Album:
    """Takes up to `most` portraits as frames come.

    spread: over all that it is shown, however long or short that is. When it is full, every other
    portrait goes and they come half as often.
    """

    def __init__(self, most: int, spread: bool = False) -> None:
        self.portraits: list[Portrait] = []
        self._most, self._spread = most, spread
        self._apart_s = SPREAD_APART_S if spread else APART_S
        self._poses: list[HeadPose] = []
        self._last = float("-inf")

    def see(self, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand], seconds: float) -> None:
        """Take in a frame, (h, w, 3) uint8 BGR, in which he can be seen; seconds: its time."""
        away = abs(seconds - self._last)
        if away < self._apart_s or (len(self.portraits) >= self._most and not self._spread):
            return
        if tells_enough(mesh, hands) and self._is_new(pose := head_pose(mesh), away):
            self.portraits.append(Portrait.of(image, mesh, hands))
            self._poses.append(pose)
            self._last = seconds
        if len(self.portraits) > self._most:
            self._thin()

    def _is_new(self, pose: HeadPose, away: float) -> bool:
        if len(self._poses) < BY_TIME and away >= APART_S:
            return True
        return all(np.linalg.norm(np.subtract(pose, one)) > APART_DEGREES for one in self._poses)

    def _thin(self) -> None:
        self.portraits, self._poses = self.portraits[::2], self._poses[::2]
        self._apart_s *= 2

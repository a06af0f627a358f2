"""Which level of quality a stream runs at: down before frames are late, up when there is room."""

from collections import deque

import numpy as np

# Shorter sides of a picture up to which a level is meant, by faceswap_quality's documentation.
LEVEL_1_UP_TO, LEVEL_2_UP_TO = 360, 719
# Shares of a frame's time that the slower of the two stages may take.
TOO_MUCH, FAR_TOO_MUCH, ROOM = 0.85, 1.1, 0.5
# In looks, of which there is one a second: so long it must be too much, or have room.
PATIENCE, CAUTION, MOST_CAUTION = 2, 5, 80
ENOUGH_FRAMES = 5


def level_for(width: int, height: int) -> int:
    """The level that suits a picture's size: 1 up to 360p, 2 below 720p, else 3."""
    short = min(width, height)
    return 1 if short <= LEVEL_1_UP_TO else 2 if short <= LEVEL_2_UP_TO else 3


class Governor:
    """Watches how long frames take. wanted: the level asked for, or None to go by size.

    A step up that had to be taken back is tried again only after twice as long.
    """

    def __init__(self, wanted: int | None = None, level: int = 2) -> None:
        self._asked = wanted
        self.wanted = self.level = level if wanted is None else wanted
        self._busy_ms: deque[float] = deque(maxlen=120)
        self._over = self._under = 0
        self._caution = CAUTION
        self._since_up = MOST_CAUTION

    @property
    def why(self) -> str:
        """Why the level is what it is, in words."""
        if self.level < self.wanted:
            return "frames took too long"
        return "by size" if self._asked is None else "as asked"

    def frame(self, busy_ms: float, width: int, height: int) -> None:
        """Take in one frame: the time of its slower stage, and its size."""
        self._busy_ms.append(busy_ms)
        wanted = level_for(width, height) if self._asked is None else self._asked
        if wanted != self.wanted:
            self.wanted = self.level = wanted
            self._over = self._under = 0

    def look(self, frames_per_second: float) -> int:
        """Once a second: the level to run at, with so many frames coming in."""
        if len(self._busy_ms) < ENOUGH_FRAMES or frames_per_second <= 0:
            return self.level
        share = float(np.percentile(self._busy_ms, 90)) * frames_per_second / 1e3
        self._busy_ms.clear()
        self._since_up += 1
        self._over = self._over + 1 if share > TOO_MUCH else 0
        self._under = self._under + 1 if share < ROOM else 0
        if self.level > 1 and (share > FAR_TOO_MUCH or self._over >= PATIENCE):
            self._step_down()
        elif self.level < self.wanted and self._under >= self._caution:
            self.level, self._over, self._under, self._since_up = self.level + 1, 0, 0, 0
        return self.level

    def _step_down(self) -> None:
        in_vain = self._since_up <= 2 * CAUTION
        self._caution = min(2 * self._caution, MOST_CAUTION) if in_vain else CAUTION
        self.level, self._over, self._under = self.level - 1, 0, 0

"""How many sessions fit: processor time a frame, measured, against the cores there are."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mien.live.placement import Capacity

LIVE_FPS = 20.0
GUESSED_CPU_MS = 25.0
"""Before anything was measured: engine, tracking and codecs on an ordinary core."""
TRANSPORT_CPU_MS = 4.0
"""What a frame and its sound cost beside that: packets, encryption, the event loop."""
SLACK = 0.25
"""A live session that takes up to so much of a session more than expected shuts no other out."""


@dataclass(frozen=True)
class CapacityRule:
    """cores: those there are. headroom: the share of them to fill. max_sessions: an operator's
    own number, instead of what is measured. cpu_ms: processor time of one frame, as rehearsed."""

    cores: float
    headroom: float
    max_sessions: int | None = None
    cpu_ms: float = GUESSED_CPU_MS

    @property
    def session_share(self) -> float:
        """Cores that one session takes."""
        return (self.cpu_ms + TRANSPORT_CPU_MS) * LIVE_FPS / 1000

    def capacity(self, live: int, shares: Iterable[float]) -> Capacity:
        """Room with `live` sessions, whose processes report `shares` cores.

        Larger pictures than the measured ones, or other cameras, cost more than expected: then
        what the sessions really take counts.
        """
        if self.max_sessions is not None:
            return Capacity(live, self.max_sessions)
        limit = self._fitting(self.cores * self.headroom)
        unused = self.cores * self.headroom - max(sum(shares), 0.0)
        if live == 0:
            return Capacity(live, max(1, limit))
        more = self._fitting(unused + SLACK * self.session_share)
        return Capacity(live, max(1, min(limit, live + more)))

    def _fitting(self, cores: float) -> int:
        # Two sessions of half a core fit one core, whatever floating point says.
        return max(0, math.floor(cores / self.session_share + 1e-9))

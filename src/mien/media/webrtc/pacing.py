"""When the next packet may leave, so that one picture doesn't fill the line's queue."""

PACE = 2.5
BURST_S = 0.04


class PacingBudget:
    """A bucket that fills with 2.5 times the line's rate and holds 40 ms of it.

    A usual picture leaves at once; the rest of a key frame follows as the line can take it, so
    sound that is sent beside it waits for 40 ms of video at most. Time is an argument.
    """

    def __init__(self, bits_per_second: float) -> None:
        self.bits_per_second = bits_per_second
        self._owed = 0.0  # bits that left ahead of the pace
        self._at: float | None = None

    def wait_s(self, now: float) -> float:
        """Seconds until the next packet may leave."""
        self._settle(now)
        ahead = self._owed - self.bits_per_second * BURST_S
        return max(0.0, ahead / (PACE * self.bits_per_second))

    def spend(self, bits: int, now: float) -> None:
        """A packet leaves."""
        self._settle(now)
        self._owed += bits

    def _settle(self, now: float) -> None:
        if self._at is not None:
            self._owed = max(0.0, self._owed - (now - self._at) * PACE * self.bits_per_second)
        self._at = now

"""How often a key frame may be made, however many ask for one. Time is an argument."""

LEAST_INTERVAL_S = 0.25
LONGEST_INTERVAL_S = 2.0
MOST_SHARE = 0.5


class KeyFrameLimit:
    """Key frames take half of the rate at most: after a large one the next waits."""

    def __init__(self) -> None:
        self._next = float("-inf")

    def allows(self, now: float) -> bool:
        """Whether one may be made now."""
        return now >= self._next

    def made(self, bits: int, bits_per_second: float, now: float) -> None:
        """One was made, of so many bits."""
        interval = bits / (MOST_SHARE * max(bits_per_second, 1.0))
        self._next = now + min(max(interval, LEAST_INTERVAL_S), LONGEST_INTERVAL_S)

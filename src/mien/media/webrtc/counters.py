"""Counters that wrap, and rates over a short time."""

from collections import deque


class Unwrapper:
    """Turns a counter of some bits into one that never wraps.

    Each value is read as the nearest one to the highest so far (RFC 3550, appendix A.1).
    """

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._highest: int | None = None

    def unwrap(self, value: int) -> int:
        """The value without wrap; smaller than the highest when it came late."""
        if self._highest is None:
            # One turn of room, so that a packet just before the first stays positive.
            self._highest = value + self._size
            return self._highest
        ahead = (value - self._highest) % self._size
        if ahead >= self._size // 2:
            ahead -= self._size
        result = self._highest + ahead
        self._highest = max(self._highest, result)
        return result


class Rate:
    """Amounts per second over the last `window_s` seconds."""

    def __init__(self, window_s: float = 1.0) -> None:
        self._window_s = window_s
        self._amounts: deque[tuple[float, float]] = deque()
        self._sum = 0.0

    def add(self, amount: float, now: float) -> None:
        """Count an amount."""
        self._amounts.append((now, amount))
        self._sum += amount
        self._forget(now)

    def per_second(self, now: float) -> float:
        """The rate now."""
        self._forget(now)
        return self._sum / self._window_s

    def _forget(self, now: float) -> None:
        while self._amounts and self._amounts[0][0] < now - self._window_s:
            self._sum -= self._amounts.popleft()[1]


class Average:
    """An exponentially weighted mean."""

    def __init__(self, weight: float = 0.1) -> None:
        self.value = 0.0
        self._weight = weight
        self._empty = True

    def add(self, value: float) -> None:
        """Take one more value in."""
        self.value = value if self._empty else self.value + self._weight * (value - self.value)
        self._empty = False

"""When to ask for lost packets again."""

from dataclasses import dataclass


@dataclass
class _Request:
    sent: int
    last: float


class NackSchedule:
    """Asks at once, then every `interval_s` seconds, at most `attempts` times a packet."""

    def __init__(
        self, *, interval_s: float = 0.05, attempts: int = 4, most_at_once: int = 128
    ) -> None:
        self.interval_s = interval_s
        self._attempts = attempts
        self._most_at_once = most_at_once
        self._requests: dict[int, _Request] = {}

    def due(self, missing: list[int], now: float) -> list[int]:
        """Those of the missing sequence numbers that are to be asked for now."""
        wanted = missing[-self._most_at_once :]
        self._requests = {s: self._requests[s] for s in wanted if s in self._requests}
        return [s for s in wanted if self._ask(s, now)]

    def _ask(self, sequence: int, now: float) -> bool:
        request = self._requests.get(sequence)
        if request is None:
            self._requests[sequence] = _Request(1, now)
            return True
        if request.sent >= self._attempts or now - request.last < self.interval_s:
            return False
        request.sent += 1
        request.last = now
        return True

"""How long each stage of a frame took."""

from collections.abc import Callable


class Stopwatch:
    """Laps in milliseconds by a clock that gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()
        self.laps: dict[str, float] = {}

    def start(self) -> None:
        """Forget all laps and begin anew."""
        self.laps = {}
        self._last = self._clock()

    def lap(self, name: str) -> None:
        """End a stage; stages of the same name add up."""
        now = self._clock()
        self.laps[name] = self.laps.get(name, 0.0) + (now - self._last) * 1e3
        self._last = now

"""The timestamps of a stream that is sent, whatever feeds it."""

from mien.media.webrtc.counters import Unwrapper

CLOCK_RATE = 90_000
MAX_STEP = 10 * CLOCK_RATE


class Timeline:
    """Maps pictures' timestamps to ours: steps stay, but time never goes back or leaps.

    When the source is another one, its clock has nothing to do with the last one's: then the
    time between the two pictures' arrivals counts.
    """

    def __init__(self, start: int) -> None:
        self._unwrapper = Unwrapper(32)
        self._offset = start
        self._last: tuple[int, float] | None = None

    def map(self, timestamp: int, arrived: float) -> int:
        """Our timestamp, unwrapped, 90 kHz; always above the last one."""
        source = self._unwrapper.unwrap(timestamp)
        if self._last is None:
            self._offset -= source
            self._last = (source + self._offset, arrived)
            return self._last[0]
        last, last_arrived = self._last
        if not 0 < source + self._offset - last < MAX_STEP:
            step = int((arrived - last_arrived) * CLOCK_RATE)
            self._offset = last + max(1, min(step, MAX_STEP)) - source
        self._last = (source + self._offset, arrived)
        return self._last[0]

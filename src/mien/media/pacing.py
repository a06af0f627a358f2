"""Keeping live pictures fresh, in step with their sound, and counted. Time is an argument."""

import math
import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """A slot for one value between threads: a newer one replaces what was not yet taken."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: T | None = None
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Values that were replaced before anybody took them."""
        return self._dropped

    def put(self, value: T) -> bool:
        """Offer a value; False when the slot is closed. Never waits for a taker."""
        with self._changed:
            if self._closed:
                return False
            self._dropped += self._value is not None
            self._value = value
            self._changed.notify()
            return True

    def take(self, timeout_s: float | None = None) -> T | None:
        """The newest value, waited for; None when none came in time or the slot is closed.

        Only for threads: on an event loop use `take_now`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._value is not None, timeout_s)
            return self._emptied()

    def take_now(self) -> T | None:
        """The newest value if there is one."""
        with self._changed:
            return self._emptied()

    def close(self) -> None:
        """Wake all who wait; nothing is taken or given from now on."""
        with self._changed:
            self._closed = True
            self._value = None
            self._changed.notify_all()

    def _emptied(self) -> T | None:
        value, self._value = self._value, None
        return value


class RateMeter:
    """Events a second, over a sliding window."""

    def __init__(self, window_s: float = 2.0, most: int = 512) -> None:
        self._window_s = window_s
        self._times: deque[float] = deque(maxlen=most)

    def count(self, now: float) -> None:
        """Say that an event happened at `now` (seconds, never going back)."""
        self._times.append(now)

    def rate(self, now: float) -> float:
        """Events a second over the window before `now`; 0.0 before two have happened."""
        while self._times and now - self._times[0] > self._window_s:
            self._times.popleft()
        if len(self._times) < 2:
            return 0.0
        # n events bound n - 1 intervals; a silence since the last one lowers the rate.
        mean_gap = (self._times[-1] - self._times[0]) / (len(self._times) - 1)
        silence = max(0.0, now - self._times[-1] - mean_gap)
        span = self._times[-1] - self._times[0] + silence
        return (len(self._times) - 1) / span if span > 0 else 0.0


class LipSync:
    """How long to hold sound back, so that it is heard with the picture of the same moment.

    It leaves `lead_s` before the picture, because players hold sound longer than pictures.

    The latency of each picture is smoothed exponentially (time constant `settle_s`), because a
    delay that follows every jitter is heard. Change is taken over only in steps of at least
    `step_s`: each one costs the listener a small stretch or gap.
    """

    def __init__(
        self,
        settle_s: float = 1.0,
        step_s: float = 0.01,
        most_s: float = 0.5,
        lead_s: float = 0.0,
    ) -> None:
        self.lead_s = lead_s
        self._settle_s, self._step_s, self._most_s = settle_s, step_s, most_s
        self._smooth: float | None = None
        self._last = 0.0
        self.delay_s = 0.0

    @property
    def latency_s(self) -> float:
        """The smoothed latency, 0.0 before the first picture."""
        return self._smooth or 0.0

    def measured(self, latency_s: float, now: float) -> float:
        """Take in one picture's latency at `now`; the delay for sound, 0..most_s seconds."""
        latency_s = min(max(latency_s, 0.0), self._most_s)
        if self._smooth is None:
            self._smooth = latency_s
        else:
            share = 1.0 - math.exp(-max(0.0, now - self._last) / self._settle_s)
            self._smooth += share * (latency_s - self._smooth)
        self._last = now
        wanted = max(0.0, self._smooth - self.lead_s)
        if abs(wanted - self.delay_s) >= self._step_s:
            self.delay_s = wanted
        return self.delay_s


class CameraTime:
    """The time of each picture in seconds that only rise, whatever camera sends it.

    Differences are the camera's own (RTP, 90 kHz); after a jump of more than `most_s`, back or
    forward, or with another camera, time goes on with the pictures' arrival.
    """

    CLOCK_RATE = 90_000

    def __init__(self, most_s: float = 1.0) -> None:
        self._most_s = most_s
        self._last: tuple[int, float] | None = None
        self._seconds = 0.0

    def restart(self) -> None:
        """Say that the next picture is another camera's."""
        if self._last is not None:
            self._last = (-1, self._last[1])

    def of(self, rtp_timestamp: int, arrived: float) -> float:
        """Seconds of the picture with this 32-bit RTP timestamp that came at `arrived`."""
        if self._last is not None:
            self._seconds += self._step(rtp_timestamp, arrived, *self._last)
        self._last = (rtp_timestamp, arrived)
        return self._seconds

    def _step(self, timestamp: int, arrived: float, last: int, last_arrived: float) -> float:
        step = ((timestamp - last) & 0xFFFFFFFF) / self.CLOCK_RATE
        if last < 0 or not 0 < step <= self._most_s:
            step = arrived - last_arrived
        return max(step, 1e-3)

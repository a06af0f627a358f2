"""How many bits a second a line carries, from when packets arrive at its other end.

The delay-based half of Google congestion control (draft-ietf-rmcat-gcc-02, section 5): rise while
the line's queue is empty, fall below what arrived when it grows. The loss-based half is in
`bitrate.py`. A pure state machine: times are arguments.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass

from mien.media.webrtc.trendline import DelayTrend, Usage
from mien.media.webrtc.twccreader import Feedback

DECREASE = 0.85
GROWTH_A_SECOND = 1.08
FIRST_GROWTH_A_SECOND = 1.5  # until the line was full once: browsers probe instead
LEAST_STEP = 4_000.0
PACKET_BITS = 1200 * 8
ABOVE_ACKNOWLEDGED = 1.5
MEASURED_S = 0.5
MOST_IN_FLIGHT = 4096
RESPONSE_S = 0.1
# A trend is hard to see in few packets; a queue as long as this is one whatever the trend says.
LONG_QUEUE_S = 0.2
DRIFT_A_SECOND = 1e-3  # between the two clocks, and routes that become longer


@dataclass(frozen=True)
class _Sent:
    at: float
    bits: int


class DelayEstimate:
    """One transport's estimate: packets that leave and feedback on them in, bits a second out."""

    def __init__(self, *, lowest: int, start: int, highest: int) -> None:
        self.bits_per_second = float(start)
        self.round_trip_s: float | None = None
        self._lowest, self._highest = lowest, highest
        self._next = 0
        self._sent: OrderedDict[int, _Sent] = OrderedDict()
        self._trend = DelayTrend()
        self._arrived = _ArrivedRate()
        self._capacity = _Capacity()
        self._changed: float | None = None
        self._decreased = float("-inf")
        self._queue = _Queue()

    def sent(self, size: int, now: float) -> int:
        """A packet of so many bytes leaves: its 16-bit transport-wide number."""
        number = self._next & 0xFFFF
        self._sent[number] = _Sent(now, size * 8)
        self._next += 1
        if len(self._sent) > MOST_IN_FLIGHT:
            self._sent.popitem(last=False)
        return number

    def heard(self, feedback: Feedback, now: float) -> None:
        """The receiver told what came."""
        newest: _Sent | None = None
        for number, arrived in feedback.arrivals:
            sent = self._sent.pop(number, None) if arrived is not None else None
            if sent is None or arrived is None:
                continue
            newest = sent
            self._trend.add(sent.at, arrived)
            self._arrived.add(sent.bits, arrived)
            self._queue.add(sent.at, arrived)
        if newest is not None:
            self._measure_round_trip(now - newest.at)
            self._adjust(now)

    def _measure_round_trip(self, seconds: float) -> None:
        before = self.round_trip_s
        self.round_trip_s = seconds if before is None else before + 0.125 * (seconds - before)

    def _adjust(self, now: float) -> None:
        elapsed = 0.0 if self._changed is None else min(now - self._changed, 1.0)
        self._changed = now
        if self._trend.usage is Usage.OVER or self._queue.seconds > LONG_QUEUE_S:
            self._decrease(now)
        elif self._trend.usage is Usage.NORMAL:
            self._increase(elapsed)
        self.bits_per_second = min(max(self.bits_per_second, self._lowest), self._highest)

    def _decrease(self, now: float) -> None:
        arrived = self._arrived.per_second()
        pause = min(max(self.round_trip_s or 0.0, 0.01), 0.2)
        if arrived is None:
            return
        if now - self._decreased < pause and arrived > self.bits_per_second / 2:
            return  # the last decrease is not felt yet
        self._decreased = now
        self._capacity.full_at(arrived)
        self.bits_per_second = min(self.bits_per_second, DECREASE * arrived)

    def _increase(self, elapsed: float) -> None:
        arrived = self._arrived.per_second()
        if arrived is not None and self._capacity.exceeded_by(arrived):
            self._capacity = _Capacity(known=True)
        if self._capacity.is_near(self.bits_per_second):
            response_s = (self.round_trip_s or 0.0) + RESPONSE_S
            grown = self.bits_per_second + max(LEAST_STEP, PACKET_BITS / response_s) * elapsed
        else:
            growth = GROWTH_A_SECOND if self._capacity.known else FIRST_GROWTH_A_SECOND
            grown = self.bits_per_second * growth**elapsed
        # What was never tried is not known: an encoder that idles must not let it rise for ever.
        if arrived is not None:
            grown = min(grown, max(self.bits_per_second, ABOVE_ACKNOWLEDGED * arrived + 10_000))
        self.bits_per_second = grown


class _Queue:
    """How long packets wait on the line: their way now, less the shortest."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._least: tuple[float, float] | None = None

    def add(self, sent: float, arrived: float) -> None:
        way = arrived - sent
        if self._least is None:
            self._least = (way, sent)
        least = self._least[0] + (sent - self._least[1]) * DRIFT_A_SECOND
        self._least = (min(way, least), sent)
        self.seconds = way - self._least[0]


class _ArrivedRate:
    """Bits a second at the other end, over the last half second of its clock."""

    def __init__(self) -> None:
        self._packets: deque[tuple[float, int]] = deque()
        self._bits = 0

    def add(self, bits: int, arrived: float) -> None:
        if self._packets and arrived < self._packets[-1][0] - MEASURED_S:
            self._packets.clear()  # the receiver's clock wrapped or was set
            self._bits = 0
        self._packets.append((arrived, bits))
        self._bits += bits
        while arrived - self._packets[0][0] > MEASURED_S:
            self._bits -= self._packets.popleft()[1]

    def per_second(self) -> float | None:
        if len(self._packets) < 2:
            return None
        span = self._packets[-1][0] - self._packets[0][0]
        if span < MEASURED_S / 2:
            return None
        # n packets bound n - 1 intervals.
        return (self._bits - self._packets[0][1]) / span


class _Capacity:
    """Where the line was full: mean and deviation of what arrived then, in bits a second."""

    def __init__(self, *, known: bool = False) -> None:
        self.known = known
        self._mean: float | None = None
        self._variance = 0.4  # relative to the mean, as in the draft

    def full_at(self, arrived: float) -> None:
        self.known = True
        if self._mean is None or abs(arrived - self._mean) > 3 * self._deviation():
            self._mean, self._variance = arrived, 0.4
            return
        error = self._mean - arrived
        self._mean = 0.95 * self._mean + 0.05 * arrived
        relative = error * error / max(self._mean, 1.0) / 1000
        self._variance = min(max(0.95 * self._variance + 0.05 * relative, 0.4), 2.5)

    def is_near(self, rate: float) -> bool:
        return self._mean is not None and rate > self._mean - 3 * self._deviation()

    def exceeded_by(self, arrived: float) -> bool:
        return self._mean is not None and arrived > self._mean + 3 * self._deviation()

    def _deviation(self) -> float:
        return 0.0 if self._mean is None else (self._variance * self._mean * 1000) ** 0.5

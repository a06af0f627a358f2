"""Whether a line's queue grows, by how the delays of packets change.

The estimator and detector of Google congestion control (draft-ietf-rmcat-gcc-02, sections 5.2
to 5.5), with a trend line in the place of the Kalman filter, as browsers have it. A pure state
machine: times are arguments.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum

GROUP_S = 0.005  # packets that left within this time are one burst
WINDOW = 20
SMOOTHING = 0.9
GAIN = 4.0
MOST_DELTAS = 60
OVERUSE_MS = 10.0
THRESHOLD_MS = 12.5
LEAST_THRESHOLD_MS, MOST_THRESHOLD_MS = 6.0, 600.0
THRESHOLD_UP, THRESHOLD_DOWN = 0.0087, 0.039
OUTLIER_MS = 15.0
LONGEST_PAUSE_S = 3.0
MOST_OVERTAKEN = 3  # groups in a row; more of them, and the receiver's clock was set


class Usage(Enum):
    """What the line's queue does."""

    NORMAL = "normal"
    OVER = "over"  # it grows
    UNDER = "under"  # it drains


@dataclass
class _Group:
    first_sent: float
    sent: float
    arrived: float


class DelayTrend:
    """Packets' departures and arrivals in; the state of the queue out."""

    def __init__(self) -> None:
        self.usage = Usage.NORMAL
        self._group: _Group | None = None
        self._before: _Group | None = None
        self._line = _TrendLine()
        self._detector = _Detector()
        self._overtaken = 0

    def add(self, sent: float, arrived: float) -> None:
        """One packet that came; the two clocks need not agree.

        A packet of an earlier group, which later ones overtook, says nothing of the queue now.
        """
        group = self._group
        if group is None:
            self._group = _Group(sent, sent, arrived)
        elif sent < group.first_sent:
            return
        elif sent - group.first_sent <= GROUP_S:
            group.sent = max(group.sent, sent)
            group.arrived = max(group.arrived, arrived)
        else:
            self._complete(group)
            self._group = _Group(sent, sent, arrived)

    def _complete(self, group: _Group) -> None:
        before = self._before
        if before is not None and self._was_overtaken(before, group):
            return
        self._before = group
        if before is None:
            return
        sent_ms = (group.sent - before.sent) * 1e3
        arrived_ms = (group.arrived - before.arrived) * 1e3
        if not 0 <= sent_ms < LONGEST_PAUSE_S * 1e3 or arrived_ms < 0:
            self._line = _TrendLine()  # a pause, or a clock that was set
            return
        slope = self._line.add(arrived_ms - sent_ms, group.arrived * 1e3)
        self.usage = self._detector.judge(slope, self._line.count, sent_ms, group.arrived * 1e3)

    def _was_overtaken(self, before: _Group, group: _Group) -> bool:
        self._overtaken = self._overtaken + 1 if group.arrived < before.arrived else 0
        return 0 < self._overtaken <= MOST_OVERTAKEN


class _TrendLine:
    """The slope of the smoothed, summed delay over the last groups."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = self._smooth = 0.0
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)

    def add(self, delay_ms: float, at_ms: float) -> float:
        self.count += 1
        self._sum += delay_ms
        self._smooth = SMOOTHING * self._smooth + (1 - SMOOTHING) * self._sum
        self._points.append((at_ms, self._smooth))
        return self._slope() if len(self._points) == WINDOW else 0.0

    def _slope(self) -> float:
        mean_x = sum(x for x, _ in self._points) / len(self._points)
        mean_y = sum(y for _, y in self._points) / len(self._points)
        spread = sum((x - mean_x) ** 2 for x, _ in self._points)
        if spread == 0:
            return 0.0
        return sum((x - mean_x) * (y - mean_y) for x, y in self._points) / spread


class _Detector:
    """Compares the trend with a threshold that adapts, so that other traffic is lived with."""

    def __init__(self) -> None:
        self._usage = Usage.NORMAL
        self._threshold = THRESHOLD_MS
        self._over_ms = 0.0
        self._overs = 0
        self._slope = 0.0
        self._adapted: float | None = None

    def judge(self, slope: float, count: int, step_ms: float, now_ms: float) -> Usage:
        if count < 2:
            return Usage.NORMAL
        trend = min(count, MOST_DELTAS) * slope * GAIN
        if trend > self._threshold:
            self._count_over(slope, step_ms)
        else:
            self._over_ms, self._overs = 0.0, 0
            self._usage = Usage.UNDER if trend < -self._threshold else Usage.NORMAL
        self._slope = slope
        self._adapt(trend, now_ms)
        return self._usage

    def _count_over(self, slope: float, step_ms: float) -> None:
        self._over_ms += step_ms if self._overs else step_ms / 2
        self._overs += 1
        if self._over_ms > OVERUSE_MS and self._overs > 1 and slope >= self._slope:
            self._over_ms, self._overs = 0.0, 0
            self._usage = Usage.OVER

    def _adapt(self, trend: float, now_ms: float) -> None:
        last, self._adapted = self._adapted, now_ms
        distance = abs(trend) - self._threshold
        if last is None or distance > OUTLIER_MS:
            return
        gain = THRESHOLD_UP if distance > 0 else THRESHOLD_DOWN
        moved = self._threshold + gain * distance * min(now_ms - last, 100.0)
        self._threshold = min(max(moved, LEAST_THRESHOLD_MS), MOST_THRESHOLD_MS)

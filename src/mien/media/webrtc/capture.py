"""When what arrives was captured, in seconds of our own clock. Times are arguments."""

from collections.abc import Collection

from aiortc.rtp import RtcpSrPacket

from mien.media.webrtc.counters import Unwrapper

CLOCK_RATES = {"video": 90_000, "audio": 48_000}
DRIFT_A_SECOND = 1e-3  # between the two clocks, and routes that become longer
MOST_S = 2.0
ROUNDING_S = 0.05
NTP_SECOND = 1 << 32
HALF = 1 << 31


class CaptureClock:
    """One sender's sound and picture on one clock: when each was captured, plus the shortest way.

    The sender's reports (RFC 3550, section 6.4) tie both to its own clock. Until both are tied,
    or where what a report says can't be, the shortest way among the medium's own packets counts.
    """

    def __init__(self, kinds: Collection[str]) -> None:
        self._kinds = frozenset(kinds)
        self._reports: dict[str, tuple[float, int]] = {}
        self._reports_way = _ShortestWay()
        self._ways = {kind: _ShortestWay() for kind in kinds}
        self._unwrappers = {kind: Unwrapper(32) for kind in kinds}

    def on_report(self, kind: str, report: RtcpSrPacket, ssrc: int, now: float) -> None:
        """A sender report came; one on another source than ssrc is ignored."""
        if report.ssrc != ssrc:
            return
        seconds = report.sender_info.ntp_timestamp / NTP_SECOND
        self._reports[kind] = seconds, report.sender_info.rtp_timestamp
        self._reports_way.begun(seconds, now)

    def captured(self, kind: str, timestamp: int, arrived: float) -> float:
        """When a packet's or picture's first sample was captured; never after it arrived."""
        sent = self._unwrappers[kind].unwrap(timestamp) / CLOCK_RATES[kind]
        alone = self._ways[kind].begun(sent, arrived)
        tied = self._tied(kind, timestamp)
        if tied is None or not -ROUNDING_S <= arrived - tied <= MOST_S:
            tied = alone
        return min(tied, arrived)

    def _tied(self, kind: str, timestamp: int) -> float | None:
        if len(self._kinds) < 2 or self._reports.keys() != self._kinds:
            return None
        seconds, reported = self._reports[kind]
        since = ((timestamp - reported + HALF) % (2 * HALF) - HALF) / CLOCK_RATES[kind]
        return seconds + since + self._reports_way.seconds


class _ShortestWay:
    """The least difference between two clocks, across which things travel one way."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._at: float | None = None

    def begun(self, sent: float, arrived: float) -> float:
        """When a thing left, on the clock of its arrival, had it gone the shortest way."""
        way = arrived - sent
        longest = self.seconds + MOST_S
        if self._at is None or way > longest:  # the first, or the sender's clock was set
            self.seconds = way
        else:
            self.seconds = min(way, self.seconds + max(0.0, arrived - self._at) * DRIFT_A_SECOND)
        self._at = arrived
        return sent + self.seconds

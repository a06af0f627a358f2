"""How well one incoming stream arrives, for RTCP receiver reports (RFC 3550, section 6.4)."""

from aiortc.rtp import RtcpReceiverInfo, RtcpSrPacket, clamp_packets_lost

from mien.media.webrtc.counters import Unwrapper

FRACTION = 256
NTP_SHORT = 65536


class Reception:
    """Counts packets of one source."""

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.loss = 0.0
        self._clock_rate = clock_rate
        self._unwrapper = Unwrapper(16)
        self._first: int | None = None
        self._highest = 0
        self._received = 0
        self._before = (0, 0)
        self._transit: float | None = None
        self._jitter = 0.0
        self._sender_report: tuple[int, float] | None = None

    def add(self, sequence: int, timestamp: int, now: float) -> int:
        """Count a packet; returns its sequence number without wrap."""
        number = self._unwrapper.unwrap(sequence)
        if self._first is None:
            self._first = number
        self._highest = max(self._highest, number)
        self._received += 1
        self._add_jitter(timestamp, now)
        return number

    def on_sender_report(self, packet: RtcpSrPacket, now: float) -> None:
        """Remember when the sender last reported, so that it can measure the round trip."""
        if packet.ssrc == self.ssrc:
            self._sender_report = (packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF, now)

    def report(self, now: float) -> RtcpReceiverInfo:
        """The report on what came since the last one."""
        expected = 0 if self._first is None else self._highest - self._first + 1
        lost = self._lost_since_last(expected)
        stamp, delay = self._echo(now)
        return RtcpReceiverInfo(
            ssrc=self.ssrc,
            fraction_lost=lost,
            packets_lost=clamp_packets_lost(expected - self._received),
            highest_sequence=self._highest & 0xFFFFFFFF,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            lsr=stamp,
            dlsr=delay,
        )

    def _lost_since_last(self, expected: int) -> int:
        wanted = expected - self._before[0]
        lost = wanted - (self._received - self._before[1])
        self._before = (expected, self._received)
        self.loss = max(0.0, lost / wanted) if wanted > 0 else 0.0
        return min(FRACTION - 1, int(self.loss * FRACTION))

    def _echo(self, now: float) -> tuple[int, int]:
        if self._sender_report is None:
            return 0, 0
        stamp, at = self._sender_report
        return stamp, min(int((now - at) * NTP_SHORT), 0xFFFFFFFF)

    def _add_jitter(self, timestamp: int, now: float) -> None:
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit)
            if difference < self._clock_rate:  # a wrap or jump is no jitter
                self._jitter += (difference - self._jitter) / 16
        self._transit = transit

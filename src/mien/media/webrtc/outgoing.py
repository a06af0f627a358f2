"""One RTP stream that is sent: headers, retransmission, sender reports."""

from collections import OrderedDict
from collections.abc import Callable
from struct import pack

from aiortc import clock as wall
from aiortc.rtp import (
    AnyRtcpPacket,
    HeaderExtensions,
    HeaderExtensionsMap,
    RtcpRrPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    RtpPacket,
    pack_header_extensions,
    wrap_rtx,
)

from mien.media.webrtc import twcc
from mien.media.webrtc.answer import ABS_SEND_TIME, PLAYOUT_DELAY, LocalSource
from mien.media.webrtc.bitrate import LossWindow
from mien.media.webrtc.congestion import DelayEstimate
from mien.media.webrtc.counters import Rate
from mien.media.webrtc.dtls import MediaTransport

HISTORY = 512
SDES_CNAME = 1
NTP_SHORT = 65536
HEADER_BYTES = 32  # RTP with extensions, and what SRTP adds
# 12 bits of least and 12 bits of greatest delay, in 10 ms: show every picture at once, but where
# sound is late wait for it a little. With no room to wait, browsers leave sound 50 ms behind.
LITTLE_PLAYOUT_DELAY = bytes([0, 0, 4])


class OutgoingExtensions(HeaderExtensionsMap):
    """Writes the extensions that were negotiated; aiortc's own knows no playout delay."""

    def __init__(self, ids: dict[str, int]) -> None:
        super().__init__()
        self._ids = ids

    def set(self, values: HeaderExtensions) -> tuple[int, bytes]:
        """(profile, bytes) of the extension block."""
        extensions: list[tuple[int, bytes]] = []
        if PLAYOUT_DELAY in self._ids:
            extensions.append((self._ids[PLAYOUT_DELAY], LITTLE_PLAYOUT_DELAY))
        if ABS_SEND_TIME in self._ids and values.abs_send_time is not None:
            extensions.append((self._ids[ABS_SEND_TIME], pack("!L", values.abs_send_time)[1:]))
        if twcc.URI in self._ids and values.transport_sequence_number is not None:
            number = pack("!H", values.transport_sequence_number)
            extensions.append((self._ids[twcc.URI], number))
        return pack_header_extensions(extensions)


class OutgoingStream:
    """Numbers, sends, remembers and resends packets of one source."""

    def __init__(
        self,
        transport: MediaTransport,
        source: LocalSource,
        payload_type: int,
        *,
        rtx_payload_type: int | None,
        extensions: dict[str, int],
        clock_rate: int,
        clock: Callable[[], float],
        estimate: DelayEstimate | None = None,
    ) -> None:
        self.ssrc = source.ssrc
        self.packets = self.octets = self.resent = 0
        self.loss = 0.0
        self.round_trip_s: float | None = None
        self.rate = Rate()
        self._transport = transport
        self._source = source
        self._payload_type = payload_type
        self._rtx_payload_type = rtx_payload_type
        self._rtx_sequence = 0
        self._extensions = OutgoingExtensions(extensions)
        self._clock_rate, self._clock = clock_rate, clock
        self._estimate = estimate
        self._resent: dict[int, float] = {}
        self._history: OrderedDict[int, RtpPacket] = OrderedDict()
        self._last: tuple[float, int] | None = None
        self._reported: dict[int, float] = {}
        self._window = LossWindow()

    async def send(
        self, payload: bytes, *, sequence: int, timestamp: int, marker: bool, moment: float
    ) -> None:
        """Send one payload; sequence and timestamp wrap here. moment: when it was captured."""
        packet = RtpPacket(
            payload_type=self._payload_type,
            marker=int(marker),
            sequence_number=sequence & 0xFFFF,
            timestamp=timestamp & 0xFFFFFFFF,
            ssrc=self.ssrc,
            payload=payload,
        )
        if self._rtx_payload_type is not None:
            self._remember(packet)
        self._last = (moment, timestamp)
        self.packets += 1
        self.octets += len(payload)
        await self._write(packet)

    async def resend(self, sequence: int) -> int:
        """Send a packet again that the receiver misses; bytes of it, 0 if it isn't kept.

        A second request within the round trip is about the same hole, and is left out.
        """
        packet, now = self._history.get(sequence), self._clock()
        if packet is None or self._rtx_payload_type is None or self._source.rtx_ssrc is None:
            return 0
        if now - self._resent.get(sequence, float("-inf")) < (self.round_trip_s or 0.0):
            return 0
        self._resent[sequence] = now
        self._rtx_sequence = self._rtx_sequence + 1 & 0xFFFF
        self.resent += 1
        await self._write(
            wrap_rtx(packet, self._rtx_payload_type, self._rtx_sequence, self._source.rtx_ssrc)
        )
        return len(packet.payload)

    def sender_report(self, cname: str) -> list[AnyRtcpPacket]:
        """A sender report and source description; nothing before the first packet.

        The receiver plays sound and picture in step by what the reports say was captured now.
        """
        if self._last is None:
            return []
        (moment, sent), now, ntp = self._last, self._clock(), wall.current_ntp_time()
        timestamp = sent + round((now - moment) * self._clock_rate) & 0xFFFFFFFF
        self._reported = {ntp >> 16 & 0xFFFFFFFF: now}
        info = RtcpSenderInfo(ntp, timestamp, self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF)
        name = RtcpSourceInfo(self.ssrc, [(SDES_CNAME, cname.encode())])
        return [RtcpSrPacket(self.ssrc, info), RtcpSdesPacket([name])]

    def on_report(self, packet: RtcpRrPacket | RtcpSrPacket) -> tuple[int, int] | None:
        """Learn from the receiver's report; (lost, expected) once enough is known for it."""
        report = next((r for r in packet.reports if r.ssrc == self.ssrc), None)
        if report is None:
            return None
        now, sent = self._clock(), self._reported.get(report.lsr)
        if sent is not None:
            self.round_trip_s = max(0.0, now - sent - report.dlsr / NTP_SHORT)
        window = self._window.add(report.highest_sequence, report.packets_lost, now)
        if window is not None:
            self.loss = window[0] / window[1]
        return window

    def _remember(self, packet: RtpPacket) -> None:
        self._history[packet.sequence_number] = packet
        if len(self._history) > HISTORY:
            oldest, _ = self._history.popitem(last=False)
            self._resent.pop(oldest, None)

    async def _write(self, packet: RtpPacket) -> None:
        packet.extensions.abs_send_time = wall.current_ntp_time() >> 14 & 0xFFFFFF
        if self._estimate is not None:
            size = len(packet.payload) + HEADER_BYTES
            packet.extensions.transport_sequence_number = self._estimate.sent(size, self._clock())
        data = packet.serialize(self._extensions)
        self.rate.add(len(data) * 8, self._clock())
        await self._transport.send(data)

"""One peer's outgoing video: what a rendition encoded, numbered, paced and repaired for it."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    unpack_remb_fci,
)

from mien.media.webrtc.bitrate import BitrateTarget
from mien.media.webrtc.congestion import DelayEstimate
from mien.media.webrtc.counters import Average
from mien.media.webrtc.encoder import EncodedPicture
from mien.media.webrtc.outgoing import OutgoingStream
from mien.media.webrtc.pacing import PacingBudget
from mien.media.webrtc.picture import VideoPicture
from mien.media.webrtc.tasks import start_logged
from mien.media.webrtc.timeline import Timeline
from mien.media.webrtc.twccreader import read_feedback

# What waits longer is thrown away: the viewer goes on with the next key frame.
MOST_WAITING_S = 1.0
MOST_REPAIRS = 256
LEAST_ROUND_TRIP_S = 0.05


@dataclass(frozen=True)
class _Packet:
    payload: bytes
    timestamp: int
    marker: bool
    moment: float


class VideoSender:
    """Takes encoded pictures from the rendition that it has joined; a key frame comes first.

    sound_bitrate: what sound takes of the line, in bits a second; video gets the rest.
    """

    def __init__(
        self,
        stream: OutgoingStream,
        codec: str,
        target: BitrateTarget,
        *,
        estimate: DelayEstimate | None = None,
        sequence: int,
        timestamp_offset: int,
        clock: Callable[[], float],
    ) -> None:
        self.stream, self.codec, self.target = stream, codec, target
        self.frames = self.key_frames = self.key_frame_requests = self.overtaken = 0
        self.encode_ms = Average()
        self.size: tuple[int, int] | None = None
        self.started = False
        self.rung: tuple[str, bool] | None = None
        self.wants_key_frame = True
        self.sound_bitrate: Callable[[float], float] = lambda now: 0.0
        self._estimate = estimate
        self._clock = clock
        self._starved = True
        self._key_sent = float("-inf")
        self._sequence = sequence
        self._timeline = Timeline(timestamp_offset)
        self._budget = PacingBudget(target.bits_per_second)
        self._waiting: deque[_Packet] = deque()
        self._waiting_bits = 0
        self._repairs: deque[int] = deque(maxlen=MOST_REPAIRS)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def bits_per_second(self) -> int:
        """What its line has for video: sound comes first."""
        return self.target.less(self.sound_bitrate(self._clock()))

    @property
    def backlog_s(self) -> float:
        """How long what waits takes to leave."""
        return self._waiting_bits / max(self.target.bits_per_second, 1)

    def start(self) -> None:
        """Begin to send."""
        self.started = True
        self._task = start_logged(self._run(), "send-video")

    def join(self, rung: tuple[str, bool]) -> None:
        """Take another rendition's pictures, from its next key frame on."""
        self.rung = rung
        self._starve()

    def offer(self, encoded: EncodedPicture, picture: VideoPicture, encode_ms: float) -> None:
        """Send this picture after those that wait, unless it can't be decoded without others."""
        if not encoded.payloads:
            return
        if self.backlog_s > MOST_WAITING_S:
            self._waiting.clear()
            self._waiting_bits = 0
            self._starve()
        if self._starved and not encoded.is_key:
            self.overtaken += 1
            return
        if encoded.is_key:
            self._starved = self.wants_key_frame = False
            self._key_sent = self._clock()
            self.key_frames += 1
        self.frames += 1
        self.size = encoded.size
        self.encode_ms.add(encode_ms)
        timestamp = self._timeline.map(picture.rtp_timestamp, picture.arrived)
        self._enqueue(encoded.payloads, timestamp, picture.moment)

    async def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        """Obey the receiver's reports and requests."""
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            window = self.stream.on_report(packet)
            if window is not None:
                self.target.on_loss(*window)
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            self._repairs.extend(packet.lost)
            self._wake.set()
        elif isinstance(packet, RtcpPsfbPacket):
            self._on_picture_feedback(packet)

    def on_transport_feedback(self, packet: bytes) -> None:
        """Learn from what the receiver says of every packet; malformed feedback is ignored."""
        if self._estimate is None:
            return
        try:
            feedback = read_feedback(packet)
        except ValueError:
            return
        self._estimate.heard(feedback, self._clock())
        self.target.on_estimate(int(self._estimate.bits_per_second))

    async def close(self) -> None:
        """End the task."""
        self.started = False
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _starve(self) -> None:
        self._starved = self.wants_key_frame = True

    def _on_picture_feedback(self, packet: RtcpPsfbPacket) -> None:
        if packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            self.key_frame_requests += 1
            # A request that left before the last key frame can have come is answered by it.
            round_trip_s = max(self.stream.round_trip_s or 0.0, LEAST_ROUND_TRIP_S)
            if self._clock() - self._key_sent > round_trip_s:
                self.wants_key_frame = True
        elif packet.fmt == RTCP_PSFB_APP:
            try:
                rate, ssrcs = unpack_remb_fci(packet.fci)
            except ValueError:
                return
            if self.stream.ssrc in ssrcs:
                self.target.on_estimate(rate)

    def _enqueue(self, payloads: list[bytes], timestamp: int, moment: float) -> None:
        last = len(payloads) - 1
        for index, payload in enumerate(payloads):
            self._waiting.append(_Packet(payload, timestamp, index == last, moment))
            self._waiting_bits += len(payload) * 8
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._repairs or self._waiting:
                self._budget.bits_per_second = self.target.bits_per_second
                wait_s = self._budget.wait_s(self._clock())
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                    continue
                await self._send_next()

    async def _send_next(self) -> None:
        if self._repairs:
            size = await self.stream.resend(self._repairs.popleft())
        else:
            packet = self._waiting.popleft()
            size = len(packet.payload)
            self._waiting_bits -= size * 8
            await self.stream.send(
                packet.payload,
                sequence=self._sequence,
                timestamp=packet.timestamp,
                marker=packet.marker,
                moment=packet.moment,
            )
            self._sequence += 1
        self._budget.spend(size * 8, self._clock())

"""Incoming video: packets to pictures, and the feedback that keeps them coming."""

from collections.abc import Callable
from dataclasses import replace

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
    unwrap_rtx,
)

from mien.errors import MediaRejected
from mien.media.webrtc.assembler import Fragment, FrameAssembler
from mien.media.webrtc.capture import CaptureClock
from mien.media.webrtc.config import PeerConfig
from mien.media.webrtc.counters import Rate, Unwrapper
from mien.media.webrtc.decoder import FORMATS, VideoDecoder
from mien.media.webrtc.decoding import DecodingThread
from mien.media.webrtc.dtls import MediaTransport
from mien.media.webrtc.nack import NackSchedule
from mien.media.webrtc.picture import VideoPicture
from mien.media.webrtc.reception import Reception
from mien.media.webrtc.twcc import FeedbackBuilder

CLOCK_RATE = 90_000
KEY_FRAME_INTERVAL_S = 0.3
LEAST_NACK_INTERVAL_S = 0.05
MOST_PATIENCE_S = 0.6


class VideoReceiver:
    """One incoming video stream, with its retransmissions."""

    def __init__(
        self,
        transport: MediaTransport,
        codec: RTCRtpCodecParameters,
        rtx: RTCRtpCodecParameters | None,
        *,
        ssrc: int,
        config: PeerConfig,
        clock: Callable[[], float],
        on_picture: Callable[[VideoPicture], None],
        on_refused: Callable[[MediaRejected], None],
        capture: CaptureClock | None = None,
    ) -> None:
        self.capture = capture or CaptureClock(["video"])
        self.codec = codec.name.upper()
        self.frames = self.key_frame_requests = 0
        self.reception: Reception | None = None
        self.rate = Rate()
        self.feedback = FeedbackBuilder()
        self._format = FORMATS[codec.name.upper()]
        self._transport, self._ssrc, self._clock = transport, ssrc, clock
        self._payload_type = codec.payloadType
        self._rtx_payload_type = rtx.payloadType if rtx else None
        self._patience_s = self._least_patience_s = config.hole_patience_s
        self._nack = NackSchedule()
        self._repaired = Unwrapper(16)
        self._asked: float | None = None
        self._refused = False
        self._on_picture, self._on_refused = on_picture, on_refused
        self.assembler = self._new_assembler()
        self.decoding = DecodingThread(
            VideoDecoder(self._format, config.max_frame_pixels),
            on_picture=self._deliver,
            on_broken=self.request_key_frame,
            on_refused=self._refuse,
        )

    async def on_rtp(self, packet: RtpPacket) -> None:
        """Take in a packet of the stream or of its retransmissions."""
        now = self._clock()
        self.rate.add(len(packet.payload) * 8, now)
        if packet.extensions.transport_sequence_number is not None:
            self.feedback.add(packet.extensions.transport_sequence_number, now)
        if self._refused:
            return
        if packet.payload_type == self._rtx_payload_type:
            self._on_repair(packet, now)
        elif packet.payload_type == self._payload_type:
            self._on_media(packet, now)
        self._release(now)
        await self._repair(now)

    async def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        """Take in a sender report."""
        if isinstance(packet, RtcpSrPacket) and self.reception is not None:
            self.reception.on_sender_report(packet, self._clock())
            self.capture.on_report("video", packet, self.reception.ssrc, self._clock())

    async def tick(self, now: float) -> None:
        """Give up holes whose time is over and repeat requests; call every 20 ms or so."""
        if not self._refused:
            self._release(now)
            await self._repair(now)

    def expect_repairs_in(self, seconds: float) -> None:
        """Wait for a hole as long as two requests for it take, within reason."""
        self._nack.interval_s = max(LEAST_NACK_INTERVAL_S, seconds * 1.1)
        self._patience_s = min(
            max(self._least_patience_s, seconds * 2.5), max(MOST_PATIENCE_S, self._least_patience_s)
        )
        self.assembler.patience_s = self._patience_s

    async def send_feedback(self) -> None:
        """Tell the sender's bandwidth estimator what came; call every 50 ms or so."""
        media_ssrc = self.reception.ssrc if self.reception else 0
        feedback = self.feedback.build(self._ssrc, media_ssrc)
        if feedback is not None:
            await self._transport.send(feedback)

    def report(self, now: float) -> list[RtcpReceiverInfo]:
        """The receiver report's block, once something came."""
        return [self.reception.report(now)] if self.reception else []

    def request_key_frame(self) -> None:
        """Show nothing more until a key frame came, and ask for one."""
        self.assembler.lose()

    async def close(self) -> None:
        """End the decoder's thread."""
        await self.decoding.close()

    def _new_assembler(self) -> FrameAssembler:
        return FrameAssembler(self._format.is_key, patience_s=self._patience_s)

    def _on_media(self, packet: RtpPacket, now: float) -> None:
        if self.reception is None or self.reception.ssrc != packet.ssrc:
            # The sender began anew: its numbers have nothing to do with the old ones.
            self.reception = Reception(packet.ssrc, CLOCK_RATE)
            self._repaired = Unwrapper(16)
            self.assembler = self._new_assembler()
        self.reception.add(packet.sequence_number, packet.timestamp, now)
        self._push(packet, now)

    def _on_repair(self, packet: RtpPacket, now: float) -> None:
        if self.reception is None or len(packet.payload) < 2 or self._payload_type is None:
            return  # a probe, or a repair of something unknown
        self._push(unwrap_rtx(packet, self._payload_type, self.reception.ssrc), now)

    def _push(self, packet: RtpPacket, now: float) -> None:
        try:
            data = self._format.depayload(packet.payload) if packet.payload else b""
        except ValueError:
            return
        number = self._repaired.unwrap(packet.sequence_number)
        self.assembler.push(Fragment(number, packet.timestamp, bool(packet.marker), data, now))

    def _release(self, now: float) -> None:
        while (frame := self.assembler.pop(now)) is not None:
            self.frames += 1
            self.decoding.put(frame)

    async def _repair(self, now: float) -> None:
        if self.reception is None:
            return
        lost = self._nack.due(self.assembler.missing(), now)
        if lost:
            numbers = sorted(n & 0xFFFF for n in lost)
            await self._transport.send(
                bytes(RtcpRtpfbPacket(RTCP_RTPFB_NACK, self._ssrc, self.reception.ssrc, numbers))
            )
        due = self._asked is None or now - self._asked >= KEY_FRAME_INTERVAL_S
        if self.assembler.needs_key_frame and due:
            self._asked = now
            self.key_frame_requests += 1
            await self._transport.send(
                bytes(RtcpPsfbPacket(RTCP_PSFB_PLI, self._ssrc, self.reception.ssrc))
            )

    def _deliver(self, picture: VideoPicture) -> None:
        captured = self.capture.captured("video", picture.rtp_timestamp, picture.arrived)
        self._on_picture(replace(picture, captured=captured))

    def _refuse(self, error: MediaRejected) -> None:
        self._refused = True
        self._on_refused(error)

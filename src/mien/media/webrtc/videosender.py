"""Outgoing video: the newest picture, encoded in a thread, with its own timing."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import av
import cv2
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
from mien.media.webrtc.counters import Average
from mien.media.webrtc.encoder import EncodedPicture, VideoEncoder
from mien.media.webrtc.outgoing import OutgoingStream
from mien.media.webrtc.picture import VideoPicture
from mien.media.webrtc.tasks import start_logged
from mien.media.webrtc.timeline import Timeline

KEY_FRAME_INTERVAL_S = 0.25


class VideoSender:
    """Encodes and sends pictures; one that a newer overtook is never encoded."""

    def __init__(
        self,
        stream: OutgoingStream,
        encoder: VideoEncoder,
        target: BitrateTarget,
        *,
        sequence: int,
        timestamp_offset: int,
        clock: Callable[[], float],
    ) -> None:
        self.stream = stream
        self.target = target
        self.frames = self.failed = self.overtaken = self.key_frames = self.key_frame_requests = 0
        self.encode_ms = Average()
        self.size: tuple[int, int] | None = None
        self._encoder = encoder
        self._clock = clock
        self._sequence = sequence
        self._timeline = Timeline(timestamp_offset)
        self._newest: VideoPicture | None = None
        self._wake = asyncio.Event()
        self._key_wanted = False
        self._last_key: float | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="encode")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send; what came before is too old."""
        self._newest = None
        self._task = start_logged(self._run(), "send-video")

    def put(self, picture: VideoPicture) -> None:
        """Send this picture next, instead of any that still waits."""
        if self._newest is not None:
            self.overtaken += 1
        self._newest = picture
        self._wake.set()

    def force_key_frame(self) -> None:
        """Make the next picture a key frame."""
        self._key_wanted = True

    async def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        """Obey the receiver's reports and requests."""
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            report = self.stream.on_report(packet)
            if report is not None:
                self.target.on_loss(report.fraction_lost / 256)
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            await self.stream.resend(packet.lost)
        elif isinstance(packet, RtcpPsfbPacket):
            self._on_picture_feedback(packet)

    async def close(self) -> None:
        """End the task and the thread."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _on_picture_feedback(self, packet: RtcpPsfbPacket) -> None:
        if packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            self.key_frame_requests += 1
            self._key_wanted = True
        elif packet.fmt == RTCP_PSFB_APP:
            try:
                estimate, ssrcs = unpack_remb_fci(packet.fci)
            except ValueError:
                return
            if self.stream.ssrc in ssrcs:
                self.target.on_estimate(estimate)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            picture, self._newest = self._newest, None
            if picture is None:
                continue
            timestamp = self._timeline.map(picture.rtp_timestamp, picture.arrived)
            try:
                encoded = await loop.run_in_executor(
                    self._executor, self._encode, picture, timestamp, self._take_key_wish()
                )
            except (av.FFmpegError, cv2.error):
                self.failed += 1  # a size that the codec can't have, such as 1x1
                continue
            await self._send(encoded, timestamp)

    def _take_key_wish(self) -> bool:
        now = self._clock()
        recent = self._last_key is not None and now - self._last_key < KEY_FRAME_INTERVAL_S
        if not self._key_wanted or recent:
            return False
        self._key_wanted = False
        self._last_key = now
        return True

    def _encode(self, picture: VideoPicture, timestamp: int, key: bool) -> EncodedPicture:
        start = time.perf_counter()
        encoded = self._encoder.encode(
            picture.image,
            timestamp,
            bitrate=self.target.bits_per_second,
            key=key,
            now=self._clock(),
        )
        self.encode_ms.add((time.perf_counter() - start) * 1e3)
        return encoded

    async def _send(self, encoded: EncodedPicture, timestamp: int) -> None:
        self.size = encoded.size
        self.frames += bool(encoded.payloads)
        self.key_frames += encoded.is_key
        last = len(encoded.payloads) - 1
        for index, payload in enumerate(encoded.payloads):
            await self.stream.send(
                payload,
                sequence=self._sequence,
                timestamp=timestamp,
                marker=index == last,
            )
            self._sequence += 1

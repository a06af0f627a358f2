"""One encode of the newest picture, for every sender that takes it."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import av
import cv2

from mien.media.webrtc.encoder import EncodedPicture, VideoEncoder
from mien.media.webrtc.keyframes import KeyFrameLimit
from mien.media.webrtc.picture import VideoPicture
from mien.media.webrtc.scaling import PictureScale, shrink
from mien.media.webrtc.tasks import start_logged
from mien.media.webrtc.timeline import Timeline
from mien.media.webrtc.videosender import VideoSender

# A picture is left out while even the quickest line still has so much of the last ones to send.
MOST_BACKLOG_S = 0.15


class Rendition:
    """Encodes in a thread of its own; a picture that a newer one overtook is never encoded.

    The rate is that of the slowest of its senders, and so is the size. A key frame is made when
    one of them wants it, within the limit.
    """

    def __init__(self, encoder: VideoEncoder, clock: Callable[[], float]) -> None:
        self.senders: set[VideoSender] = set()
        self.pictures = self.overtaken = self.failed = 0
        self._encoder, self._clock = encoder, clock
        self._timeline = Timeline(0)
        self._keys = KeyFrameLimit()
        self._scale = PictureScale()
        self._newest: VideoPicture | None = None
        self._wake = asyncio.Event()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="encode")
        self._task = start_logged(self._run(), "encode-video")

    @property
    def bits_per_second(self) -> int:
        """What the encoder may spend."""
        return min((s.bits_per_second for s in self.senders), default=0)

    def put(self, picture: VideoPicture) -> None:
        """Encode this picture next, instead of any that still waits."""
        if self._newest is not None:
            self.overtaken += 1
        self._newest = picture
        self._wake.set()

    async def close(self) -> None:
        """End the task and the thread."""
        self._task.cancel()
        await asyncio.wait([self._task])
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            picture, self._newest = self._newest, None
            if picture is None or not self.senders:
                continue
            if min(s.backlog_s for s in self.senders) > MOST_BACKLOG_S:
                self.overtaken += 1
                continue
            try:
                encoded, took_ms = await self._encode(picture)
            except (av.FFmpegError, cv2.error):
                self.failed += 1  # a size that the codec can't have, such as 1x1
                continue
            self._hand_out(encoded, picture, took_ms)

    async def _encode(self, picture: VideoPicture) -> tuple[EncodedPicture, float]:
        now, rate = self._clock(), self.bits_per_second
        key = self._keys.allows(now) and any(s.wants_key_frame for s in self.senders)
        timestamp = self._timeline.map(picture.rtp_timestamp, picture.arrived)
        height, width = picture.image.shape[:2]
        share = self._scale.choose((width, height), rate, now)

        def encode() -> tuple[EncodedPicture, float]:
            start = time.perf_counter()
            image = shrink(picture.image, share)
            encoded = self._encoder.encode(image, timestamp, bitrate=rate, key=key, now=now)
            return encoded, (time.perf_counter() - start) * 1e3

        encoded, took_ms = await asyncio.get_running_loop().run_in_executor(self._executor, encode)
        if encoded.is_key:
            self._keys.made(sum(map(len, encoded.payloads)) * 8, rate, self._clock())
        return encoded, took_ms

    def _hand_out(self, encoded: EncodedPicture, picture: VideoPicture, took_ms: float) -> None:
        self.pictures += 1
        for sender in self.senders:
            sender.offer(encoded, picture, took_ms)

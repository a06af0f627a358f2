"""Pictures to encoded frames, at the speed a conversation needs."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import av
from av.video.frame import PictureType

from mien.media.webrtc.bitrate import BitrateHysteresis
from mien.media.webrtc.colour import YuvConverter
from mien.media.webrtc.payload import Vp8Payloads, h264_payloads
from mien.media.webrtc.picture import Image

CLOCK_RATE = 90_000
FRAME_RATE = 30
NEVER = 3000  # frames between key frames that nobody asked for
BT601_LIMITED = {"colorspace": 6, "color_primaries": 6, "color_trc": 6, "color_range": 1}
LIVE_CHANGE = 0.10
H264_BUFFER_S = 0.125


@dataclass(frozen=True)
class EncodedPicture:
    """RTP payloads of one picture."""

    payloads: list[bytes]
    is_key: bool
    size: tuple[int, int]


class VideoEncoder(Protocol):
    """One stream's encoder; for one thread."""

    def encode(
        self, image: Image, timestamp: int, *, bitrate: int, key: bool, now: float
    ) -> EncodedPicture:
        """Encode (H, W, 3) uint8 BGR. timestamp: unwrapped, 90 kHz. bitrate: bits a second.

        key asks for a key frame; a changed size makes one too. now: monotonic seconds.
        """


class Vp8Encoder:
    """libvpx, real time. FFmpeg can't change its rate live: a new encoder is made, rarely."""

    def __init__(self, picture_id: int = 0) -> None:
        self._payloads = Vp8Payloads(picture_id)
        self._converter = YuvConverter()
        self._hysteresis = BitrateHysteresis()
        self._context: av.VideoCodecContext | None = None
        self._pts = _Rising()

    def encode(
        self, image: Image, timestamp: int, *, bitrate: int, key: bool, now: float
    ) -> EncodedPicture:
        """See VideoEncoder."""
        frame = self._converter.convert(image)
        context = self._context
        if (
            context is None
            or _size(context) != (frame.width, frame.height)
            or self._hysteresis.should_change(context.bit_rate or 0, bitrate, now)
        ):
            context = _open_vp8(frame.width, frame.height, bitrate)
        self._context = context
        data, is_key = _run(context, frame, self._pts.after(timestamp), key)
        return EncodedPicture(self._payloads.split(data), is_key, (frame.width, frame.height))


class H264Encoder:
    """libx264 ultrafast, zero latency, constrained baseline; takes a new rate live.

    x264 can lower and raise a constant rate, but never above the one it was opened with: so it
    is opened with `highest`.
    """

    def __init__(self, highest: int) -> None:
        self._highest = highest
        self._converter = YuvConverter()
        self._context: av.VideoCodecContext | None = None
        self._pts = _Rising()

    def encode(
        self, image: Image, timestamp: int, *, bitrate: int, key: bool, now: float
    ) -> EncodedPicture:
        """See VideoEncoder. An odd size loses its last row or column: 4:2:0 H.264 has none."""
        frame = self._converter.convert(image[: image.shape[0] & ~1, : image.shape[1] & ~1])
        context = self._context
        if context is None or _size(context) != (frame.width, frame.height):
            context = _open_h264(frame.width, frame.height, self._highest)
            context.bit_rate = bitrate
        elif abs(bitrate - (context.bit_rate or 0)) > LIVE_CHANGE * bitrate:
            context.bit_rate = bitrate
        self._context = context
        data, is_key = _run(context, frame, self._pts.after(timestamp), key)
        return EncodedPicture(h264_payloads(data), is_key, (frame.width, frame.height))


def make_encoder(codec: str, *, highest: int = 5_000_000, picture_id: int = 0) -> VideoEncoder:
    """The encoder for the codec "VP8" or "H264". highest: bits a second it may ever spend."""
    return Vp8Encoder(picture_id) if codec == "VP8" else H264Encoder(highest)


class _Rising:
    """Encoders want timestamps that rise, whatever the camera's clock does."""

    def __init__(self) -> None:
        self._last: int | None = None

    def after(self, timestamp: int) -> int:
        if self._last is not None and timestamp <= self._last:
            timestamp = self._last + 1
        self._last = timestamp
        return timestamp


def _run(
    context: av.VideoCodecContext, frame: av.VideoFrame, pts: int, key: bool
) -> tuple[bytes, bool]:
    frame.pts = pts
    frame.time_base = Fraction(1, CLOCK_RATE)
    frame.pict_type = PictureType.I if key else PictureType.NONE
    packets = context.encode(frame)
    return b"".join(bytes(p) for p in packets), any(p.is_keyframe for p in packets)


def _size(context: av.VideoCodecContext) -> tuple[int, int]:
    return context.width, context.height


def _open(name: str, width: int, height: int, bitrate: int) -> av.VideoCodecContext:
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = width, height
    context.pix_fmt = "yuv420p"
    context.bit_rate = bitrate
    context.gop_size = NEVER
    context.thread_count = 1
    context.framerate = Fraction(FRAME_RATE)
    context.time_base = Fraction(1, CLOCK_RATE)
    for name, value in BT601_LIMITED.items():
        setattr(context, name, value)
    return context


def _open_vp8(width: int, height: int, bitrate: int) -> av.VideoCodecContext:
    context = _open("libvpx", width, height, bitrate)
    context.qmin, context.qmax = 2, 56
    context.options = {
        "deadline": "realtime",
        "cpu-used": "-12",
        "noise-sensitivity": "0",
        "lag-in-frames": "0",
        "error-resilient": "0",
        "static-thresh": "1",
        # Equal least and most mean a constant rate; a second of buffer.
        "minrate": str(bitrate),
        "maxrate": str(bitrate),
        "bufsize": str(bitrate),
        "undershoot-pct": "100",
        "overshoot-pct": "15",
    }
    return context


def _open_h264(width: int, height: int, highest: int) -> av.VideoCodecContext:
    context = _open("libx264", width, height, highest)
    context.profile = "Baseline"
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "forced-idr": "1",
        "maxrate": str(highest),
        "bufsize": str(int(highest * H264_BUFFER_S)),
        "x264-params": "repeat-headers=1:keyint=infinite:sliced-threads=0",
    }
    context.open()
    return context

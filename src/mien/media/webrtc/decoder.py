"""Encoded frames to pictures, refusing sizes above the policy before they are decoded."""

from collections.abc import Callable
from dataclasses import dataclass

import av
from av.codec.context import Flags

from mien.errors import MediaRejected
from mien.media.webrtc import framesize, payload
from mien.media.webrtc.colour import BgrConverter
from mien.media.webrtc.picture import Image


@dataclass(frozen=True)
class VideoFormat:
    """What differs between codecs when video comes in."""

    name: str
    decoder: str
    depayload: Callable[[bytes], bytes]
    is_key: Callable[[bytes], bool]
    size: Callable[[bytes], tuple[int, int] | None]


VP8 = VideoFormat("VP8", "libvpx", payload.vp8_depayload, framesize.vp8_is_key, framesize.vp8_size)
H264 = VideoFormat(
    "H264", "h264", payload.h264_depayload, framesize.h264_is_key, framesize.h264_size
)
FORMATS = {"VP8": VP8, "H264": H264}


class VideoDecoder:
    """One stream's decoder; for one thread."""

    def __init__(self, video_format: VideoFormat, max_pixels: int) -> None:
        self._format = video_format
        self._max_pixels = max_pixels
        self._converter = BgrConverter()
        context = av.CodecContext.create(video_format.decoder, "r")
        assert isinstance(context, av.VideoCodecContext)
        context.thread_count = 1  # frame threads hold pictures back
        context.flags |= Flags.low_delay
        self._context = context

    def decode(self, frame: bytes) -> av.VideoFrame | None:
        """The newest picture in the decoder after this frame, still in planes; None if none.

        Raises MediaRejected for a size above the policy, av.FFmpegError for broken data.
        """
        self.check_size(frame)
        pictures = self._context.decode(av.Packet(frame))
        return pictures[-1] if pictures else None

    def check_size(self, frame: bytes) -> None:
        """Raises MediaRejected when the frame's header announces more than the policy allows."""
        try:
            size = self._format.size(frame)
        except ValueError as error:
            raise MediaRejected(f"The video's header can't be read: {error}") from error
        if size is not None and size[0] * size[1] > self._max_pixels:
            raise MediaRejected(
                f"Video of {size[0]}x{size[1]} is above the limit of {self._max_pixels} pixels",
                "send smaller pictures.",
            )

    def to_bgr(self, picture: av.VideoFrame) -> Image:
        """(H, W, 3) uint8 BGR."""
        return self._converter.convert(picture)

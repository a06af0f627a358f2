"""Pictures, GIFs and videos in files or in memory: what they are, and their frames.

Frames are uint8 BGR arrays (height, width, 3), upright. Only the container named by a file's first
bytes is opened, so that no stranger's playlist can make FFmpeg open other files or addresses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import IO, Literal

import av
import numpy as np
from av.container import InputContainer
from av.video.reformatter import Colorspace, Interpolation
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mien.errors import MediaRejected, PayloadTooLarge
from mien.heif import UNREADABLE, is_heif
from mien.media.hdr import is_hdr, to_sdr

BgrFrame = NDArray[np.uint8]
MediaKind = Literal["picture", "gif", "video"]
Source = Path | bytes

NOT_MEDIA = "This is neither a picture nor a video that can be read", "send JPEG, PNG, GIF or MP4."
BROKEN = "The video is damaged or cut short", "save it again and send it whole."
# Without these, swscale's shortcuts darken a clip by two grey levels each time it is written.
EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
# Higher pictures are coded by BT.709 where a file does not say, lower ones by BT.601.
HIGHEST_SD = 576


@dataclass(frozen=True)
class ClipLimits:
    """The largest GIF or video that is taken."""

    max_bytes: int = 64 << 20
    max_seconds: float = 60.0
    max_pixels: int = 1920 * 1088
    max_frames: int = 7200


@dataclass(frozen=True)
class ClipInfo:
    """What a GIF or video is. width and height are those of its upright frames.

    seconds: from the first frame to the end of the last. rate: mean frames a second.
    """

    kind: MediaKind
    width: int
    height: int
    seconds: float
    frames: int
    rate: Fraction
    sound: bool


@dataclass(frozen=True, eq=False)
class ClipFrame:
    """One frame and its time, in seconds as the container counts them."""

    image: BgrFrame
    seconds: float


def sniff(head: bytes) -> tuple[MediaKind, str] | None:
    """The kind and FFmpeg's name of the container, from a file's first 32 bytes; None if other."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM")) or (
        head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    ):
        return "picture", ""
    if head.startswith(b"GIF8"):
        return "gif", "gif"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "video", "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video", "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "video", "avi"
    return None


def kind_of(source: Source) -> MediaKind:
    """Whether a file or its bytes are a picture, a GIF or a video. Raises MediaRejected."""
    return container_of(source)[0]


def probe(source: Source, limits: ClipLimits | None = None) -> ClipInfo:
    """What a GIF or video is. Decodes one frame and reads through the rest.

    Raises MediaRejected for what is no GIF or video or is too long or too large in pixels, and
    PayloadTooLarge for too many bytes. Without limits, any length and size is taken.
    """
    with _opened(source, limits) as (container, stream):
        first = next(container.decode(stream), None)
        if first is None:
            raise MediaRejected(*BROKEN)
        height, width = _upright(first, limits).shape[:2]
    with _opened(source, limits) as (container, stream):
        times, end = _times(container, stream, limits)
        seconds = max(end - times[0], 1e-3)
        return ClipInfo(
            kind=kind_of(source),
            width=width,
            height=height,
            seconds=seconds,
            frames=len(times),
            rate=Fraction(len(times) / seconds).limit_denominator(1001),
            sound=bool(container.streams.audio),
        )


def read_frames(source: Source, limits: ClipLimits | None = None) -> Iterator[ClipFrame]:
    """Every frame of a GIF or video, in order. Raises as `probe` does."""
    with _opened(source, limits) as (container, stream):
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            if frame.time is not None:
                yield ClipFrame(_upright(frame, limits), frame.time)


def read_evenly(source: Source, count: int, limits: ClipLimits | None = None) -> list[ClipFrame]:
    """At most `count` frames, the first and the last among them, evenly spaced between.

    Raises as `probe` does.
    """
    with _opened(source, limits) as (container, stream):
        times, _ = _times(container, stream, limits)
    chosen = np.unique(np.linspace(0, len(times) - 1, count).round().astype(int))
    wanted = [times[index] for index in chosen]
    found: list[ClipFrame] = []
    with _opened(source, limits) as (container, stream):
        for frame in container.decode(stream):
            due = len(found) < len(wanted) and frame.time is not None
            if due and frame.time >= wanted[len(found)] - 1e-6:
                found.append(ClipFrame(_upright(frame, limits), frame.time))
            if len(found) == len(wanted):
                break
    if not found:
        raise MediaRejected(*BROKEN)
    return found


def container_of(source: Source) -> tuple[MediaKind, str]:
    """The kind of a file or its bytes, and FFmpeg's name of its container. Raises MediaRejected."""
    if isinstance(source, bytes):
        head = source[:32]
    else:
        with source.open("rb") as file:
            head = file.read(32)
    if is_heif(head):
        raise MediaRejected(*UNREADABLE)
    known = sniff(head)
    if known is None:
        raise MediaRejected(*NOT_MEDIA)
    return known


@contextmanager
def _opened(
    source: Source, limits: ClipLimits | None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its picture track; FFmpeg's errors inside become MediaRejected."""
    kind, name = container_of(source)
    if kind == "picture":
        raise MediaRejected("This is a still picture, not a GIF or video.")
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if limits and size > limits.max_bytes:
        raise PayloadTooLarge(f"The video is larger than {limits.max_bytes / 2**20:.0f} MiB.")
    try:
        file: IO[bytes] = BytesIO(source) if isinstance(source, bytes) else source.open("rb")
        with file, av.open(file, "r", format=name) as container:
            if not container.streams.video:
                raise MediaRejected("The file has no picture track", "send a video.")
            stream = container.streams.video[0]
            if getattr(stream, "codec_context", None) is None:
                raise MediaRejected("The video's codec is not known here", "send H.264 or VP8.")
            _check_size(stream.width, stream.height, limits)
            if limits:
                # The size inside the stream may differ from the container's.
                stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
            yield container, stream
    except (av.error.FFmpegError, ValueError, OverflowError) as error:
        raise MediaRejected(*BROKEN) from error


def _times(
    container: InputContainer, stream: VideoStream, limits: ClipLimits | None
) -> tuple[list[float], float]:
    """When each frame is shown and when the last one ends, without decoding."""
    times: list[float] = []
    end = 0.0
    for packet in container.demux(stream):
        if packet.pts is None or packet.time_base is None:
            continue
        times.append(float(packet.pts * packet.time_base))
        end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if limits and (len(times) > limits.max_frames or end - times[0] > limits.max_seconds):
            raise MediaRejected(
                f"The video is longer than {limits.max_seconds:.0f} seconds", "send less."
            )
    if not times:
        raise MediaRejected(*BROKEN)
    return sorted(times), end


def _upright(frame: av.VideoFrame, limits: ClipLimits | None) -> BgrFrame:
    _check_size(frame.width, frame.height, limits)
    image = to_sdr(frame) if is_hdr(frame) else _eight_bits(frame)
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90) % 4))


def _eight_bits(frame: av.VideoFrame) -> BgrFrame:
    colours = _matrix(frame)
    image = frame.to_ndarray(format="bgr24", src_colorspace=colours, interpolation=EXACT)
    return np.asarray(image, np.uint8)


def _matrix(frame: av.VideoFrame) -> Colorspace:
    """The colour matrix that the frame says it has, else the one usual for its size."""
    named = {1: Colorspace.ITU709, 5: Colorspace.ITU601, 6: Colorspace.ITU601, 9: Colorspace.BT2020}
    usual = Colorspace.ITU709 if frame.height > HIGHEST_SD else Colorspace.ITU601
    return named.get(int(frame.colorspace), usual)


def _check_size(width: int, height: int, limits: ClipLimits | None) -> None:
    if limits and width * height > limits.max_pixels:
        raise MediaRejected(
            f"The video has {width} x {height} pixels, and at most "
            f"{limits.max_pixels / 1e6:.1f} megapixels are taken",
            "send a smaller one.",
        )

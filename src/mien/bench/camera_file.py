"""A clip made into the file that Chromium's fake camera plays in a loop."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.video.reformatter import ColorRange

CAMERA_FPS = 30  # Chromium plays every .mjpeg at this rate; a .y4m says its own
QUALITY = 3  # FFmpeg's qscale: 2 is the finest that is of use


def write_camera_file(clip: Path, target: Path, size: tuple[int, int] = (640, 480)) -> None:
    """Write `clip` as `target`, a .mjpeg or .y4m of `size` (width, height) at 30 frames a second.

    The picture is cropped in its middle to the form of `size`, never stretched. A .y4m is not
    compressed: 14 MB for each second of 640x480. Raises ValueError for another suffix.
    """
    if target.suffix == ".mjpeg":
        _write_mjpeg(clip, target, size)
    elif target.suffix == ".y4m":
        _write_y4m(clip, target, size)
    else:
        raise ValueError(f"The fake camera plays .mjpeg and .y4m files, not {target.suffix}.")


def camera_frames(clip: Path, size: tuple[int, int]) -> Iterator[av.VideoFrame]:
    """Frames of `clip` at 30 a second in yuv420p and `size`, repeated or left out as needed."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        source = graph.add_buffer(template=stream)
        width, height = size
        previous = source
        for name, arguments in (
            ("fps", str(CAMERA_FPS)),
            ("scale", f"{width}:{height}:force_original_aspect_ratio=increase:flags=lanczos"),
            ("crop", f"{width}:{height}"),
            ("format", "yuv420p"),
            ("buffersink", None),
        ):
            node = graph.add(name, arguments)
            previous.link_to(node)
            previous = node
        graph.configure()
        for frame in container.decode(stream):
            graph.vpush(frame)
            yield from _pull(graph)
        graph.vpush(None)
        yield from _pull(graph)


def _pull(graph: av.filter.Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _write_mjpeg(clip: Path, target: Path, size: tuple[int, int]) -> None:
    with av.open(str(target), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=CAMERA_FPS)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p"
        stream.codec_context.color_range = ColorRange.JPEG
        stream.codec_context.qmin = stream.codec_context.qmax = QUALITY
        for number, frame in enumerate(camera_frames(clip, size)):
            # Chromium reads the fake camera's JPEGs as video range, so they are only relabelled.
            relabelled = av.VideoFrame.from_ndarray(frame.to_ndarray(), format="yuvj420p")
            relabelled.pts, relabelled.time_base = number, Fraction(1, CAMERA_FPS)
            container.mux(stream.encode(relabelled))
        container.mux(stream.encode(None))


def _write_y4m(clip: Path, target: Path, size: tuple[int, int]) -> None:
    with target.open("wb") as file:
        file.write(f"YUV4MPEG2 W{size[0]} H{size[1]} F{CAMERA_FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in camera_frames(clip, size):
            file.write(b"FRAME\n" + frame.to_ndarray().tobytes())

"""Writing GIFs and MP4s, complete or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from PIL import Image

from mien.media.clips import EXACT, HIGHEST_SD, BgrFrame, ClipInfo
from mien.media.sound import SoundTrack

TICKS = 90_000
# 18 is where most people see no loss; 'fast' costs less than the swap itself.
QUALITY = {"crf": "18", "preset": "fast"}
BT709, BT601 = 1, 6
LIMITED_RANGE = 1


class ClipWriter(Protocol):
    """Takes frames in order; leaving it without an error completes the file."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""

    def write(self, image: BgrFrame, seconds: float) -> None:
        """Add a frame, at its time in the clip it came from."""


@contextmanager
def beside(output: Path) -> Iterator[Path]:
    """A name to write to that becomes `output` at the end, or vanishes on any error."""
    temporary = output.with_name(f".{output.stem}.{os.getpid()}.part{output.suffix}")
    try:
        yield temporary
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)


class Mp4Writer:
    """H.264 in an MP4 that can be played while it loads; each frame keeps its own time.

    An odd width or height loses its last row or column, which yuv420p can't hold.
    """

    def __init__(self, path: Path, info: ClipInfo, sound_from: Path | None = None) -> None:
        self._size = info.width & ~1, info.height & ~1
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._stream = self._picture_track(info.rate)
        self._sound = SoundTrack(sound_from, self._container) if sound_from else None
        self._last = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file, or, after an error, only let go of it."""
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
                if self._sound:
                    self._sound.copy_until(float("inf"))
        finally:
            if self._sound:
                self._sound.close()
            self._container.close()

    def write(self, image: BgrFrame, seconds: float) -> None:
        """Add a frame; one that is not later than the last is left out."""
        at = round(seconds * TICKS)
        if at <= self._last:
            return
        self._last = at
        frame = av.VideoFrame.from_ndarray(self._fitted(image), format="bgr24")
        matrix = Colorspace.ITU709 if self._matrix == BT709 else Colorspace.ITU601
        frame = frame.reformat(format="yuv420p", dst_colorspace=matrix, interpolation=EXACT)
        frame.pts, frame.time_base = at, Fraction(1, TICKS)
        if self._sound:
            self._sound.copy_until(seconds)
        self._container.mux(self._stream.encode(frame))

    def _picture_track(self, rate: Fraction) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=rate, options=dict(QUALITY))
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, TICKS)
        self._matrix = BT709 if self._size[1] > HIGHEST_SD else BT601
        context.colorspace = context.color_primaries = context.color_trc = self._matrix
        context.color_range = LIMITED_RANGE
        return stream

    def _fitted(self, image: BgrFrame) -> BgrFrame:
        """The frame in the clip's size, on black, for a stream may change its own midway."""
        width, height = self._size
        rows, columns = image.shape[:2]
        if rows & ~1 == height and columns & ~1 == width:
            return np.ascontiguousarray(image[:height, :width])
        scale = min(width / columns, height / rows)
        across, down = max(round(columns * scale), 1), max(round(rows * scale), 1)
        left, top = (width - across) // 2, (height - down) // 2
        fitted = np.zeros((height, width, 3), np.uint8)
        fitted[top : top + down, left : left + across] = cv2.resize(image, (across, down))
        return fitted


class GifWriter:
    """An animated GIF that loops for ever, with a palette of its own for each frame."""

    def __init__(self, path: Path, info: ClipInfo) -> None:
        self._path = path
        self._end = info.seconds
        self._frames: list[Image.Image] = []
        self._times: list[float] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the file, unless there was an error."""
        if kind is not None or not self._frames:
            return
        ends = [*self._times[1:], self._times[0] + self._end]
        lasting = [
            max(20, round(100 * (end - start)) * 10)
            for start, end in zip(self._times, ends, strict=True)
        ]
        first, *rest = self._frames
        first.save(
            self._path,
            "GIF",
            save_all=True,
            append_images=rest,
            duration=lasting,
            loop=0,
            optimize=False,
            disposal=1,
        )

    def write(self, image: BgrFrame, seconds: float) -> None:
        """Add a frame."""
        picture = Image.fromarray(np.ascontiguousarray(image[:, :, ::-1]))
        self._frames.append(picture.quantize(256, dither=Image.Dither.FLOYDSTEINBERG))
        self._times.append(seconds)

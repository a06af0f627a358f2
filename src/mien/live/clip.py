"""A file swapped: the engine of live streams over a picture, a GIF or a video."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image

from mien.errors import NoFaceFound, ParameterError
from mien.media.clip_writer import ClipWriter, GifWriter, Mp4Writer, beside
from mien.media.clips import ClipInfo, ClipLimits, MediaKind, kind_of, probe, read_frames
from mien.swap.engine import SwappedFrame
from mien.swap.settling import settle
from mien.vision.face import BgrImage
from mien.vision.image import read_own_image

Progress = Callable[[int, int], None]
# The last thing done to a frame before it is written; seconds since the first.
Finish = Callable[[BgrImage, float], BgrImage]
# Called with the whole file before it appears under its name.
Seal = Callable[[Path], object]

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
WRITTEN_AS: dict[MediaKind, tuple[str, ...]] = {
    "picture": PICTURES,
    "gif": (".gif", ".mp4"),
    "video": (".mp4", ".gif"),
}
PICTURE_QUALITY = 95


class Engine(Protocol):
    """What swaps: frames in order, each with its time in seconds."""

    def __call__(self, frame: BgrImage, seconds: float) -> SwappedFrame:
        """The frame with another face."""


@dataclass(frozen=True)
class SwapReport:
    """What was done: the kind of file, its frames, and those that had a face."""

    kind: MediaKind
    frames: int
    swapped: int


def swap_file(
    engine: Engine,
    finish: Finish,
    source: Path,
    output: Path,
    progress: Progress = lambda done, total: None,
    limits: ClipLimits | None = None,
    seal: Seal = lambda path: None,
) -> SwapReport:
    """Swap every frame of a picture, GIF or video; the sound of a video is kept.

    Every frame that is written passes `finish`, whatever it shows: a `Marker`'s apply. A picture's
    seconds are infinite, so that no opening card covers it.
    The output appears only when it is whole; on any error, Ctrl-C included, nothing is left.
    progress is called with the frames done and their number. Raises ParameterError for an output
    that can't be written so, ImageRejected or MediaRejected for a source that can't be read, and
    NoFaceFound where no frame has a face.
    """
    kind = check_output(source, output)
    with beside(output) as temporary:
        if kind == "picture":
            swapped = _swap_picture(engine, finish, source, temporary)
            report = SwapReport(kind, 1, int(swapped))
            progress(1, 1)
        else:
            report = _swap_clip(engine, finish, source, temporary, progress, limits)
        if not report.swapped:
            raise NoFaceFound(f"No face was found in {source.name}, so nothing was written.")
        seal(temporary)
    return report


def check_output(source: Path, output: Path) -> MediaKind:
    """What the source is. Raises ParameterError where it can't be written to that output."""
    kind = kind_of(source)
    endings = WRITTEN_AS[kind]
    if output.suffix.lower() not in endings:
        raise ParameterError(
            f"A {kind} is written as {' or '.join(endings)}", "give the output such a name."
        )
    if not output.parent.is_dir():
        raise ParameterError(f"There is no folder {output.parent}", "make it first.")
    if output.exists() and os.path.samefile(source, output):
        raise ParameterError("The output is the file that is read", "give it another name.")
    return kind


def _swap_picture(engine: Engine, finish: Finish, source: Path, output: Path) -> bool:
    target = read_own_image(source)
    settle(engine, target)
    frame = engine(target, 0.0)
    image = finish(frame.image, math.inf)
    picture = Image.fromarray(image[:, :, ::-1])
    picture.save(output, quality=PICTURE_QUALITY)
    return frame.state == "swapped"


def _swap_clip(
    engine: Engine,
    finish: Finish,
    source: Path,
    output: Path,
    progress: Progress,
    limits: ClipLimits | None,
) -> SwapReport:
    info = probe(source, limits)
    done = swapped = 0
    first: float | None = None
    with _writer(source, output, info) as writer:
        for clip_frame in read_frames(source, limits):
            frame = engine(clip_frame.image, clip_frame.seconds)
            first = clip_frame.seconds if first is None else first
            writer.write(finish(frame.image, clip_frame.seconds - first), clip_frame.seconds)
            done, swapped = done + 1, swapped + (frame.state == "swapped")
            progress(done, max(done, info.frames))
    return SwapReport(info.kind, done, swapped)


def _writer(source: Path, output: Path, info: ClipInfo) -> ClipWriter:
    if output.suffix.lower() == ".gif":
        return GifWriter(output, info)
    return Mp4Writer(output, info, sound_from=source if info.sound else None)

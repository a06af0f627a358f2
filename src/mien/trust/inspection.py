"""Looking for a mark in a picture, GIF or video."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.media.clips import ClipLimits, kind_of, probe, read_frames
from mien.trust.detector import Detector, Finding
from mien.trust.pattern import Pattern
from mien.vision.face import BgrImage
from mien.vision.image import ImageLimits, decode_image

# More frames than these tell little more.
MOST_FRAMES = 240
# A clear mark shows after a second; the rest of the file need not be read then.
LOOK_EVERY = 24


@dataclass(frozen=True)
class InspectionLimits:
    """The largest files that are looked at; None takes any."""

    pictures: ImageLimits | None = None
    clips: ClipLimits | None = None


def inspect(
    source: Path | bytes, patterns: Sequence[Pattern], limits: InspectionLimits | None = None
) -> Finding:
    """Look for the marks of these patterns. Takes some seconds where there is none.

    Raises MediaRejected, ImageRejected or PayloadTooLarge for what can't be read.
    """
    detector = Detector(patterns)
    for number, frame in enumerate(_frames(source, limits or InspectionLimits()), 1):
        detector.feed(frame)
        if number % LOOK_EVERY == 0:
            finding = detector.result(thorough=False)
            if finding.mark_id is not None:
                return finding
    return detector.result()


def _frames(source: Path | bytes, limits: InspectionLimits) -> Iterator[BgrImage]:
    """The picture, or frames spread evenly over the whole clip."""
    if kind_of(source) == "picture":
        data = source if isinstance(source, bytes) else source.read_bytes()
        yield decode_image(data, limits.pictures)
        return
    step = max(1, probe(source, limits.clips).frames // MOST_FRAMES)
    for number, frame in enumerate(read_frames(source, limits.clips)):
        if number % step == 0:
            yield frame.image

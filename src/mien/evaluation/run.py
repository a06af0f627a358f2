"""Every source on every target, one after the other."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mien.errors import MienError, ParameterError
from mien.evaluation.expression import correlation
from mien.evaluation.pair import PairMeter, PairReport
from mien.evaluation.reader import FaceReader, Reading
from mien.evaluation.sheet import Sheet, chosen
from mien.evaluation.targets import Target, media_files, open_targets
from mien.media.clips import ClipFrame
from mien.models.weights import WeightStore
from mien.swap.cast import Cast
from mien.swap.clip_engine import AHEAD_S, ClipEngine, Scout
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.senses import Senses
from mien.swap.settling import settle
from mien.swap.source import SourceFace
from mien.swap.source_maker import SourceMaker
from mien.swap.tailor import PLAN_FOR_CLIPS, PLAN_FOR_PICTURES, Tailor
from mien.vision.face import BgrImage
from mien.vision.image import OWN_FILES, decode_image, encode_jpeg

# Of the copy that tells how well expressions can be read at all.
COPY_QUALITY = 85
Progress = Callable[[str, int], None]


@dataclass(frozen=True, eq=False)
class Source:
    """A photo that can be worn."""

    name: str
    data: bytes = field(repr=False)
    image: BgrImage
    face: SourceFace
    reading: Reading


class _Beside:
    """Does a tailor's work at once, and counts its seconds: in a live stream no frame waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, job: Callable[[], None]) -> bool:
        begin = time.perf_counter()
        job()
        self.seconds += time.perf_counter() - begin
        return True


@dataclass(frozen=True, eq=False)
class _Seen:
    """ceiling: how a copy of the target, saved as JPEG, moves together with it when it is read.
    engine: makes one that has met its people; beside: does the tailor's work."""

    readings: list[Reading | None]
    ceiling: float | None
    engine: Callable[[], FrameEngine | ClipEngine]
    beside: _Beside


class Evaluation:
    """The pairs of two folders; what can't serve is told in left_out, by name.

    Raises ParameterError where a folder can't be read or holds nothing that serves.
    """

    def __init__(
        self, store: WeightStore, sources: Path, targets: Path, options: EngineOptions, limit: int
    ) -> None:
        self._store = store
        self._options = options
        self._reader = FaceReader.load(store)
        self._again = self._reader.another()
        self.targets, self.left_out = open_targets(media_files(targets), limit)
        self.sources = self._prepared(media_files(sources))

    @property
    def pairs(self) -> int:
        """How many pairs there are to do."""
        return sum(len(self._wearers(target)) for target in self.targets)

    def run(self, progress: Progress = lambda name, frames: None) -> Iterator[PairReport]:
        """Each pair as it is done; progress: is told the pair and its frames so far."""
        FrameEngine(Senses.load(self._store), self._options).warm_up()
        for target in self.targets:
            seen = self._read(target)
            for source in self._wearers(target):
                yield self._pair(source, target, seen, progress)

    def _wearers(self, target: Target) -> list[Source]:
        """A photo put onto itself is nearer to nobody."""
        data = target.path.read_bytes() if target.kind == "picture" else b""
        return [source for source in self.sources if source.data != data]

    def _prepared(self, files: list[Path]) -> list[Source]:
        maker = SourceMaker.load(self._store)
        usable = []
        for path in files:
            try:
                data = path.read_bytes()
                image = decode_image(data)
                face = maker([image])
            except (MienError, OSError) as error:
                self.left_out[path.name] = str(error)
                continue
            self._reader.restart()
            reading = self._reader(image)
            if reading is None:
                self.left_out[path.name] = "No face was found in it a second time."
                continue
            usable.append(Source(path.name, data, image, face, reading))
        if not usable:
            told = "\n".join(f"{path.name}: {self.left_out[path.name]}" for path in files)
            raise ParameterError(f"No source can be worn.\n{told}")
        return usable

    def _read(self, target: Target) -> _Seen:
        """What the target shows; of several faces the one that the engine follows is meant."""
        self._reader.restart()
        self._again.restart()
        return self._read_picture(target) if target.kind == "picture" else self._read_clip(target)

    def _read_picture(self, target: Target) -> _Seen:
        beside = _Beside()

        def engine() -> FrameEngine:
            tailor = Tailor.load(self._store, beside, PLAN_FOR_PICTURES)
            return FrameEngine(Senses.for_pictures(self._store), self._options, tailor=tailor)

        image = next(target.frames()).image
        return _Seen([self._reader(image)], None, engine, beside)

    def _read_clip(self, target: Target) -> _Seen:
        beside = _Beside()
        tailor = Tailor.load(self._store, beside, PLAN_FOR_CLIPS)
        senses, cast = Senses.for_clips(self._store), Cast((self.sources[0].face,))
        scout = Scout(senses, self._options, cast, tailor)
        readings: list[Reading | None] = []
        copies: list[tuple[Reading, Reading | None]] = []
        for number, frame in enumerate(_needed(target)):
            image, faces = frame.image, scout.meet(frame.image, frame.seconds).faces
            if number >= target.limit:
                continue
            reading = self._reader(image, faces[0].mesh.points if faces else None)
            readings.append(reading)
            if reading is not None:
                copy = decode_image(encode_jpeg(image, COPY_QUALITY), OWN_FILES)
                copies.append((reading, self._again(copy, reading.points)))
        ceiling = correlation([(a, b) for a, b in copies if b is not None])
        return _Seen(readings, ceiling, scout.engine, beside)

    def _pair(
        self,
        source: Source,
        target: Target,
        seen: _Seen,
        progress: Progress,
    ) -> PairReport:
        engine = seen.engine()
        engine.set_source(source.face)
        meter = PairMeter(source.reading, seen.ceiling)
        sheet, shown = Sheet(source.image, source.reading.points), chosen(len(seen.readings))
        self._reader.restart()
        for number, frame in enumerate(target.frames()):
            before = seen.readings[number]
            if target.kind == "picture":
                settle(engine, frame.image)
            spent = seen.beside.seconds
            swapped = engine(frame.image, frame.seconds)
            beside_ms = (seen.beside.seconds - spent) * 1e3
            milliseconds = sum(swapped.timings_ms.values()) - beside_ms
            done = swapped.state == "swapped" and before is not None
            place = before.points if done and before is not None else None
            after = None if place is None else self._reader(swapped.image, place)
            meter.add((frame.image, swapped.image), (before, after), milliseconds)
            if number in shown:
                points = None if before is None else before.points
                sheet.add(frame.image, swapped.image, points)
            progress(f"{source.name} on {target.path.name}", number + 1)
        return meter.report(source.name, target.path.name, sheet)


def _needed(target: Target) -> Iterator[ClipFrame]:
    """The frames that are evaluated, and all of the beginning that an engine has seen before."""
    first: float | None = None
    for number, frame in enumerate(target.all_frames()):
        first = frame.seconds if first is None else first
        if number >= target.limit and frame.seconds - first > AHEAD_S:
            return
        yield frame

"""What marks survive, what removes them, what they cost, and if they are seen where none is."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mien.bench.attacks import AttackRow, Frames, attack_row, attacks
from mien.bench.camera import SyntheticCamera
from mien.bench.distortions import cut, encoded, jpeg, on_a_screen, psnr, resized, ssim, turned
from mien.bench.engine import parse_size
from mien.media.clips import read_frames
from mien.trust.detector import Detector, Finding
from mien.trust.marking import Marker, Marking
from mien.trust.pattern import make_pattern
from mien.trust.residual import ResidualSum
from mien.trust.watermark import Embedder, strength_at
from mien.vision.face import BgrImage

KEY = bytes(range(32))
MARK_ID, OTHER_ID = 0xC0FFEE123456, 0x0DECADE54321
SECONDS = 4.0
MEGABIT, HALF_MEGABIT = 1_000_000, 500_000
LIVE = "VP8 1 Mb/s"
SIZES = ("640x480", "1280x720")
COST_FRAMES = 200


@dataclass(frozen=True)
class Change:
    """Something that happens to a clip. bitrate: what the marker was told.

    after: the name of the change that comes before it, or None.
    """

    name: str
    apply: Callable[[Frames], Frames]
    bitrate: float = MEGABIT
    after: str | None = LIVE


@dataclass(frozen=True)
class Row:
    """One line of the table: of so many clips, in how many a mark was found, and the right id."""

    change: str
    clips: int
    marked: int
    right_id: int
    lowest_score: float


def each(change: Callable[[BgrImage], BgrImage]) -> Callable[[Frames], Frames]:
    """The same change of every frame."""
    return lambda frames: [change(frame) for frame in frames]


def through(codec: str, bitrate: int) -> Callable[[Frames], Frames]:
    """An encoder and a decoder."""
    return lambda frames: encoded(_even(frames), codec, bitrate)


def recorded(frames: Frames) -> Frames:
    """A player's window, recorded with what is around it."""
    return encoded(_even([on_a_screen(frame) for frame in frames]), "libx264", 4 * MEGABIT)


CHANGES = (
    Change("VP8 1 Mb/s", through("libvpx", MEGABIT), after=None),
    Change("VP8 500 kb/s", through("libvpx", HALF_MEGABIT), HALF_MEGABIT, None),
    Change("VP8 250 kb/s", through("libvpx", HALF_MEGABIT // 2), HALF_MEGABIT // 2, None),
    Change("VP9 1 Mb/s", through("libvpx-vp9", MEGABIT), after=None),
    Change("VP9 500 kb/s", through("libvpx-vp9", HALF_MEGABIT), HALF_MEGABIT, None),
    Change("H.264 1 Mb/s", through("libx264", MEGABIT), after=None),
    Change("H.264 500 kb/s", through("libx264", HALF_MEGABIT), HALF_MEGABIT, None),
    Change("one frame of it", lambda frames: frames[len(frames) // 2 :][:1]),
    Change("one second of it", lambda frames: frames[: max(1, round(len(frames) / SECONDS))]),
    Change("half size", each(lambda frame: resized(frame, 0.5))),
    Change("double size", each(lambda frame: resized(frame, 2))),
    Change("a quarter of the area cut off", each(lambda frame: cut(frame, 0.25))),
    Change("half of the area cut off", each(lambda frame: cut(frame, 0.5))),
    Change("mirrored", each(lambda frame: np.ascontiguousarray(frame[:, ::-1]))),
    Change("JPEG 50, every frame", each(lambda frame: jpeg(frame, 50))),
    Change("turned by 1 degree", each(lambda frame: turned(frame, 1))),
    Change("turned by 3 degrees", each(lambda frame: turned(frame, -3))),
    Change("turned by 2 degrees and enlarged", each(lambda frame: turned(frame, 2, 1.08))),
    Change("turned by 6 degrees", each(lambda frame: turned(frame, 6))),
    Change("recorded from a screen at 4 Mb/s", recorded),
    Change("transcoded to H.264 1 Mb/s", through("libx264", MEGABIT)),
    Change("transcoded to H.264 500 kb/s", through("libx264", HALF_MEGABIT)),
    Change("half size, then H.264 500 kb/s", lambda f: through("libx264", HALF_MEGABIT)(_half(f))),
    Change("brighter and flatter", each(lambda f: np.clip(f * 0.8 + 40, 0, 255).astype(np.uint8))),
    Change(
        "blurred (sigma 2)", each(lambda f: np.asarray(cv2.GaussianBlur(f, (0, 0), 2), np.uint8))
    ),
    Change("stretched in width by 5 %", each(lambda frame: _stretched(frame, 1.05))),
)


def run(clips: Sequence[Path], tries: int, searches: int) -> dict[str, Any]:
    """Measure on these clips, else on the shipped one.

    tries: how often a key is looked for in unmarked frames as they are; searches: how often with
    all scales and turns.
    """
    files = list(clips) or [Path(str(resources.files("mien.bench") / "media" / "head_turns.mp4"))]
    plain = [_first_seconds(path) for path in files]
    return {
        "clips": [path.name for path in files],
        "rows": [asdict(row) for row in _rows(plain)],
        "attacks": [asdict(row) for row in _attacks(plain)],
        "quality": _quality(plain),
        "cost": [_cost(size) for size in SIZES],
        "false_positives": _false_positives(plain, tries, searches),
    }


def _rows(clips: Sequence[Frames]) -> list[Row]:
    found: dict[str, list[Finding]] = {change.name: [] for change in CHANGES}
    for frames in clips:
        carried: dict[str, Frames] = {}
        for change in CHANGES:
            before = carried[change.after] if change.after else _marked(frames, change.bitrate)
            result = change.apply(before)
            if change.name == LIVE:
                carried[LIVE] = result
            found[change.name].append(_look(result))
    return [_row(name, findings) for name, findings in found.items()]


def _attacks(clips: Sequence[Frames]) -> list[AttackRow]:
    """On what viewers of two sessions would have recorded, the same scene before both cameras."""
    line = through("libvpx", MEGABIT)
    recordings = [
        (line(_marked(frames, MEGABIT)), line(_marked(frames, MEGABIT, OTHER_ID)))
        for frames in clips
    ]
    return [attack_row(one, recordings, _look, (MARK_ID, OTHER_ID)) for one in attacks()]


def _row(name: str, findings: Sequence[Finding]) -> Row:
    return Row(
        name,
        len(findings),
        sum(finding.marked for finding in findings),
        sum(finding.mark_id == MARK_ID for finding in findings),
        round(min(finding.peak.score for finding in findings), 1),
    )


def _look(frames: Frames) -> Finding:
    detector = Detector([make_pattern(KEY)])
    for frame in frames:
        detector.feed(frame)
    return detector.result()


def _marked(frames: Frames, bitrate: float, mark_id: int = MARK_ID) -> Frames:
    marker = Marker(Marking(KEY, mark_id))
    # The card is left out: it would help, and lasts a moment only.
    return [marker.apply(frame, np.inf, bitrate) for frame in frames]


def _quality(clips: Sequence[Frames]) -> dict[str, dict[str, float]]:
    """The worst frame of all clips, by what the marker was told of the line."""
    result = {}
    for name, bitrate in (("file", None), ("1 Mb/s", MEGABIT), ("500 kb/s", HALF_MEGABIT)):
        embedder = Embedder(make_pattern(KEY), MARK_ID)
        looks = [frames[number] for frames in clips for number in range(0, len(frames), 12)]
        pairs = [
            (frame, embedder.embed(frame, strength_at(bitrate, frame.shape[0] * frame.shape[1])))
            for frame in looks
        ]
        result[name] = {
            "psnr_db": round(min(psnr(*pair) for pair in pairs), 1),
            "ssim": round(min(ssim(*pair) for pair in pairs), 4),
        }
    return result


def _cost(size: str) -> dict[str, Any]:
    """Mark and label together, ms a frame on one core."""
    camera = SyntheticCamera(*parse_size(size), np.random.default_rng(0))
    frames = [camera.frame(number) for number in range(20)]
    marker = Marker(Marking(KEY, MARK_ID))
    marker.self_test()
    marker.apply(frames[0], np.inf, MEGABIT)
    walls, begin = [], time.process_time()
    for number in range(COST_FRAMES):
        start = time.perf_counter()
        marker.apply(frames[number % len(frames)], np.inf, MEGABIT)
        walls.append((time.perf_counter() - start) * 1e3)
    cpu_ms = (time.process_time() - begin) * 1e3 / COST_FRAMES
    p50, p95 = np.percentile(walls, (50, 95))
    return {
        "size": size,
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "cpu_ms": round(cpu_ms, 2),
    }


def _false_positives(clips: Sequence[Frames], tries: int, searches: int) -> dict[str, int]:
    """Keys that nothing was marked with, looked for in unmarked frames."""
    planes = [plane for frames in clips for plane in _planes(frames)]
    wrong = done = 0
    while done < tries:
        detector = Detector([make_pattern((done + 1).to_bytes(32, "big"))])
        for plane in planes:
            wrong += detector.look_at(plane, 1, thorough=False).marked
            done += 1
    for number in range(searches):
        detector = Detector([make_pattern((number + 1).to_bytes(32, "little"))])
        wrong += detector.look_at(planes[number % len(planes)], 1).marked
    return {"tries": done, "searches": searches, "wrong": wrong}


def _planes(frames: Frames) -> list[Any]:
    """What a detector sees of single frames, and of the whole clip."""
    whole, planes = ResidualSum(), []
    for number, frame in enumerate(frames):
        whole.add(frame)
        if number % 12 == 0:
            one = ResidualSum()
            one.add(frame)
            planes.append(one.plane())
    return [*planes, whole.plane()]


def _first_seconds(path: Path) -> Frames:
    frames: Frames = []
    for frame in read_frames(path):
        if frame.seconds > SECONDS:
            break
        frames.append(frame.image)
    return _even(frames)


def _even(frames: Frames) -> Frames:
    height, width = frames[0].shape[:2]
    size = (height & ~1, width & ~1)
    return [np.ascontiguousarray(frame[: size[0], : size[1]]) for frame in frames]


def _half(frames: Frames) -> Frames:
    return [resized(frame, 0.5) for frame in frames]


def _stretched(frame: BgrImage, factor: float) -> BgrImage:
    size = (round(frame.shape[1] * factor), frame.shape[0])
    return np.asarray(cv2.resize(frame, size), np.uint8)

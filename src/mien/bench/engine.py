"""How fast the engine is on this machine: a moving face of 260 px, tracking included."""

import gc
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.bench.camera import FRAMES_PER_SECOND, SyntheticCamera
from mien.models.weights import WeightStore
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.senses import Senses
from mien.swap.source import SourceFace
from mien.swap.source_maker import SourceMaker

# Frames that fill caches and learn the light, before anything is measured.
WARM_UP_FRAMES = 30
# Frames are made beforehand, so that making them is not measured; they are played in a loop.
LOOP_FRAMES = 10

Frames = list[NDArray[np.uint8]]


def run(sizes: Sequence[str], levels: Sequence[int], frames: int) -> dict[str, Any]:
    """Measure each size ("WxH") at each quality level.

    p50_ms and p95_ms are of one whole frame, its stages one after the other; cpu_ms is processor
    time a frame; fps is of the pipeline, in which the next frame is tracked while this one is
    rendered.
    """
    # As in a worker: the second core belongs to the pipeline's second thread.
    cv2.setNumThreads(1)
    store = WeightStore()
    source = _source(store)
    runs = [_measure(store, source, size, level, frames) for size in sizes for level in levels]
    return {"runs": runs, "peak_memory_mb": round(peak_memory_mb(), 1)}


def peak_memory_mb() -> float:
    """The most memory this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)


def parse_size(size: str) -> tuple[int, int]:
    """Width and height of "640x480". Raises ValueError for anything else."""
    width, _, height = size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise ValueError(f"{size!r} is not a size; write it as 640x480.")
    return int(width), int(height)


def _source(store: WeightStore) -> SourceFace:
    """The mirrored photo is worn: any face costs the same, and only one is shipped."""
    camera = SyntheticCamera(512, 512, np.random.default_rng(1))
    return SourceMaker.load(store)([np.ascontiguousarray(camera.frame(0)[:, ::-1])])


def _measure(
    store: WeightStore, source: SourceFace, size: str, level: int, frames: int
) -> dict[str, Any]:
    loop = _loop(*parse_size(size))
    # The engine before this one has gone; its memory should not count twice.
    gc.collect()
    # Without a tailor: in a live stream he works beside it.
    engine = FrameEngine(Senses.load(store), EngineOptions(quality=level))
    engine.warm_up()
    engine.set_source(source)
    _sequence(engine, loop, WARM_UP_FRAMES, 0)
    begin = time.process_time()
    walls, laps = _sequence(engine, loop, frames, WARM_UP_FRAMES)
    cpu_ms = (time.process_time() - begin) * 1e3 / frames
    fps = _pipeline(engine, loop, frames, WARM_UP_FRAMES + frames)
    return {
        "size": size,
        "level": level,
        **_percentiles(walls),
        "cpu_ms": round(cpu_ms, 2),
        "fps": round(fps, 1),
        "stages": {name: _percentiles(values) for name, values in laps.items()},
    }


def _loop(width: int, height: int) -> Frames:
    """There and back, so that the loop has no jump that the tracker would have to catch."""
    camera = SyntheticCamera(width, height, np.random.default_rng(0))
    there = [camera.frame(number) for number in range(LOOP_FRAMES)]
    return there + there[::-1]


def _sequence(
    engine: FrameEngine, loop: Frames, count: int, first: int
) -> tuple[list[float], dict[str, list[float]]]:
    """Wall milliseconds of each frame, and of its stages."""
    walls: list[float] = []
    laps: dict[str, list[float]] = {}
    for number in range(first, first + count):
        begin = time.perf_counter()
        swapped = engine(loop[number % len(loop)], number / FRAMES_PER_SECOND)
        walls.append((time.perf_counter() - begin) * 1e3)
        for name, value in swapped.timings_ms.items():
            laps.setdefault(name, []).append(value)
    return walls, laps


def _pipeline(engine: FrameEngine, loop: Frames, count: int, first: int) -> float:
    """Frames a second with the two stages in a thread each."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(1) as tracker:
        waiting = tracker.submit(engine.track, loop[first % len(loop)], first / FRAMES_PER_SECOND)
        for number in range(first + 1, first + count + 1):
            tracked = waiting.result()
            frame = loop[number % len(loop)]
            waiting = tracker.submit(engine.track, frame, number / FRAMES_PER_SECOND)
            engine.render(tracked)
        waiting.result()
    return count / (time.perf_counter() - begin)


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}

"""The engine at work: one thread tracks the next frame while another renders this one."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from mien.media.pacing import Newest
from mien.media.webrtc.picture import VideoPicture
from mien.swap.engine import FrameEngine, SwappedFrame, TrackedFrame
from mien.vision.face import BgrImage

JOIN_WITHIN_S = 1.0

log = structlog.get_logger()
# The last thing done to a frame, whatever it shows; seconds as they were put in.
Finish = Callable[[BgrImage, float], BgrImage]


@dataclass(frozen=True, eq=False)
class Rendered:
    """A swapped frame beside the picture that it was made from.

    engine_ms: of both stages; busy_ms: of the slower one, which bounds the frames a second.
    """

    picture: VideoPicture
    swapped: SwappedFrame
    engine_ms: float
    busy_ms: float = 0.0


@dataclass(frozen=True, eq=False)
class _Tracked:
    picture: VideoPicture
    frame: TrackedFrame
    took_s: float


class Pipeline:
    """Takes pictures and gives the newest of them back swapped; each step keeps only the newest.

    `finish` is called on the thread that renders, `deliver` on the event loop that made the
    pipeline. A frame on which the engine or `finish` fails is left out, never shown as it came.
    """

    def __init__(
        self, engine: FrameEngine, finish: Finish, deliver: Callable[[Rendered], None]
    ) -> None:
        self._engine, self._finish, self._deliver = engine, finish, deliver
        self._loop = asyncio.get_running_loop()
        self._incoming: Newest[tuple[VideoPicture, float]] = Newest()
        self._tracked: Newest[_Tracked] = Newest()
        self._rendered: Newest[Rendered] = Newest()
        self.failed = 0
        self._threads = [
            threading.Thread(target=self._track, name="track", daemon=True),
            threading.Thread(target=self._render, name="render", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def dropped(self) -> int:
        """Pictures that a newer one overtook."""
        return self._incoming.dropped + self._tracked.dropped + self._rendered.dropped

    def put(self, picture: VideoPicture, seconds: float) -> None:
        """Swap this picture next, instead of any that still waits; seconds: its time, rising."""
        self._incoming.put((picture, seconds))

    async def close(self) -> None:
        """End the threads; nothing is delivered any more."""
        for slot in (self._incoming, self._tracked, self._rendered):
            slot.close()
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(JOIN_WITHIN_S)

    def _track(self) -> None:
        while (taken := self._incoming.take()) is not None:
            picture, seconds = taken
            begin = time.perf_counter()
            try:
                frame = self._engine.track(picture.image, seconds)
            except Exception:  # noqa: BLE001  a thread's edge: the stream goes on
                self._fail("track")
                continue
            self._tracked.put(_Tracked(picture, frame, time.perf_counter() - begin))

    def _render(self) -> None:
        while (tracked := self._tracked.take()) is not None:
            begin = time.perf_counter()
            try:
                swapped = self._engine.render(tracked.frame)
                image = self._finish(swapped.image, tracked.frame.seconds)
            except Exception:  # noqa: BLE001  a thread's edge: the stream goes on
                self._fail("render")
                continue
            took_s = time.perf_counter() - begin
            finished = replace(swapped, image=image)
            both_ms, busy_ms = (tracked.took_s + took_s) * 1e3, max(tracked.took_s, took_s) * 1e3
            if self._rendered.put(Rendered(tracked.picture, finished, both_ms, busy_ms)):
                self._loop.call_soon_threadsafe(self._hand_over)

    def _fail(self, stage: str) -> None:
        self.failed += 1
        if self.failed & (self.failed - 1) == 0:  # the 1st, 2nd, 4th, 8th...
            log.exception("pipeline.frame_failed", stage=stage, failed=self.failed)

    def _hand_over(self) -> None:
        rendered = self._rendered.take_now()
        if rendered is not None:
            self._deliver(rendered)

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Set
from typing import Any

import numpy as np
import pytest
from tests.live.camera_client import until

from mien.live.pipeline import Pipeline, Rendered
from mien.media.webrtc.picture import VideoPicture
from mien.swap.engine import EngineOptions, FrameEngine, SwappedFrame, TrackedFrame
from mien.swap.senses import Senses
from mien.vision.face import BgrImage
from mien.vision.sighting import Sighting

Build = Callable[..., Pipeline]


class NoFace:
    """A tracker that sees nobody; it can be held up, and fails when it is told."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.fails = False
        self.seconds: list[float] = []

    def follow_up_to(self, most: int) -> None: ...

    def attend(self, ids: Set[int] | None, *, expecting: bool = False) -> None: ...

    def update(self, image: BgrImage, seconds: float) -> Sighting:
        self.go.wait(5)
        self.seconds.append(seconds)
        if self.fails:
            raise ZeroDivisionError("a defect")
        return Sighting()


class SlowRender(FrameEngine):
    """An engine whose second stage can be held up."""

    def __init__(self, tracker: NoFace) -> None:
        super().__init__(Senses(tracker), EngineOptions(lost_face="pass"))
        self.go = threading.Event()
        self.go.set()
        self.threads: set[str] = set()

    def track(self, frame: BgrImage, seconds: float) -> TrackedFrame:
        self.threads.add(threading.current_thread().name)
        return super().track(frame, seconds)

    def render(self, tracked: TrackedFrame) -> SwappedFrame:
        self.go.wait(5)
        self.threads.add(threading.current_thread().name)
        return super().render(tracked)


@pytest.fixture
def tracker() -> NoFace:
    return NoFace()


@pytest.fixture
def engine(tracker: NoFace) -> SlowRender:
    return SlowRender(tracker)


@pytest.fixture
def delivered() -> list[Rendered]:
    return []


@pytest.fixture
async def pipeline(engine: SlowRender, delivered: list[Rendered]) -> AsyncIterator[Pipeline]:
    loop_thread = threading.get_ident()

    def deliver(rendered: Rendered) -> None:
        assert threading.get_ident() == loop_thread
        delivered.append(rendered)

    pipeline = Pipeline(engine, as_it_is, deliver)
    yield pipeline
    engine.go.set()
    await pipeline.close()


def as_it_is(image: BgrImage, seconds: float) -> BgrImage:
    return image


def picture(number: int) -> VideoPicture:
    return VideoPicture(np.full((48, 64, 3), number, np.uint8), number, float(number))


async def test_a_picture_comes_back_with_its_own_timing(
    pipeline: Pipeline, delivered: list[Rendered], engine: SlowRender
) -> None:
    sent = picture(7)
    pipeline.put(sent, 0.0)
    await until(lambda: delivered)
    assert delivered[0].picture is sent
    assert np.array_equal(delivered[0].swapped.image, sent.image)
    assert delivered[0].swapped.image is not sent.image
    assert delivered[0].engine_ms > 0
    assert engine.threads == {"track", "render"}


async def test_what_is_delivered_is_finished_on_the_thread_that_renders(
    engine: SlowRender, delivered: list[Rendered]
) -> None:
    seen: list[tuple[str, float]] = []

    def finish(image: BgrImage, seconds: float) -> BgrImage:
        seen.append((threading.current_thread().name, seconds))
        return image + np.uint8(1)

    pipeline = Pipeline(engine, finish, delivered.append)
    pipeline.put(picture(7), 2.5)
    await until(lambda: delivered)
    await pipeline.close()
    assert seen == [("render", 2.5)]
    assert (delivered[0].swapped.image == 8).all()


async def test_a_frame_that_cannot_be_finished_never_leaves(
    engine: SlowRender, delivered: list[Rendered]
) -> None:
    def fail(image: BgrImage, seconds: float) -> BgrImage:
        raise ZeroDivisionError("a defect")

    pipeline = Pipeline(engine, fail, delivered.append)
    pipeline.put(picture(7), 0.0)
    await until(lambda: pipeline.failed == 1)
    await pipeline.close()
    assert delivered == []


async def test_while_rendering_is_slow_only_the_newest_waits(
    pipeline: Pipeline, delivered: list[Rendered], engine: SlowRender, tracker: NoFace
) -> None:
    engine.go.clear()
    for number in range(1, 31):
        pipeline.put(picture(number), number / 20)
        await asyncio.sleep(0.002)
    await until(lambda: tracker.seconds and tracker.seconds[-1] == 1.5)
    engine.go.set()
    await until(lambda: delivered and delivered[-1].picture.rtp_timestamp == 30)
    numbers = [one.picture.rtp_timestamp for one in delivered]
    assert numbers == sorted(set(numbers))
    assert len(numbers) <= 2  # the one that was under way, and the newest
    assert len(numbers) + pipeline.dropped == 30


async def test_while_tracking_is_slow_only_the_newest_waits(
    pipeline: Pipeline, delivered: list[Rendered], tracker: NoFace
) -> None:
    tracker.go.clear()
    for number in range(1, 21):
        pipeline.put(picture(number), number / 20)
    await asyncio.sleep(0.05)
    tracker.go.set()
    await until(lambda: delivered and delivered[-1].picture.rtp_timestamp == 20)
    assert len(tracker.seconds) <= 2


async def test_a_frame_on_which_the_engine_fails_is_left_out(
    pipeline: Pipeline, delivered: list[Rendered], tracker: NoFace
) -> None:
    tracker.fails = True
    pipeline.put(picture(1), 0.0)
    await until(lambda: pipeline.failed == 1)
    tracker.fails = False
    pipeline.put(picture(2), 0.1)
    await until(lambda: delivered)
    assert [one.picture.rtp_timestamp for one in delivered] == [2]


async def test_closing_ends_the_threads_and_delivers_nothing_more(
    engine: SlowRender, delivered: list[Rendered]
) -> None:
    before = set(threading.enumerate())
    pipeline = Pipeline(engine, as_it_is, delivered.append)
    threads: Any = set(threading.enumerate()) - before
    assert len(threads) == 2
    pipeline.put(picture(1), 0.0)
    await pipeline.close()
    assert not any(thread.is_alive() for thread in threads)
    seen = len(delivered)
    pipeline.put(picture(2), 0.1)
    await asyncio.sleep(0.02)
    assert len(delivered) == seen

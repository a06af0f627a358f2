"""What a worker's stream shows is fitted to whoever wears it, while the stream goes on."""

import asyncio
import time
from pathlib import Path

import cv2
import numpy as np
from tests.live.test_worker import BRIEF, CONFIG
from tests.swap.moments import frame

from mien.errors import NotFound
from mien.live.wire import Message
from mien.live.worker import Worker
from mien.media.webrtc.picture import VideoPicture
from mien.models.weights import WeightStore
from mien.swap.source_maker import SourceMaker
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance
from mien.vision.image import decode_image

MEDIA = Path(__file__).parents[1] / "media"
STEP_S = 0.05
WITHIN_S = 30.0


class Line:
    """A camera that shows one picture again and again, and what comes back."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._stream = worker._session()
        self._image = frame("head_turns.mp4", 10)
        self._shown = 0

    async def next(self) -> bytes:
        self._shown += 1
        stamp = round(self._shown * STEP_S * 90_000)
        self._stream.on_video(VideoPicture(self._image, stamp, time.monotonic()))
        await asyncio.sleep(STEP_S)
        return (await self._worker.answer("snapshot", Message())).blob


async def until_swapped(line: Line) -> bytes:
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                return await line.next()
            except NotFound:
                continue


async def test_a_wearer_is_known_better_after_a_while() -> None:
    store = WeightStore()
    identity, finder = IdentityModel.load(store), FaceFinder.load(store)
    photo = decode_image((MEDIA / "astronaut.png").read_bytes())
    source = SourceMaker.load(store)([photo])
    worker = Worker(lambda event, body: True)
    await worker.answer("prepare", Message(CONFIG))
    await worker.answer("carry", Message(BRIEF, source.to_bytes()))
    line = Line(worker)

    def how_far(jpeg: bytes) -> float:
        image = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        return distance(identity(image, finder(image)[0].mesh), source.identity)

    try:
        begin = await asyncio.to_thread(how_far, await until_swapped(line))
        async with asyncio.timeout(WITHIN_S):
            while await asyncio.to_thread(how_far, await line.next()) > begin - 0.03:
                pass
        assert worker._session().statistics()["failed"] == 0
    finally:
        await worker.close()

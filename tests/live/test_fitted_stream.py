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
from mien.swap.engine import FrameEngine
from mien.swap.senses import Senses
from mien.swap.source import SourceFace
from mien.swap.source_maker import SourceMaker
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance
from mien.vision.image import decode_image, encode_jpeg

MEDIA = Path(__file__).parents[1] / "media"
IMAGE = frame("head_turns.mp4", 10)
STEP_S = 0.05
# A fit gives way to everything else, so on a busy machine it takes long.
WITHIN_S = 60.0


class Line:
    """A camera that shows one picture again and again, and what comes back."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._stream = worker._session()
        self._shown = 0

    async def next(self) -> bytes:
        self._shown += 1
        stamp = round(self._shown * STEP_S * 90_000)
        self._stream.on_video(VideoPicture(IMAGE, stamp, time.monotonic()))
        await asyncio.sleep(STEP_S)
        return (await self._worker.answer("snapshot", Message())).blob


async def until_swapped(line: Line) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                await line.next()
                return
            except NotFound:
                continue


def not_fitted(source: SourceFace) -> bytes:
    engine = FrameEngine(Senses.load(WeightStore()))
    engine.set_source(source)
    return encode_jpeg([engine(IMAGE, number * STEP_S).image for number in range(20)][-1])


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
        await until_swapped(line)
        # The first fit may be there before the first picture has been looked at.
        begin = await asyncio.to_thread(how_far, not_fitted(source))
        async with asyncio.timeout(WITHIN_S):
            while await asyncio.to_thread(how_far, await line.next()) > begin - 0.03:
                pass
        assert worker._session().statistics()["failed"] == 0
    finally:
        await worker.close()

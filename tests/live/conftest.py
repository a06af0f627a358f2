"""A desk of sessions; a stream, and clients that join it over loopback."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.live.camera_client import MEDIA, Client, clip_frames, only_loopback
from tests.live.desk import Desk, opened_desk

from mien.live.recorder import Recorder
from mien.live.stream import Stream, StreamOptions
from mien.media.webrtc.peer import PeerConfig
from mien.models.weights import WeightStore
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.senses import Senses
from mien.swap.source import prepare_source
from mien.trust.marking import Marker, Marking
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder

LOOPBACK = PeerConfig(loopback=True)
MARKING = Marking(bytes(range(32)), 0xC0FFEE)
OpenStream = Callable[..., Awaitable[Stream]]
Connect = Callable[..., Awaitable[Client]]
Told = list[tuple[str, Mapping[str, Any]]]


@pytest.fixture
def options() -> dict[str, Any]:
    """What a module or a test may ask of its desk otherwise."""
    return {}


@pytest.fixture
async def desk(tmp_path: Path, options: dict[str, Any]) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path, **options) as desk:
        yield desk


@pytest.fixture(scope="module")
def weights() -> WeightStore:
    return WeightStore()


@pytest.fixture(scope="module")
def finder(weights: WeightStore) -> FaceFinder:
    return FaceFinder.load(weights)


@pytest.fixture(scope="module")
def frames() -> list[BgrImage]:
    return clip_frames()


@pytest.fixture(scope="module")
def source(finder: FaceFinder) -> bytes:
    picture = np.asarray(cv2.imread(str(MEDIA / "astronaut.png")), np.uint8)
    return prepare_source(picture, finder(picture)[0].mesh).to_bytes()


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
async def open_stream(
    weights: WeightStore, told: Told, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenStream]:
    only_loopback(monkeypatch)
    opened: list[Stream] = []

    async def open_one(
        source: bytes = b"",
        record_to: Path | None = None,
        marking: Marking = MARKING,
        **options: Any,
    ) -> Stream:
        engine = FrameEngine(Senses.load(weights), EngineOptions(lost_face="blur"))
        engine.warm_up()
        about = StreamOptions(algorithm_uid=3, **options)
        stream = Stream(
            engine,
            Marker(marking),
            about,
            lambda event, body: told.append((event, body)),
            recorder=Recorder(lambda: record_to.open("wb", buffering=0)) if record_to else None,
        )
        opened.append(stream)
        if source:
            await stream.change_source(source)
        return stream

    yield open_one
    for stream in opened:
        await stream.close()


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    clients: list[Client] = []

    async def join(stream: Stream, client: Client, kind: Any = "join") -> Client:
        clients.append(client)

        async def answer(sdp: str) -> str:
            return (await stream.join(kind, sdp, LOOPBACK))[1]

        await client.join(answer)
        return client

    yield join
    for client in clients:
        await client.close()

"""A session recorded from the studio: seen while it happens, played afterwards, sealed always."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray
from tests.web.driving import Eyes, Studio

from mien.bench.server import Server
from mien.live.certificates import trust_anchors
from mien.settings import Settings
from mien.trust.credentials import read
from mien.vision.face import BgrImage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

SHOWN = "!document.getElementById('recording').hidden"
READABLE = (b"ftypiso", b"moovmvhd", b"moofmfhd", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"PK\x03\x04")


def readable(folder: Path) -> list[str]:
    """Files in which a picture, a film or a prepared face begins."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(part in path.read_bytes() for part in READABLE)]


async def recorded(http: httpx.AsyncClient, frames: int) -> None:
    """Wait until so many pictures were recorded, whatever else the machine does."""
    (one,) = (await http.get("/v1/recordings")).json()["data"]
    for _ in range(300):
        info = await http.post("/api/open/v3/faceswap/live/info", json={"_id": one["session_id"]})
        if info.json()["data"]["statistics"].get("recorded_frames", 0) >= frames:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("too few pictures were recorded")


async def finished(http: httpx.AsyncClient) -> str:
    """The address of the one recording, once it can be fetched."""
    for _ in range(200):
        (one,) = (await http.get("/v1/recordings")).json()["data"]
        if one["ready"]:
            return f"/v1/recordings/{one['id']}"
        await asyncio.sleep(0.1)
    raise AssertionError("it was never ready")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(base_url=server.origin, headers=headers) as client:
        yield client


async def test_the_studio_says_that_it_is_recorded_and_the_film_shows_what_was_sent(
    studio: Studio, server: Server, http: httpx.AsyncClient, eyes: Eyes
) -> None:
    await studio.open(face=1)
    await studio.page.evaluate("document.getElementById('record').click()")
    assert not await studio.page.evaluate(SHOWN)
    await studio.start()
    await studio.page.wait_for(SHOWN)
    await recorded(http, 20)
    shown = await studio.result()
    await recorded(http, 30)
    assert readable(server.data_dir) == []
    assert list((server.data_dir / "recordings").glob("*.sealed"))
    await studio.stop()
    assert not await studio.page.evaluate(SHOWN)

    url = await finished(http)
    data = (await http.get(url)).content
    part = await http.get(url, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert read(data, trust_anchors(Settings(data_dir=server.data_dir))).state == "trusted"
    assert readable(server.data_dir) == []
    with av.open(io.BytesIO(data), "r") as film:
        assert len(film.streams.audio) == 1
        frames = [
            np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in film.decode(video=0)
        ]
    assert len(frames) >= 30
    assert frames[-1].shape == (480, 640, 3)
    assert min(np.abs(near(frame) - near(shown)).mean() for frame in frames) < 6
    assert sum(eyes.who(frame) is not None for frame in frames[-10:]) >= 5


def near(image: BgrImage) -> NDArray[np.float32]:
    return np.asarray(image[::8, ::8], np.float32)


async def test_the_next_session_is_recorded_only_if_it_is_asked_for(
    studio: Studio, http: httpx.AsyncClient
) -> None:
    await studio.page.evaluate("document.getElementById('record').click()")
    await studio.start()
    await studio.page.wait_for(
        "document.getElementById('meter-latency').textContent.includes('ms')"
    )
    assert not await studio.page.evaluate(SHOWN)
    await studio.stop()
    assert len((await http.get("/v1/recordings")).json()["data"]) == 1

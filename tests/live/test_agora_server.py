"""Sessions over the Agora network from the API to the pushed picture: update, a kill, close.

A real server and its real workers, over the stand-in for the SDK (agora_sdk/).
"""

import asyncio
import base64
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import pytest_asyncio
from tests.live.camera_client import MEDIA, until
from tests.live.test_agora_worker import APP_ID, CERTIFICATE, Channel
from tests.web.driving import call, running_server

from mien.bench.server import Server
from mien.live.tokens import verify
from mien.models.weights import WeightStore
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import Embedding, IdentityModel, distance

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]

LIVE = "/api/open/v3/faceswap/live"
FACES = {"first": MEDIA / "astronaut.png", "second": MEDIA / "grace_hopper.jpg"}


class Looker:
    """Tells whom a picture looks like."""

    def __init__(self) -> None:
        store = WeightStore()
        self.finder, self.identity = FaceFinder.load(store), IdentityModel.load(store)
        self.known = {name: self.who(read(path)) for name, path in FACES.items()}

    def who(self, picture: BgrImage) -> Embedding:
        return self.identity(picture, self.finder(picture)[0].mesh)

    def nearest(self, picture: BgrImage) -> str:
        seen = self.who(picture)
        return min(self.known, key=lambda name: distance(seen, self.known[name]))


def read(path: Path) -> BgrImage:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def image(name: str) -> list[dict[str, str]]:
    data = base64.b64encode(FACES[name].read_bytes()).decode()
    return [{"path": f"data:image/jpeg;base64,{data}"}]


@pytest.fixture(scope="module")
def looker() -> Looker:
    return Looker()


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    return Channel(tmp_path)


@pytest_asyncio.fixture(loop_scope="module")
async def server(channel: Channel, tmp_path: Path) -> AsyncIterator[Server]:
    environment = {
        "PYTHONPATH": str(Path(__file__).parent / "agora_sdk"),
        "FAKE_AGORA": str(channel.folder),
        "MIEN_AGORA_APP_ID": APP_ID,
        "MIEN_AGORA_APP_CERTIFICATE": CERTIFICATE,
    }
    async with running_server(tmp_path / "data", **environment) as server:
        yield server


async def create(server: Server, name: str) -> dict[str, Any]:
    body = {"sourceImage": image(name), "stream_type": "agora"}
    answer = await call(server, f"{LIVE}/create", body)
    assert answer["code"] == 1000, answer
    data: dict[str, Any] = answer["data"]
    return data


async def status(server: Server, session: dict[str, Any]) -> int:
    answer = await call(server, f"{LIVE}/info", {"_id": session["_id"]})
    return int(answer["data"]["faceswap_status"])


async def newest(channel: Channel, more: int = 10) -> BgrImage:
    """The picture that was pushed last, once so many more were."""
    before = len(channel.calls("push_video_frame"))
    await until(lambda: len(channel.calls("push_video_frame")) >= before + more, 40)
    return channel.picture_of(channel.calls("push_video_frame")[-1])


async def test_update_changes_the_face_and_close_leaves_the_channel(
    server: Server, channel: Channel, looker: Looker
) -> None:
    session = await create(server, "first")
    front = verify(
        session["front_rtc_token"], app_id=APP_ID, certificate=CERTIFICATE, now=time.time()
    )
    assert (session["app_id"], front.channel, front.uid) == (APP_ID, session["channel_id"], 1)
    await until(lambda: bool(channel.calls("connect")), 30)
    assert channel.calls("connect")[0]["channel"] == session["channel_id"]
    await newest(channel, 30)
    assert looker.nearest(await newest(channel)) == "first"
    bad = await call(server, f"{LIVE}/update", {"_id": session["_id"], "sourceImage": []})
    assert bad["code"] == 1003
    body = {"_id": session["_id"], "sourceImage": image("second")}
    assert (await call(server, f"{LIVE}/update", body))["code"] == 1000
    assert looker.nearest(await newest(channel, 15)) == "second"
    for _ in range(2):
        assert (await call(server, f"{LIVE}/close", {"_id": session["_id"]}))["code"] == 1000
    await until(lambda: bool(channel.calls("service.release")), 5)
    assert [len(channel.calls(name)) for name in ("disconnect", "connection.release")] == [1, 1]
    assert channel.misuse() == []
    assert await status(server, session) == 3
    pushed = len(channel.calls("push_video_frame"))
    await asyncio.sleep(0.5)
    assert len(channel.calls("push_video_frame")) == pushed


async def test_a_killed_worker_is_followed_by_one_with_a_fresh_token_and_the_newest_face(
    server: Server, channel: Channel, looker: Looker
) -> None:
    session = await create(server, "first")
    await newest(channel)
    body = {"_id": session["_id"], "sourceImage": image("second")}
    assert (await call(server, f"{LIVE}/update", body))["code"] == 1000
    await newest(channel)
    os.kill(channel.calls("connect")[0]["pid"], signal.SIGKILL)
    await until(lambda: len(channel.calls("connect")) == 2, 30)
    before, after = channel.calls("connect")
    assert before["token"] != after["token"]
    assert (after["channel"], after["uid"]) == (session["channel_id"], "3")
    await newest(channel, 30)
    assert looker.nearest(await newest(channel)) == "second"
    assert await status(server, session) == 2
    assert before["pid"] != after["pid"]
    assert (await call(server, f"{LIVE}/close", {"_id": session["_id"]}))["code"] == 1000
    # The killed one could say nothing; the other one takes its leave.
    await until(lambda: len(channel.calls("disconnect")) == 1, 5)

"""A worker in a channel of the Agora network, over a stand-in for its SDK (agora_sdk/)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import pytest_asyncio
from tests.live.camera_client import MEDIA, clip_frames, until

from mien.errors import ParameterError
from mien.live.agora_seat import AgoraSeat
from mien.live.child import Child
from mien.live.tokens import verify
from mien.media.agora.frames import YuvFrame, to_bgr, to_i420
from mien.models.weights import WeightStore
from mien.swap.source import prepare_source
from mien.trust.detector import Detector
from mien.trust.marking import Marking
from mien.trust.pattern import make_pattern
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP_ID, CERTIFICATE = "970CA35de60c44645bbae8a215061b33", "5CFd2fd1755d40ecb72977518be15d3b"
SEAT = AgoraSeat(APP_ID, CERTIFICATE, "channel", front_uid=1, algorithm_uid=3, expire_s=3600)
MARKING = Marking(bytes(range(32)), 0xC0FFEE)
CONFIG = {
    "camera_timeout_s": 10.0,
    "cores": 2,
    "measure": False,
    "peer": {"loopback": True, "udp_ports": None},
}
PAD = 32


class Channel:
    """The stand-in's folder, and the worker that is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.figures: dict[str, Any] = {}
        self.picture = clip_frames(most=1)[0]
        width, height, data = to_i420(self.picture)
        luma, half = width * height, (height // 2, width // 2)
        flat = np.frombuffer(bytes(data), np.uint8)
        parts = flat[:luma].reshape(height, width), *flat[luma:].reshape(2, *half)
        y, u, v = (np.pad(part, ((0, 0), (0, PAD))) for part in parts)
        np.savez(folder / "camera.npz", y=y, u=u, v=v, width=np.int64(width), rotation=np.int64(0))

    def hear(self, event: str, body: Any) -> None:
        self.figures.update(body)

    def calls(self, name: str) -> list[dict[str, Any]]:
        log = self.folder / "calls.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["call"] == name]

    def published(self) -> list[BgrImage]:
        return [self.picture_of(call) for call in self.calls("push_video_frame")]

    def misuse(self) -> list[str]:
        return [
            line
            for line in (self.folder / "calls.jsonl").read_text().splitlines()
            if "misuse" in line
        ]

    def picture_of(self, call: dict[str, Any]) -> BgrImage:
        width, height = call["width"], call["height"]
        raw, luma = (self.folder / call["file"]).read_bytes(), width * height
        quarter = luma // 4
        planes = (
            (raw[:luma], width),
            (raw[luma : luma + quarter], width // 2),
            (raw[luma + quarter :], width // 2),
        )
        return to_bgr(YuvFrame(width, height, planes, 0, 0, 0.0))


def prepared() -> bytes:
    picture = np.asarray(cv2.imread(str(MEDIA / "astronaut.png")), np.uint8)
    return prepare_source(picture, FaceFinder.load(WeightStore())(picture)[0].mesh).to_bytes()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def channel(tmp_path_factory: pytest.TempPathFactory) -> Channel:
    return Channel(tmp_path_factory.mktemp("agora"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker(channel: Channel) -> AsyncIterator[Child]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent / "agora_sdk"))
        patch.setenv("FAKE_AGORA", str(channel.folder))
        child = await Child.start("mien.live.worker", CONFIG)
    child.on_event = channel.hear
    brief = {
        "quality": 2,
        "lost_face": "blur",
        "shape": 1.0,
        "algorithm_uid": 3,
        "marking": MARKING.as_json(),
        "statement": "e30.e30.AA",
    }
    bad = {**SEAT.as_json(), "app_id": "short"}
    with pytest.raises(ParameterError, match=r"initialize.*MIEN_AGORA_APP_ID"):
        await child.call("carry", {**brief, "agora": bad})
    await child.stop(1.5)
    (channel.folder / "calls.jsonl").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent / "agora_sdk"))
        patch.setenv("FAKE_AGORA", str(channel.folder))
        child = await Child.start("mien.live.worker", CONFIG)
    child.on_event = channel.hear
    await child.call("carry", {**brief, "agora": SEAT.as_json()}, prepared())
    yield child
    await child.stop(0)


def grant(token: str) -> Any:
    return verify(token, app_id=APP_ID, certificate=CERTIFICATE, now=time.time())


async def test_it_joins_as_the_algorithm_user(worker: Child, channel: Channel) -> None:
    [joined] = channel.calls("connect")
    assert (joined["channel"], joined["uid"]) == ("channel", "3")
    token = grant(joined["token"])
    assert (token.channel, token.uid, token.expire_s) == ("channel", 3, 3600)
    assert channel.calls("initialize")[0] == {
        "call": "initialize",
        "appid": APP_ID,
        "video": 1,
        "services": 1,
    }
    await until(lambda: channel.figures.get("peers") == 1)


async def test_the_front_user_comes_back_swapped_and_marked(
    worker: Child, channel: Channel
) -> None:
    await until(lambda: channel.figures.get("state") == "swapping", 30)
    before = len(channel.published())
    await until(lambda: len(channel.calls("push_video_frame")) >= before + 20, 40)
    pictures = channel.published()[before:]
    # Somebody else in the channel has a camera two rows lower; it is not taken.
    assert {picture.shape for picture in pictures} == {channel.picture.shape}
    finder, identity = FaceFinder.load(WeightStore()), IdentityModel.load(WeightStore())
    source = np.asarray(cv2.imread(str(MEDIA / "astronaut.png")), np.uint8)
    wanted, was, now = (
        identity(picture, finder(picture)[0].mesh)
        for picture in (source, channel.picture, pictures[-1])
    )
    assert distance(now, wanted) < distance(now, was)
    detector = Detector([make_pattern(MARKING.key)])
    for picture in pictures:
        detector.feed(picture)
    assert detector.result(thorough=False).mark_id == MARKING.mark_id
    assert len(channel.calls("publish_video")) == 1
    await until(lambda: channel.figures["audio_delay_ms"] > 0)


async def test_sound_comes_back_whole_and_in_order(worker: Child, channel: Channel) -> None:
    pcm = channel.folder / "pcm.raw"
    await until(lambda: pcm.exists() and pcm.stat().st_size > 200 * 960)
    samples = np.frombuffer(pcm.read_bytes(), "<i2")
    pieces = samples[: len(samples) // 480 * 480].reshape(-1, 480)
    assert (pieces == pieces[:, :1]).all()
    assert (np.diff(pieces[:, 0]) == 1).mean() > 0.99
    assert len(channel.calls("publish_audio")) == 1


async def test_the_token_is_renewed_before_it_expires(worker: Child, channel: Channel) -> None:
    (channel.folder / "expiring").touch()
    await until(lambda: channel.calls("renew_token"))
    [renewed] = channel.calls("renew_token")
    assert grant(renewed["token"]).uid == 3
    assert renewed["token"] != channel.calls("connect")[0]["token"]


async def test_who_leaves_is_counted_and_may_come_back(worker: Child, channel: Channel) -> None:
    (channel.folder / "left").touch()
    await until(lambda: channel.figures["peers"] == 0)
    (channel.folder / "left").unlink()
    await until(lambda: channel.figures["peers"] == 1)
    before = len(channel.calls("push_video_frame"))
    await until(lambda: len(channel.calls("push_video_frame")) > before + 2)


async def test_it_leaves_the_channel_when_it_is_told_to_end(
    worker: Child, channel: Channel
) -> None:
    await worker.stop(3.0)
    assert [len(channel.calls(c)) for c in ("disconnect", "connection.release")] == [1, 1]
    assert len(channel.calls("service.release")) == 1
    assert channel.misuse() == []
    assert await asyncio.wait_for(worker.ended, 1) == 0

"""How many encodes there are, and who gets which."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from tests.media.webrtc.harness import until
from tests.media.webrtc.test_videosender import Bench

from mien.media.webrtc.broadcast import REGROUP_S, Broadcast
from mien.media.webrtc.ladder import slow_ones
from mien.media.webrtc.picture import VideoPicture


class Room:
    """A broadcast and its viewers on one clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.broadcast = Broadcast(lambda: self.now)
        self.viewers: list[Bench] = []

    def add(self, rate: int, codec: str = "VP8") -> Bench:
        viewer = Bench(codec)
        viewer.sender.start()
        viewer.sender.target.on_estimate(rate)
        self.broadcast.add(viewer.sender)
        self.viewers.append(viewer)
        return viewer

    async def show(self) -> None:
        self.now += 0.3
        image = np.full((48, 64, 3), 80, np.uint8)
        before = {id(r): r.pictures for r in self.broadcast.renditions}
        self.broadcast.put(VideoPicture(image, int(self.now * 90_000), self.now))
        await until(
            lambda: all(r.pictures > before.get(id(r), 0) for r in self.broadcast.renditions)
        )

    async def close(self) -> None:
        await self.broadcast.close()
        for viewer in self.viewers:
            await viewer.close()


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    yield room
    await room.close()


async def test_five_viewers_of_one_codec_cost_one_encode(room: Room) -> None:
    viewers = [room.add(1_000_000) for _ in range(5)]
    for _ in range(3):
        await room.show()
    assert len(room.broadcast.renditions) == 1
    assert room.broadcast.renditions[0].pictures == 3
    assert [v.sender.frames for v in viewers] == [3] * 5
    await until(lambda: all(v.sent for v in viewers))
    # One encode, but numbers and sources of their own.
    assert len({v.sent[0].payload for v in viewers}) == 1


async def test_each_codec_has_its_own_and_an_end(room: Room) -> None:
    room.add(1_000_000)
    other = room.add(1_000_000, "H264")
    await room.show()
    assert len(room.broadcast.renditions) == 2
    room.broadcast.remove(other.sender)
    await room.show()
    assert len(room.broadcast.renditions) == 1
    await asyncio.sleep(0.05)


async def test_one_slow_line_spoils_nobody_elses_picture(room: Room) -> None:
    fast = [room.add(2_000_000) for _ in range(3)]
    slow = room.add(300_000)
    await room.show()
    assert {r.bits_per_second for r in room.broadcast.renditions} == {2_000_000, 300_000}
    assert slow.sender.rung == ("VP8", True)
    assert {v.sender.rung for v in fast} == {("VP8", False)}
    # Better again: it goes back to the others, with a key frame.
    slow.sender.target.on_estimate(1_900_000)
    room.now += REGROUP_S
    await room.show()
    assert len(room.broadcast.renditions) == 1
    await until(lambda: slow.sender.key_frames == 2)


def test_who_is_slow_has_hysteresis() -> None:
    rates = {"a": 2.0, "b": 2.0, "c": 0.9}
    assert slow_ones(rates, frozenset()) == {"c"}
    assert slow_ones({**rates, "c": 1.5}, frozenset("c")) == {"c"}
    assert slow_ones({**rates, "c": 1.5}, frozenset()) == set()
    assert slow_ones({**rates, "c": 1.7}, frozenset("c")) == set()
    assert slow_ones({"a": 0.1}, frozenset()) == set()
    assert slow_ones({}, frozenset()) == set()

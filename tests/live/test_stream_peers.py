"""Who joins a stream and leaves it, over real peers."""

import asyncio

import numpy as np
import pytest
from tests.live.camera_client import Camera, Client, until
from tests.live.conftest import LOOPBACK, Connect, OpenStream, Told

from mien.errors import MediaRejected, NotFound, TooFrequent
from mien.live.audience import MOST_PEERS
from mien.vision.face import BgrImage


async def test_viewers_see_what_the_publisher_gets_and_publish_nothing(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes
) -> None:
    stream = await open_stream(source)
    publisher = await connect(stream, Client(Camera(frames)), "whip")
    await until(lambda: stream.statistics()["state"] == "swapping")
    viewer = await connect(stream, Client(None), "whep")
    await until(lambda: viewer.pictures > 3)
    assert publisher.pictures == 0
    intruder = await connect(stream, Client(Camera([np.zeros_like(frames[0])])), "whep")
    await until(lambda: intruder.pictures > 3)
    assert stream.statistics()["peers"] == 3
    assert stream.statistics()["face"] is True
    assert viewer.picture is not None
    assert viewer.picture.mean() > 30


async def test_the_newest_publisher_takes_over(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes
) -> None:
    stream = await open_stream(source)
    first = await connect(stream, Client(Camera([np.zeros_like(frames[0])])))
    await until(lambda: stream.statistics()["state"] == "no_face")
    second = await connect(stream, Client(Camera(frames)))
    await until(lambda: second.states() and second.states()[-1] == "swapping")
    await until(lambda: stream.statistics()["peers"] == 1)
    # Told why, so that it doesn't come back and take over in turn.
    await until(lambda: first.heard("replaced"))
    assert not second.heard("replaced")


async def test_a_peer_that_hangs_up_is_let_go(
    open_stream: OpenStream, connect: Connect, told: Told
) -> None:
    stream = await open_stream()
    client = await connect(stream, Client(None))
    assert told[-1] == ("peers", {"peers": 1})
    await until(lambda: client.heard("user-joined") and client.states() == ["waiting"])
    await client.close()
    await until(lambda: ("peers", {"peers": 0}) in told, 10)


async def test_peers_are_hung_up_by_their_id(open_stream: OpenStream) -> None:
    stream = await open_stream()
    client = Client(None)
    ids: list[str] = []

    async def answer(sdp: str) -> str:
        peer_id, answered = await stream.join("join", sdp, LOOPBACK)
        ids.append(peer_id)
        return answered

    await client.join(answer)
    await stream.trickle(ids[0], "a=end-of-candidates\r\n")
    await stream.hang_up(ids[0])
    assert stream.statistics()["peers"] == 0
    with pytest.raises(NotFound):
        await stream.hang_up(ids[0])
    with pytest.raises(NotFound):
        await stream.trickle(ids[0], "")
    await client.close()


async def test_a_bad_offer_leaves_no_peer(open_stream: OpenStream, told: Told) -> None:
    stream = await open_stream()
    with pytest.raises(MediaRejected):
        await stream.join("join", "garbage", LOOPBACK)
    assert stream.statistics()["peers"] == 0


async def test_peers_have_a_bound(open_stream: OpenStream) -> None:
    stream = await open_stream()
    client = Client(None)
    offers: list[str] = []

    async def keep(sdp: str) -> str:
        offers.append(sdp)
        return (await stream.join("whep", sdp, LOOPBACK))[1]

    await client.join(keep)
    for _ in range(MOST_PEERS - 1):
        await stream.join("whep", offers[0], LOOPBACK)
    with pytest.raises(TooFrequent):
        await stream.join("whep", offers[0], LOOPBACK)
    await client.close()


async def test_closing_tells_the_page(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage]
) -> None:
    stream = await open_stream()
    client = await connect(stream, Client(Camera(frames)))
    await until(lambda: client.heard("user-joined"))
    await asyncio.wait_for(stream.close(), 3)
    await until(lambda: client.states()[-1] == "closing")

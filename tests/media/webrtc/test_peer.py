import asyncio
import json
import re
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from tests.media.webrtc.client import BGR, Client, connected
from tests.media.webrtc.harness import LOOPBACK, Recorder, make_echo, until

from mien.errors import MediaRejected
from mien.media.webrtc.peer import Peer, VideoPicture


async def test_frames_sound_and_messages_come_back() -> None:
    async with connected() as (client, peer, echo):
        await until(lambda: len(client.frames) > 5 and len(echo.audio) > 5)
        picture = client.frames[-1].to_ndarray(format="bgr24")
        assert np.abs(picture.reshape(-1, 3).mean(0) - BGR).max() < 8
        received = echo.pictures[-1].image
        assert received.shape == (240, 320, 3)
        assert np.abs(received.reshape(-1, 3).mean(0) - BGR).max() < 8
        assert client.channel is not None
        client.channel.send(json.dumps({"type": "hello", "n": 1}))
        await until(lambda: echo.messages == [{"type": "hello", "n": 1}])
        peer.send_message({"type": "face"})
        await until(lambda: '{"type":"face"}' in client.messages)
        assert echo.states == ["connecting", "connected"]
        figures = peer.statistics()
        assert figures.codec == "VP8"
        assert figures.size_in == figures.size_out == (320, 240)
        assert figures.frames_in > 5 and figures.frames_out > 5
        assert figures.audio_packets_out > 0


async def test_pictures_keep_the_timing_of_the_source() -> None:
    async with connected(audio=False, data=False) as (client, _, echo):
        await until(lambda: len(client.frames) >= 10)
        # 30 fps of a 90 kHz clock; the client rounds by one.
        sent = np.diff([p.rtp_timestamp for p in echo.pictures])
        returned = np.diff([f.pts for f in client.frames])
        for step in [*sent, *returned]:
            assert step >= 2998 and abs((step + 1500) % 3000 - 1500) <= 2
        arrived = [p.arrived for p in echo.pictures]
        assert arrived == sorted(arrived)
        assert abs(arrived[-1] - time.monotonic()) < 5


@pytest.mark.parametrize(
    ("video", "audio", "data"), [(True, False, False), (False, True, False), (False, False, True)]
)
async def test_any_part_alone_is_enough(video: bool, audio: bool, data: bool) -> None:
    async with connected(video=video, audio=audio, data=data) as (client, peer, echo):
        await until(lambda: "connected" in echo.states)
        if video:
            await until(lambda: client.frames)
        if audio:
            await until(lambda: peer.statistics().audio_packets_out > 3)
        if data:
            await until(lambda: client.messages)


async def test_the_heartbeat_comes_every_second_and_is_answered() -> None:
    config = replace(LOOPBACK, heartbeat_s=0.1)
    async with connected(config, video=False, audio=False) as (client, _, echo):
        await until(lambda: len(client.messages) >= 3)
        assert [json.loads(m) for m in client.messages[:2]] == [
            {"type": "ping", "n": 1},
            {"type": "ping", "n": 2},
        ]
        assert client.channel is not None
        client.channel.send('{"type":"ping","mine":7}')
        await until(lambda: '{"type":"pong","mine":7}' in client.messages)
        client.channel.send('{"type":"pong"}')
        client.channel.send("[1]")
        client.channel.send("{broken")
        client.channel.send(b"\xff\xfe")
        client.channel.send('{"last":true}')
        await until(lambda: echo.messages)
        assert echo.messages == [{"last": True}]


async def test_a_silent_peer_is_dead_after_its_time_and_may_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = replace(LOOPBACK, heartbeat_s=0.1, dead_after_s=0.7)
    async with connected(config, video=False, audio=False) as (client, _, echo):
        await until(lambda: client.messages)
        assert client.connection.sctp is not None
        for protocol in client.connection.sctp.transport.transport._connection._protocols:
            monkeypatch.setattr(protocol, "datagram_received", lambda data, addr: None)
        start = time.monotonic()
        await until(lambda: echo.states[-1] == "disconnected", 5)
        assert 0.3 < time.monotonic() - start < 1.5
        monkeypatch.undo()
        await until(lambda: echo.states[-1] == "connected", 5)


async def test_a_dead_peer_is_known_within_its_time_by_a_machine_that_looks_late() -> None:
    peer = Peer(LOOPBACK, Recorder())
    heard = peer._gatherer.connection.heard
    # Two beats and their answers were lost.
    assert not any(peer._is_silent(heard + 0.3 * looks) for looks in range(1, 10))
    assert peer._is_silent(heard + 2.85)
    await peer.close()


async def test_a_machine_that_stood_still_keeps_its_peers() -> None:
    config = replace(LOOPBACK, heartbeat_s=0.1, dead_after_s=1.0)
    async with connected(config, video=False, audio=False) as (client, _, echo):
        await until(lambda: client.messages)
        time.sleep(1.5)  # noqa: ASYNC251  nobody runs
        seen = len(client.messages)
        await until(lambda: len(client.messages) > seen + 3)
        assert echo.states[-1] == "connected"
        assert "disconnected" not in echo.states


async def test_a_peer_without_a_data_channel_is_known_to_live_and_to_be_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = replace(LOOPBACK, heartbeat_s=0.1, dead_after_s=0.7)
    async with connected(config, video=False, data=False) as (client, peer, echo):
        await until(lambda: peer._gatherer.connection.round_trip_s is not None)
        sender = client.connection.getSenders()[0]
        sender.replaceTrack(None)  # a publisher that says nothing lives as well
        await asyncio.sleep(1.0)
        assert echo.states[-1] == "connected"
        for protocol in sender.transport.transport._connection._protocols:
            monkeypatch.setattr(protocol, "datagram_received", lambda data, addr: None)
        await sender.stop()
        await until(lambda: echo.states[-1] == "disconnected", 5)


async def test_a_peer_that_says_goodbye_is_noticed_at_once() -> None:
    async with connected() as (client, _, echo):
        await until(lambda: client.frames)
        await client.close()
        await until(lambda: echo.states[-1] == "disconnected", 2)


async def test_close_is_quick_ends_every_thread_and_may_be_repeated() -> None:
    before = set(threading.enumerate())
    tasks_before = asyncio.all_tasks()
    peer, echo = make_echo()
    client = Client()
    await client.accept(await peer.answer(await client.offer()))
    await until(lambda: client.frames)
    protocols = list(peer._gatherer.connection._protocols)
    start = time.monotonic()
    await asyncio.gather(peer.close(), peer.close())
    await peer.close()
    assert time.monotonic() - start < 1.0
    assert echo.states[-1] == "closed"
    assert echo.states.count("closed") == 1
    assert all(p.transport.is_closing() for p in protocols)
    await client.close()
    left = [t.name for t in set(threading.enumerate()) - before]
    assert not [n for n in left if n.startswith(("decode", "encode"))]
    await until(lambda: asyncio.all_tasks() <= tasks_before, 2)
    peer.send_video(VideoPicture(np.zeros((2, 2, 3), np.uint8), 0, 0.0))
    peer.send_message({})


async def test_a_peer_that_never_came_closes_as_well() -> None:
    peer, echo = make_echo(replace(LOOPBACK, connect_timeout_s=0.3))
    client = Client()
    offer = await client.offer()
    await client.close()
    await peer.answer(offer)
    await until(lambda: echo.states[-1] == "disconnected", 3)
    start = time.monotonic()
    await peer.close()
    assert time.monotonic() - start < 1.0
    unanswered, _ = make_echo()
    await unanswered.close()


async def test_video_above_the_policy_is_refused_before_it_is_decoded() -> None:
    config = replace(LOOPBACK, max_frame_pixels=320 * 240 - 1)
    async with connected(config) as (client, peer, echo):
        await until(lambda: echo.refused)
        assert "320x240" in str(echo.refused[0])
        await asyncio.sleep(0.3)
        assert len(echo.refused) == 1
        assert not echo.pictures
        assert peer.statistics().size_in is None
        assert client.connection.connectionState == "connected"


async def test_ports_stay_within_the_range() -> None:
    config = replace(LOOPBACK, udp_ports=(47000, 47040))
    async with connected(config, audio=False) as (client, _, _):
        await until(lambda: client.frames)
        answer = client.connection.remoteDescription.sdp
        ports = [int(p) for p in re.findall(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+) ", answer)]
        assert ports
        assert all(47000 <= p <= 47040 for p in ports)


async def test_a_full_range_still_answers() -> None:
    config = replace(LOOPBACK, udp_ports=(47050, 47050))
    first, second = Peer(config, Recorder()), Peer(config, Recorder())
    client = Client(audio=False)
    offer = await client.offer()
    try:
        assert "47050" in await first.answer(offer)
        assert "47050" not in await second.answer(offer)
    finally:
        await asyncio.gather(first.close(), second.close(), client.close())


async def test_a_public_address_is_offered_beside_the_own() -> None:
    peer, client = Peer(replace(LOOPBACK, public_address="203.0.113.7"), Recorder()), Client()
    try:
        answer = await peer.answer(await client.offer())
    finally:
        await asyncio.gather(peer.close(), client.close())
    candidates = re.findall(r"a=candidate:\S+ 1 udp (\d+) (\S+) (\d+) typ host", answer)
    public = {port for _, address, port in candidates if address == "203.0.113.7"}
    own = {port for _, address, port in candidates if "." in address and address != "203.0.113.7"}
    assert public and public < own  # every address but loopback


async def test_without_the_setting_loopback_is_not_offered() -> None:
    peer, client = Peer(replace(LOOPBACK, loopback=False), Recorder()), Client()
    try:
        answer = await peer.answer(await client.offer())
    finally:
        await asyncio.gather(peer.close(), client.close())
    assert " 127.0.0.1 " not in answer.replace("o=- 1 1 IN IP4 127.0.0.1", "")


async def test_candidates_may_come_later() -> None:
    client, (peer, _) = Client(audio=False), make_echo()
    offer = await client.offer()
    lines = offer.splitlines()
    candidates = [x for x in lines if x.startswith("a=candidate")]
    bare = "\r\n".join(x for x in lines if "candidate" not in x) + "\r\n"
    name = next(x for x in lines if x.startswith("a=ice-ufrag"))
    try:
        await client.accept(await peer.answer(bare))
        fragment = [name, "m=video 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", *candidates]
        await peer.trickle("\r\n".join([*fragment, "a=end-of-candidates"]) + "\r\n")
        await until(lambda: client.frames)
        with pytest.raises(MediaRejected, match="restarted"):
            await peer.trickle("a=ice-ufrag:other\r\n")
    finally:
        await asyncio.gather(peer.close(), client.close())


async def test_a_second_offer_and_early_candidates_are_refused() -> None:
    client, (peer, _) = Client(), make_echo()
    try:
        with pytest.raises(MediaRejected, match="offer before"):
            await peer.trickle("a=end-of-candidates\r\n")
        offer = await client.offer()
        await peer.answer(offer)
        with pytest.raises(MediaRejected, match="answered already"):
            await peer.answer(offer)
        many = "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n" * 100
        with pytest.raises(MediaRejected, match="Too many"):
            await peer.trickle(many)
    finally:
        await asyncio.gather(peer.close(), client.close())

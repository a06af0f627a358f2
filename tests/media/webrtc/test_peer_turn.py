"""Through a real coturn on loopback, with credentials that end."""

import asyncio
import base64
import hashlib
import hmac
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aioice import stun
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from tests.media.webrtc.client import Client
from tests.media.webrtc.harness import LOOPBACK, Recorder, join, make_echo, until

from mien.bench.browser import Browser
from mien.media.webrtc.peer import IceServer, Peer

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(shutil.which("turnserver") is None, reason="coturn is not installed"),
]
SECRET = "for-this-test-only"


def credentials(port: int, *, expires: float, secret: str = SECRET) -> IceServer:
    """As coturn's use-auth-secret has it: the name is the end, the password its HMAC-SHA1."""
    name = f"{int(expires)}:somebody"
    digest = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    urls = (f"turn:127.0.0.1:{port}?transport=udp",)
    return IceServer(urls, name, base64.b64encode(digest).decode())


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(probe: socket.socket) -> bool:
    """Whether the server answers a STUN binding request."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    try:
        probe.send(bytes(request))
        return bool(probe.recv(2048))
    except (BlockingIOError, ConnectionRefusedError):
        return False


@asynccontextmanager
async def coturn(folder: Path) -> AsyncIterator[int]:
    port = free_port()
    options = f"""-n --listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --listening-port={port}
        --min-port=48000 --max-port=48200 --use-auth-secret --static-auth-secret={SECRET}
        --realm=mien --no-tls --no-dtls --no-cli --allow-loopback-peers --log-file=stdout
        --pidfile={folder}/pid --userdb={folder}/db""".split()
    with (folder / "log").open("wb") as log:
        program = await asyncio.create_subprocess_exec(
            "turnserver", *options, stdout=log, stderr=log, cwd=folder
        )
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.setblocking(False)
            probe.connect(("127.0.0.1", port))
            await until(lambda: answers(probe), 15)
        yield port
    finally:
        program.kill()
        await program.wait()


async def test_our_own_relay_carries_the_media(tmp_path: Path) -> None:
    async with coturn(tmp_path) as port:
        server = credentials(port, expires=time.time() + 60)
        peer, echo = make_echo(replace(LOOPBACK, relay_only=True, ice_servers=(server,)))
        client = Client(audio=False)
        try:
            answer = await peer.answer(await client.offer())
            candidates = [x for x in answer.splitlines() if x.startswith("a=candidate")]
            assert len(candidates) == 1 and " typ relay" in candidates[0]
            await client.accept(answer)
            await until(lambda: client.frames and client.messages, 15)
            pair = next(iter(peer._gatherer.connection._nominated.values()))
            assert pair.local_candidate.type == "relay"
            start = time.monotonic()
            await peer.close()
            assert time.monotonic() - start < 1.5
            assert echo.states[-1] == "closed"
        finally:
            await asyncio.gather(peer.close(), client.close())


async def test_a_client_that_has_only_its_relay_gets_through(tmp_path: Path) -> None:
    async with coturn(tmp_path) as port:
        server = credentials(port, expires=time.time() + 60)
        client = Client(audio=False)
        await client.connection.close()
        ice = RTCIceServer(list(server.urls), server.username, server.credential)
        client.connection = RTCPeerConnection(
            RTCConfiguration([ice], iceTransportPolicy=RTCIceTransportPolicy.RELAY)
        )
        channel = client.connection.createDataChannel("events")
        peer, echo = make_echo()
        try:
            await client.accept(await peer.answer(await client.offer()))
            await until(lambda: "connected" in echo.states, 15)
            await until(lambda: channel.readyState == "open", 15)
            channel.send('{"n":1}')
            await until(lambda: echo.messages == [{"n": 1}])
        finally:
            await asyncio.gather(peer.close(), client.close())


@pytest.mark.browser
async def test_a_browser_that_may_only_relay_sees_its_frames(tmp_path: Path) -> None:
    async with coturn(tmp_path) as port, Browser() as browser:
        server = credentials(port, expires=time.time() + 60)
        ice = {"urls": list(server.urls), "username": server.username}
        peer, _ = make_echo()
        page = await browser.new_page()
        try:
            options = {"ice": [{**ice, "credential": server.credential}], "policy": "relay"}
            await join(page, peer, audio=False, **options)
            await page.wait_for("latencies.length > 20", 20)
        finally:
            await peer.close()


@pytest.mark.parametrize("wrong", ["expired", "forged"])
async def test_bad_credentials_give_no_relay_and_cost_little_time(
    tmp_path: Path, wrong: str
) -> None:
    async with coturn(tmp_path) as port:
        server = (
            credentials(port, expires=time.time() - 60)
            if wrong == "expired"
            else credentials(port, expires=time.time() + 60, secret="guessed")
        )
        peer = Peer(replace(LOOPBACK, ice_servers=(server,)), Recorder())
        client = Client(audio=False)
        try:
            offer = await client.offer()
            start = time.monotonic()
            answer = await peer.answer(offer)
            assert time.monotonic() - start < 4
            assert " typ relay" not in answer
            assert " typ host" in answer
        finally:
            await asyncio.gather(peer.close(), client.close())


async def test_a_relay_that_is_away_delays_the_answer_by_its_time_limit_only() -> None:
    server = credentials(free_port(), expires=time.time() + 60)
    stun = IceServer((f"stun:127.0.0.1:{free_port()}",))
    config = replace(LOOPBACK, ice_servers=(server, stun), gather_timeout_s=1.0)
    peer, client = Peer(config, Recorder()), Client(audio=False)
    try:
        offer = await client.offer()
        start = time.monotonic()
        assert " typ host" in await peer.answer(offer)
        assert time.monotonic() - start < 2.5
    finally:
        await asyncio.gather(peer.close(), client.close())

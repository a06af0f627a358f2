"""With a real Chromium: what it offers, what it shows, and in what time."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.media.webrtc.harness import LOOPBACK, SCRIPT, Echo, join, make_echo, until

from mien.bench.browser import Browser
from mien.bench.page import Page
from mien.media.webrtc.peer import Peer, PeerConfig

pytestmark = pytest.mark.browser


@asynccontextmanager
async def joined(
    config: PeerConfig = LOOPBACK, **options: Any
) -> AsyncIterator[tuple[Page, Peer, Echo]]:
    peer, echo = make_echo(config)
    async with Browser() as browser:
        page = await browser.new_page()
        try:
            await join(page, peer, **options)
            await until(lambda: "connected" in echo.states)
            yield page, peer, echo
        finally:
            await peer.close()


async def stats(page: Page, kind: str, medium: str) -> dict[str, Any]:
    entries = await page.evaluate(f"stats({json.dumps(kind)})")
    return next(e for e in entries if e.get("kind") == medium)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_browser_sees_its_own_frames_again(codec: str) -> None:
    async with joined(codec=codec) as (page, peer, echo):
        await page.wait_for("latencies.length > 60", 20)
        latencies = sorted(await page.evaluate("latencies.slice(20)"))
        assert latencies[0] > 0
        assert latencies[len(latencies) // 2] < 1000  # the marker is read, not guessed
        red, blue = await page.evaluate("pixel(.25,.75)"), await page.evaluate("pixel(.75,.75)")
        assert red[0] > 150 and max(red[1:]) < 60
        assert blue[2] > 150 and max(blue[:2]) < 60
        image = echo.pictures[-1].image
        b, g, r = image[360, 160]
        assert max(abs(int(r) - red[0]), abs(int(g) - red[1]), abs(int(b) - red[2])) < 12
        figures = peer.statistics()
        assert figures.codec == codec
        assert figures.round_trip_ms is None or figures.round_trip_ms < 2000
        # Sound and picture belong to one stream, so the browser plays them in step.
        assert await page.evaluate("streams") == {"audio": ["mien"], "video": ["mien"]}
        # Our playout-delay extension keeps the browser from holding pictures back by more than
        # 40 ms, for their sound.
        video = await stats(page, "inbound-rtp", "video")
        held = video["jitterBufferDelay"] / video["jitterBufferEmittedCount"]
        assert held < 0.055
        await until(lambda: peer.statistics().audio_packets_out > 20)
        audio = await stats(page, "inbound-rtp", "audio")
        assert audio["packetsReceived"] > 20 and audio["packetsLost"] == 0
        level = [await _loudness(page) for _ in range(3)]
        assert max(level) > 0.01
        await page.evaluate('dc.send(\'{"type":"hello"}\')')
        await until(lambda: echo.messages == [{"type": "hello"}])
        await page.wait_for("messages.some(m => m.type === 'ping')", 5)


async def _loudness(page: Page) -> float:
    await asyncio.sleep(0.2)
    return float((await stats(page, "inbound-rtp", "audio"))["audioLevel"])


async def test_the_uplink_starts_high_and_grows_with_our_feedback() -> None:
    async with joined(width=1280, height=720, fps=30, maxBitrate=5_000_000, audio=False) as (
        page,
        _,
        echo,
    ):
        await page.wait_for("shown.length > 40", 20)
        assert echo.pictures[-1].image.shape == (720, 1280, 3)
        pairs = await page.evaluate("stats('candidate-pair')")
        available = max(p.get("availableOutgoingBitrate", 0) for p in pairs)
        # 300 kbit/s is where Chromium starts by itself, and stays without feedback.
        assert available > 600_000


async def test_a_size_that_changes_and_is_odd() -> None:
    async with joined(width=322, height=242, audio=False) as (page, _, echo):
        await page.wait_for("shown.length > 10", 20)
        await page.evaluate("void(resize(227, 161))")
        await until(lambda: echo.pictures[-1].image.shape[:2] == (161, 227), 20)
        await page.wait_for("shown.at(-1)[1] === 227 && shown.at(-1)[2] === 161", 20)


async def test_a_viewer_and_a_publisher_are_two_peers() -> None:
    publisher, source = make_echo()
    viewer, _ = make_echo()
    source.peer = viewer  # what one sends, the other gets
    async with Browser() as browser:
        sending, watching = await browser.new_page(), await browser.new_page()
        try:
            answer = await join(sending, publisher, direction="sendonly", data=False)
            assert answer.count("a=recvonly") == 2
            answer = await join(watching, viewer, direction="recvonly", data=False)
            assert answer.count("a=sendonly") == 2
            # A viewer that comes later needs a key frame; it asks for it.
            await watching.wait_for("latencies.length > 0 || shown.length > 15", 20)
            assert viewer.statistics().audio_packets_out > 0
        finally:
            await publisher.close()
            await viewer.close()


async def test_a_browser_that_goes_is_noticed() -> None:
    async with joined(audio=False) as (page, _, echo):
        await until(lambda: echo.pictures)
        await page.evaluate("pc.close()")
        await until(lambda: echo.states[-1] == "disconnected", 4)


async def test_lost_packets_are_repaired() -> None:
    peer, echo = make_echo()
    async with Browser() as browser:
        page = await browser.new_page()
        await page.evaluate(SCRIPT)
        try:
            answer = await peer.answer(await page.evaluate('offer({"audio":false})'))
            assert peer._tracks is not None and peer._tracks.video_in is not None
            _drop_every(20, peer._tracks.video_in)
            await page.evaluate(f"accept({json.dumps(answer)})")
            await page.wait_for("latencies.length > 60", 20)
            video = await stats(page, "outbound-rtp", "video")
            assert video["nackCount"] > 0
            assert video["retransmittedPacketsSent"] > 0
            figures = peer.statistics()
            assert figures.frames_in > 60
            assert figures.frames_lost_in < figures.frames_in * 0.2
            assert echo.states[-1] == "connected"
        finally:
            await peer.close()


def _drop_every(count: int, receiver: Any) -> None:
    """Lose one of so many media packets before the receiver sees it."""
    take, media = receiver.on_rtp, receiver._payload_type
    seen = 0

    async def lossy(packet: Any) -> None:
        nonlocal seen
        seen += packet.payload_type == media
        if packet.payload_type != media or seen % count:
            await take(packet)

    receiver.on_rtp = lossy


async def test_names_that_only_the_own_network_knows_are_ignored() -> None:
    async with Browser() as browser:
        page = await browser.new_page()
        await page.evaluate(SCRIPT)
        peer, echo = make_echo()
        try:
            offer = await page.evaluate('offer({"audio":false})')
            hidden = re.sub(r"(a=candidate:\S+ 1 udp \d+) \S+ ", r"\1 a-b-c.local ", offer)
            assert ".local" in hidden
            answer = await peer.answer(hidden)
            await page.evaluate(f"accept({json.dumps(answer)})")
            await page.wait_for("window.connectMs > 0", 10)
            assert peer._gatherer.connection.remote_candidates
            kinds = {c.type for c in peer._gatherer.connection.remote_candidates}
            assert kinds == {"prflx"}
            await until(lambda: echo.pictures)
        finally:
            await peer.close()

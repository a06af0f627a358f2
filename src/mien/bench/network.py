"""What bad lines do to a stream: `mien bench network`.

A real Chromium in one network namespace, a peer that sends each picture back in another, and a
line between them.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

import numpy as np

from mien.bench.browser import Browser
from mien.bench.line import Condition, Line
from mien.bench.page import Page
from mien.errors import MediaRejected
from mien.media.webrtc.peer import AudioPacket, Peer, PeerConfig, VideoPicture

SCRIPT = (resources.files("mien.bench") / "echo.js").read_text("utf-8")
CONDITIONS = {
    "as it is": Condition(),
    "1 % loss": Condition(loss=0.01),
    "5 % loss": Condition(loss=0.05),
    "10 % loss": Condition(loss=0.10),
    "1 Mbit/s": Condition(kbit=1000),
    "300 kbit/s": Condition(kbit=300),
}
DELAYED = {
    "100 ms": Condition(delay_ms=100),
    "100 ms, 30 ms jitter": Condition(delay_ms=100, jitter_ms=30),
}
SETTLE_S, MEASURE_S, FROZEN_S = 6.0, 10.0, 0.5
CONNECT_S, DEAD_S = 20.0, 8.0
POLL_S = 0.02


class Echo:
    """Sends everything back to where it came from. A PeerListener."""

    def __init__(self) -> None:
        self.peer: Peer | None = None
        self.states: list[str] = []
        self.audio_packets = 0

    def on_video(self, picture: VideoPicture) -> None:
        """See PeerListener."""
        if self.peer is not None:
            self.peer.send_video(picture)

    def on_audio(self, packet: AudioPacket) -> None:
        """See PeerListener."""
        self.audio_packets += 1
        if self.peer is not None:
            self.peer.send_audio(packet)

    def on_message(self, message: Mapping[str, Any]) -> None:
        """See PeerListener."""

    def on_state(self, state: str) -> None:
        """See PeerListener."""
        self.states.append(state)

    def on_refused(self, error: MediaRejected) -> None:
        """See PeerListener."""
        raise error


async def run(settle_s: float = SETTLE_S, seconds: float = MEASURE_S) -> dict[str, Any]:
    """Every row of the table by its name. Raises LineError, BrowserMissing, BrowserError."""
    return {name: row async for name, row in figures(settle_s, seconds)}


async def figures(settle_s: float, seconds: float) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Row by row."""
    for delayed, conditions in ((False, CONDITIONS), (True, DELAYED)):
        with Line(delayed=delayed) as line:
            async with far_page(line) as page:
                for name, condition in conditions.items():
                    line.set(condition)
                    peer, _ = await connect(line, page)
                    yield name, await measure(page, peer, settle_s, seconds)
                    await page.evaluate("pc.close()")
                    await peer.close()
                if not delayed:
                    yield "away for 10 s", await _go_away(line, page)


@asynccontextmanager
async def far_page(line: Line) -> AsyncIterator[Page]:
    """A page of a Chromium that lives in the far namespace."""
    browser = Browser()
    with line.inside(line.far):
        await browser.start()  # its DevTools socket stays there too
    try:
        yield await browser.new_page()
    finally:
        await browser.stop()


async def connect(line: Line, page: Page, **options: Any) -> tuple[Peer, Echo]:
    """Have the page publish and play through a peer in the near namespace."""
    echo = Echo()
    peer = echo.peer = Peer(PeerConfig(), echo)
    await page.goto("about:blank")
    await page.evaluate(SCRIPT)
    offer = await page.evaluate(f"offer({json.dumps(options)})")
    with line.inside(line.near):
        answer = await peer.answer(offer)
    await page.evaluate(f"accept({json.dumps(answer)})")
    await _until(lambda: "connected" in echo.states, CONNECT_S)
    return peer, echo


async def measure(page: Page, peer: Peer, settle_s: float, seconds: float) -> dict[str, Any]:
    """Figures over some seconds, once the stream has settled."""
    await asyncio.sleep(settle_s)
    await page.evaluate("latencies.length = shown.length = 0")
    keys = peer.statistics().key_frames_out
    await asyncio.sleep(seconds)
    latencies, shown = await page.evaluate("[latencies, shown]")
    gaps = np.diff([at for at, _, _ in shown]) / 1e3
    report = peer.statistics()
    p50, p95 = np.percentile(latencies, (50, 95)) if latencies else (0.0, 0.0)
    return {
        "fps": round(len(shown) / seconds, 1),
        "latency_p50_ms": round(float(p50)),
        "latency_p95_ms": round(float(p95)),
        "freezes": int((gaps > FROZEN_S).sum()),
        "kbit_up": round(report.bitrate_in / 1e3),
        "kbit_down": round(report.bitrate_out / 1e3),
        "target_down": round(report.target_bitrate_out / 1e3),
        "size_down": "x".join(map(str, report.size_out or ())),
        "loss_up": round(report.loss_in, 3),
        "resent": report.packets_resent,
        "key_frames_down": report.key_frames_out - keys,
    }


async def come_back(line: Line, page: Page, echo: Echo, seconds: float = 10.0) -> dict[str, Any]:
    """Cut the line: when the peer is known to be dead, and how long a new call takes after."""
    line.cut()
    began = time.monotonic()
    await _until(lambda: echo.states[-1] == "disconnected", DEAD_S)
    dead_s = time.monotonic() - began
    await asyncio.sleep(max(0.0, seconds - dead_s))
    line.set(Condition())
    began = time.monotonic()
    await page.evaluate("pc.close()")
    peer, _ = await connect(line, page)
    await page.wait_for("shown.length > 0", 10)
    back_s = time.monotonic() - began
    await peer.close()
    return {"dead_known_s": round(dead_s, 2), "back_s": round(back_s, 2)}


async def _go_away(line: Line, page: Page) -> dict[str, Any]:
    line.set(Condition())
    peer, echo = await connect(line, page)
    try:
        return await come_back(line, page, echo)
    finally:
        await peer.close()


async def _until(condition: Callable[[], object], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - any condition, not an event of ours
            await asyncio.sleep(POLL_S)

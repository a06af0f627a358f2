"""What a bad line does to a stream: `python -m tests.media.webrtc.network_figures` prints a table.

A real Chromium in one network namespace, an echoing peer in another, and a line between them.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from tests.media.webrtc.harness import SCRIPT, Echo, make_echo, until

from mien.bench.browser import Browser
from mien.bench.line import Condition, Line
from mien.bench.page import Page
from mien.media.webrtc.peer import Peer, PeerConfig

CONDITIONS = {
    "as it is": Condition(),
    "1 % loss": Condition(loss=0.01),
    "5 % loss": Condition(loss=0.05),
    "10 % loss": Condition(loss=0.10),
    "300 kbit/s": Condition(kbit=300),
    "1 Mbit/s": Condition(kbit=1000),
}
SETTLE_S, MEASURE_S, FROZEN_S = 6.0, 10.0, 0.5


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
    peer, echo = make_echo(PeerConfig())
    await page.goto("about:blank")
    await page.evaluate(SCRIPT)
    offer = await page.evaluate(f"offer({json.dumps(options)})")
    with line.inside(line.near):
        answer = await peer.answer(offer)
    await page.evaluate(f"accept({json.dumps(answer)})")
    await until(lambda: "connected" in echo.states, 20)
    return peer, echo


async def measure(page: Page, peer: Peer, settle_s: float, seconds: float) -> dict[str, Any]:
    """Figures over some seconds, once the stream has settled."""
    await asyncio.sleep(settle_s)
    await page.evaluate("latencies.length = shown.length = 0")
    await asyncio.sleep(seconds)
    latencies, shown = await page.evaluate("[latencies, shown.map(s => s[0])]")
    gaps = np.diff(np.asarray(shown)) / 1e3
    figures = peer.statistics()
    p50, p95 = np.percentile(latencies, (50, 95)) if latencies else (0.0, 0.0)
    return {
        "fps": round(len(shown) / seconds, 1),
        "latency_p50_ms": round(float(p50)),
        "latency_p95_ms": round(float(p95)),
        "freezes": int((gaps > FROZEN_S).sum()),
        "kbit_up": round(figures.bitrate_in / 1e3),
        "kbit_down": round(figures.bitrate_out / 1e3),
        "target_down": round(figures.target_bitrate_out / 1e3),
        "loss_up": round(figures.loss_in, 3),
        "resent": figures.packets_resent,
        "key_frames_down": figures.key_frames_out,
    }


async def come_back(line: Line, page: Page, echo: Echo, seconds: float = 10.0) -> dict[str, Any]:
    """Cut the line: when the peer is known to be dead, and how long a new call takes after."""
    began = time.monotonic()
    line.cut()
    await until(lambda: echo.states[-1] == "disconnected", 8)
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


async def figures(
    settle_s: float = SETTLE_S, seconds: float = MEASURE_S
) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Row by row."""
    with Line() as line:
        async with far_page(line) as page:
            for name, condition in CONDITIONS.items():
                line.set(condition)
                peer, _ = await connect(line, page)
                yield name, await measure(page, peer, settle_s, seconds)
                await page.evaluate("pc.close()")
                await peer.close()
            line.set(Condition())
            peer, echo = await connect(line, page)
            yield "away for 10 s", await come_back(line, page, echo)
            await peer.close()


async def main() -> None:
    """Write the table, a JSON object a row."""
    async for name, row in figures():
        sys.stdout.write(json.dumps({name: row}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())

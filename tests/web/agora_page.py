"""Pages written for the Agora Web SDK: their script's address changed, and driven in a browser."""

import asyncio
import base64
import json
import threading
import wave
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from tests.web.driving import call

from mien.bench.browser import Browser, BrowserOptions, Page
from mien.bench.server import Server

SDK = "https://download.agora.io/sdk/release/AgoraRTC_N-4.24.8.js"
PAGES = Path(__file__).parent / "pages"
FACE = Path(__file__).parents[2] / "src" / "mien" / "web" / "faces" / "astronaut.jpg"
LIVE = "/api/open/v3/faceswap/live"
RATE = 48_000
NO_ROOM = 1215  # the session before has not let go of its process yet

JOIN = """
  follow(client);
  joined = await client.join(session.app_id, session.channel_id, session.front_rtc_token,
    parseInt(session.front_user_id));
"""


def source_image() -> str:
    return "data:image/jpeg;base64," + base64.b64encode(FACE.read_bytes()).decode()


def adapted(name: str, script: str, folder: Path) -> Path:
    """A copy of a page with one thing changed: where its script is."""
    text = (PAGES / name).read_text()
    assert text.count(SDK) == 1
    copy = folder / name
    copy.write_text(text.replace(SDK, script))
    return copy


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *values: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The origin of a server for static files."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{web.server_port}"
        finally:
            web.shutdown()
            thread.join()


def write_tone(path: Path, amplitude: float, hertz: float = 440.0, seconds: float = 4.0) -> None:
    """A sine as a 16 bit WAV file; amplitude 1 is full scale."""
    times = np.arange(int(RATE * seconds)) / RATE
    samples = (np.sin(2 * np.pi * hertz * times) * amplitude * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


async def create(server: Server) -> dict[str, Any]:
    """A new session, as a program's own server would ask for it."""
    body = {"sourceImage": [{"path": source_image()}]}
    for _ in range(20):
        answer = await call(server, f"{LIVE}/create", body)
        if answer["code"] != NO_ROOM:
            break
        await asyncio.sleep(0.5)
    assert answer["code"] == 1000, answer
    data: dict[str, Any] = answer["data"]
    return data


async def close(server: Server, session: Mapping[str, Any]) -> None:
    answer = await call(server, f"{LIVE}/close", {"_id": session["_id"]})
    assert answer["code"] == 1000


@dataclass
class Lab:
    """The blank page, in which a test runs lines as a program would."""

    page: Page
    server: Server
    file: Path

    async def run(self, lines: str, within_s: float = 30.0) -> Any:
        """The value that async `lines` return."""
        return await self.page.evaluate(f"(async () => {{ {lines} }})()", within_s)

    async def wait_for(self, expression: str, within_s: float = 20.0) -> None:
        await self.page.wait_for(f"!!({expression})", within_s)

    async def happened(self) -> list[str]:
        """The events so far."""
        events: list[str] = await self.page.evaluate("happened")
        return events

    async def reload(self) -> None:
        """A fresh page; what the old one had is gone."""
        await self.page.goto("about:blank")
        await self.page.goto(self.file.as_uri())

    @asynccontextmanager
    async def session(self, config: str = "{mode: 'rtc', codec: 'vp8'}") -> AsyncIterator[Any]:
        """A session and a client for it, `session` and `client` in the page, on a fresh page."""
        data = await create(self.server)
        await self.reload()
        await self.page.evaluate(
            f"globalThis.session = {json.dumps(data)}; globalThis.joined = null;"
            f" globalThis.client = AgoraRTC.createClient({config}); 1"
        )
        try:
            yield data
        finally:
            await self.page.goto("about:blank")
            await close(self.server, data)

    async def join(self) -> None:
        await self.run(JOIN)

    async def watch(self) -> None:
        """Subscribe to the picture as soon as it is there, and wait until it is seen."""
        await self.wait_for("client.remoteUsers[0]?.hasVideo")
        await self.run(
            "const user = client.remoteUsers[0]; await client.subscribe(user, 'video');"
            " user.videoTrack.play('theirs');"
        )
        await self.wait_for("document.querySelector('#theirs video').videoWidth > 0")

    async def frames(self) -> int:
        """Pictures that were decoded so far."""
        return int(
            await self.run(
                "const receiver = client.remoteUsers[0].videoTrack.getRTCRtpTransceiver().receiver;"
                " const all = [...(await receiver.getStats()).values()];"
                " return all.find(r => r.type === 'inbound-rtp').framesDecoded ?? 0;"
            )
        )

    async def wait_for_frames(self, more: int = 3, within_s: float = 30.0) -> None:
        """Wait until so many further pictures are decoded; fails when they don't come."""
        wanted, loop = await self.frames() + more, asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while (seen := await self.frames()) < wanted:
            assert loop.time() < deadline, f"{wanted - seen} of {more} pictures did not come"
            await asyncio.sleep(0.1)


@asynccontextmanager
async def open_lab(server: Server, options: BrowserOptions, folder: Path) -> AsyncIterator[Lab]:
    file = adapted("blank.html", f"{server.origin}/agora-rtc.js", folder)
    async with Browser(options) as browser:
        yield Lab(await browser.new_page(file.as_uri()), server, file)

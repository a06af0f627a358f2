"""The studio page driven as a person would, on a real server, and its pictures as arrays."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
from numpy.typing import NDArray

from mien.bench.browser import Browser, BrowserOptions, Page
from mien.bench.processes import WORKER_MODULE, tree_usage
from mien.bench.server import Server
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import Embedding, IdentityModel

MEDIA = Path(__file__).parents[1] / "media"
NOSE_TIP = 1
CLIENT = {"MIEN_CLIENT_ID": "studio-tests", "MIEN_CLIENT_SECRET": "only-for-these-tests"}
FILM = """(async (count, pause) => {
  const grab = (id) => {
    const video = document.getElementById(id);
    const canvas = Object.assign(document.createElement('canvas'), {
      width: video.videoWidth, height: video.videoHeight,
    });
    canvas.getContext('2d').drawImage(video, 0, 0);
    return canvas.toDataURL('image/jpeg', 0.95).split(',')[1];
  };
  const film = [];
  for (let i = 0; i < count; i++) {
    film.push(['camera', 'result'].map(grab));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return film;
})"""


@dataclass
class Studio:
    """The studio page in a browser, driven as a person would."""

    page: Page
    server: Server

    async def open(self, *, face: int | None = 1) -> None:
        """Open it signed in; choose the `face`-th of the list and wait until it has been read."""
        await self.page.goto("about:blank")
        await self.page.goto(self.server.studio)
        await self.page.wait_for("document.querySelectorAll('#faces li').length >= 2")
        if face is not None:
            await self.choose(face)

    async def choose(self, face: int) -> None:
        await self.page.click(f"#faces li:nth-child({face}) input")
        await self.page.wait_for(
            f"!!document.querySelector('#faces li:nth-child({face}) :checked')"
        )
        await self.page.wait_for("!document.getElementById('found').hidden", 30)

    async def start(self) -> None:
        """Press start and wait until the result is live."""
        await self.page.click("#start")
        await self.wait_for_state("Live", 40)
        await self.page.wait_for("document.querySelector('#result-view[data-on]')")

    async def stop(self) -> None:
        await self.page.click("#start")
        await self.page.wait_for("document.getElementById('start').textContent === 'Start'")

    async def state(self) -> str:
        return str(await self.text("state-text"))

    async def text(self, element_id: str) -> str:
        return str(await self.page.evaluate(f"document.getElementById('{element_id}').textContent"))

    async def wait_for_state(self, words: str, within_s: float = 20.0) -> None:
        expression = f"document.getElementById('state-text').textContent.includes({words!r})"
        await self.page.wait_for(expression, within_s)

    async def problem(self, within_s: float = 20.0) -> str:
        """What is said to have gone wrong, once it is."""
        await self.page.wait_for("!document.getElementById('problem').hidden", within_s)
        return await self.text("problem-title") + " " + await self.text("problem-advice")

    async def film(self, count: int, pause_ms: int) -> list[tuple[BgrImage, BgrImage]]:
        """Camera and result at `count` moments, each (height, width, 3) BGR."""
        film = await self.page.evaluate(f"{FILM}({count}, {pause_ms})", 60)
        return [(decoded(camera), decoded(result)) for camera, result in film]

    async def result(self) -> BgrImage:
        """The result on show, (height, width, 3) BGR."""
        return (await self.film(1, 0))[0][1]

    async def sideways(self) -> list[int]:
        """Scrollable width and width of the window, CSS pixels."""
        value = await self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        return [int(v) for v in value]


@dataclass
class Eyes:
    """Finds faces and tells people apart, as the product does."""

    finder: FaceFinder
    identity: IdentityModel

    def who(self, image: BgrImage) -> Embedding | None:
        """The largest face's embedding."""
        faces = self.finder(image)
        return self.identity(image, faces[0].mesh) if faces else None

    def nose(self, image: BgrImage) -> NDArray[np.float64] | None:
        """The largest face's nose tip, (2,) pixels."""
        points = self.points(image)
        return None if points is None else points[NOSE_TIP].astype(np.float64)

    def points(self, image: BgrImage) -> NDArray[np.float32] | None:
        """The largest face's landmarks, (478, 2) pixels."""
        faces = self.finder(image)
        return faces[0].mesh.points[:, :2] if faces else None


@asynccontextmanager
async def running_server(folder: Path, **environment: str) -> AsyncIterator[Server]:
    server = Server(folder, environment={**CLIENT, "MIEN_MAX_SESSIONS": "2", **environment})
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def open_browser(
    server: Server, options: BrowserOptions
) -> AsyncIterator[tuple[Browser, Studio]]:
    async with Browser(options) as browser:
        page = await browser.new_page()
        await page.set_viewport(1280, 900)
        yield browser, Studio(page, server)


def decoded(picture: str) -> BgrImage:
    """A base64 JPEG as an array."""
    image = cv2.imdecode(np.frombuffer(base64.b64decode(picture), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


async def call(server: Server, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """POST to the API as the installation's own client; the answer's JSON."""
    headers = {"authorization": f"Bearer {server.token}"}
    # A call that was given up would leave its session behind: on a busy machine there is time.
    async with httpx.AsyncClient(base_url=server.origin, headers=headers, timeout=30) as client:
        answer: dict[str, Any] = (await client.post(path, json=body)).json()
    return answer


def workers(server: Server) -> dict[int, float]:
    """CPU seconds of each session process, by process id."""
    return {u.pid: u.cpu_s for u in tree_usage(server.pid) if WORKER_MODULE in u.command}

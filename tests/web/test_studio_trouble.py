"""What goes wrong, said in words on the studio page, and how it comes back."""

import asyncio
import os
import signal
from pathlib import Path

import av
import cv2
import httpx
import numpy as np
import pytest
from tests.web.driving import MEDIA, Studio, open_browser, running_server, workers

from mien.bench.browser import BrowserOptions
from mien.bench.camera_file import write_camera_file
from mien.bench.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A camera that sees an empty wall."""
    folder = tmp_path_factory.mktemp("wall")
    clip, camera = folder / "wall.mp4", folder / "wall.mjpeg"
    shade = np.linspace(90, 160, 640, dtype=np.uint8)
    picture = np.broadcast_to(shade[None, :, None], (480, 640, 3)).copy()
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for _ in range(15):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    write_camera_file(clip, camera)
    return camera


async def test_a_picture_without_a_face_is_explained(studio: Studio, tmp_path: Path) -> None:
    await studio.open(face=None)
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((300, 300, 3), 128, np.uint8))
    await studio.page.set_files("#file", [tmp_path / "grey.png"])
    said = await studio.problem(40)
    assert "be used" in said and "face" in said.lower()
    assert await studio.page.evaluate("document.getElementById('found').hidden")


async def test_a_file_that_is_no_picture_is_explained(studio: Studio, tmp_path: Path) -> None:
    await studio.open(face=None)
    (tmp_path / "letter.txt").write_text("Dear Sir")
    await studio.page.set_files("#file", [tmp_path / "letter.txt"])
    assert "not a picture" in await studio.problem()
    (tmp_path / "broken.png").write_bytes((MEDIA / "astronaut.png").read_bytes()[:500])
    await studio.page.click("#problem-close")
    await studio.page.set_files("#file", [tmp_path / "broken.png"])
    assert "be used" in await studio.problem()


async def test_starting_without_a_face_asks_for_one(studio: Studio) -> None:
    await studio.open(face=None)
    await studio.page.click("#start")
    assert await studio.text("face-status") == "Choose a face to begin"
    assert await studio.page.evaluate("document.getElementById('start').textContent") == "Start"


async def test_a_stale_token_leads_to_the_sign_in(studio: Studio) -> None:
    await studio.page.goto("about:blank")
    await studio.page.goto(f"{studio.server.origin}/studio/#token=stale")
    assert "Sign in again" in await studio.problem()
    assert await studio.page.evaluate("!document.getElementById('sign-in').hidden")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (BrowserOptions(fake_devices=False), "No camera was found"),
        (BrowserOptions(accept_media=False), "not allowed on this page"),
    ],
)
async def test_a_camera_that_is_missing_or_refused(
    server: Server, options: BrowserOptions, words: str
) -> None:
    async with open_browser(server, options) as (browser, studio):
        if not options.accept_media:
            for name in ("camera", "microphone"):
                await browser.set_permission(name, "denied", server.origin)
        await studio.open(face=1)
        await studio.page.click("#start")
        assert words in await studio.problem()
        assert await studio.state() == "Ready when you are"


async def test_a_camera_without_a_face(server: Server, wall: Path) -> None:
    async with open_browser(server, BrowserOptions(camera=wall)) as (_, studio):
        await studio.open(face=1)
        await studio.page.click("#start")
        await studio.wait_for_state("No face in the picture", 40)
        assert "Look into the camera" in await studio.text("note")
        await studio.stop()


async def carrying_worker(server: Server) -> int:
    """The one worker that is busy, once the next one is warm and idle beside it."""
    for _ in range(40):
        before = workers(server)
        await asyncio.sleep(1)
        after = workers(server)
        busy = [pid for pid in after if after[pid] - before.get(pid, 0.0) > 0.1]
        if len(busy) == 1 and len(after) >= 2:
            return busy[0]
    pytest.fail("No single worker carries the session.")


async def test_a_killed_worker_is_said_and_comes_back(studio: Studio) -> None:
    await studio.open(face=1)
    await studio.start()
    carrying = await carrying_worker(studio.server)
    os.kill(carrying, signal.SIGKILL)
    await studio.wait_for_state("Connection lost", 15)
    await studio.wait_for_state("Live", 40)
    assert carrying not in workers(studio.server)
    await studio.stop()


async def room(server: Server) -> None:
    """The page of a stopped session is ready before the server has ended it."""
    async with httpx.AsyncClient(base_url=server.origin) as client:
        for _ in range(100):
            if "mien_sessions_live 0.0" in (await client.get("/metrics")).text:
                return
            await asyncio.sleep(0.1)
    pytest.fail("The stopped session was not ended.")


async def test_a_full_server_says_so(
    tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> None:
    folder = tmp_path_factory.mktemp("full")
    async with running_server(folder, MIEN_MAX_SESSIONS="1") as server:
        options = BrowserOptions(camera=camera_file)
        async with (
            open_browser(server, options) as (_, first),
            open_browser(server, options) as (_, second),
        ):
            await first.open()
            await first.start()
            await second.open()
            await second.page.click("#start")
            assert "No room on the server" in await second.problem()
            await first.stop()
            await room(server)
            await second.page.click("#problem-retry")
            await second.wait_for_state("Live", 40)


async def test_a_killed_server_is_said_and_the_stream_comes_back_with_it(
    tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    async with (
        running_server(folder) as server,
        open_browser(server, BrowserOptions(camera=camera_file)) as (_, studio),
    ):
        await studio.open()
        await studio.start()
        await server.kill()
        await studio.wait_for_state("Connection lost", 15)
        assert await studio.page.evaluate("!document.getElementById('frozen').hidden")
        await server.start()
        await studio.wait_for_state("Live", 40)
        await studio.page.wait_for("document.getElementById('frozen').hidden")
        await studio.stop()


async def test_a_server_that_is_gone_when_starting(
    tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> None:
    async with (
        running_server(tmp_path_factory.mktemp("gone")) as server,
        open_browser(server, BrowserOptions(camera=camera_file)) as (_, studio),
    ):
        await studio.open()
        await server.stop()
        await studio.page.click("#start")
        assert "does not answer" in await studio.problem()
        assert await studio.page.evaluate("!document.getElementById('problem-retry').hidden")

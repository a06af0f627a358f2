"""Programs on packages from npm, built as the moving page says; only names lead elsewhere.

React with agora-rtc-react by Vite, and a Vue program in strict TypeScript by webpack.
"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.web.agora_page import PAGES, close, create, served

from mien.bench.browser import Browser, BrowserOptions, Page
from mien.bench.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(400),
]

NPM = shutil.which("npm")
INSTALL_S = 180
QUIET = ("--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=30000")

needs_npm = pytest.mark.skipif(NPM is None, reason="needs npm")


@dataclass(frozen=True)
class Program:
    """A folder of `pages/`, the name under which it takes our package, and how it is built."""

    folder: str
    package: str
    build: tuple[str, ...]


REACT = Program("react", "agora-rtc-sdk-ng@{}/agora-rtc.tgz", ("vite", "build"))
VUE = Program("vue", "{}/agora-rtc.tgz", ("webpack",))


async def command(folder: Path, *words: str, **environment: str) -> tuple[int, str]:
    """The exit status and what was said; -1 when it took too long."""
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), INSTALL_S)
    except TimeoutError:
        process.kill()
        await process.communicate()
        return -1, "it took too long"
    assert process.returncode is not None
    return process.returncode, said.decode(errors="replace")


async def built(program: Program, folder: Path, server: Server) -> Path:
    """The program's static files; skips where npm's packages can't be had."""
    shutil.copytree(PAGES / program.folder, folder, dirs_exist_ok=True)
    assert NPM is not None
    status, said = await command(folder, NPM, "install", *QUIET)
    if status:
        pytest.skip(f"npm's packages can't be had here: {said[-200:]}")
    package = program.package.format(server.origin)
    status, said = await command(folder, NPM, "install", *QUIET, package)
    assert status == 0, said
    status, said = await command(folder, NPM, "exec", *program.build, MIEN_SERVER=server.origin)
    assert status == 0, said
    if not (folder / "dist" / "index.html").exists():
        shutil.copy(folder / "index.html", folder / "dist")
    return folder / "dist"


@dataclass(frozen=True)
class Call:
    """A program in a browser, with a session in its address."""

    page: Page
    session: dict[str, str]

    async def text(self, element_id: str) -> str:
        return str(await self.page.evaluate(f"document.getElementById('{element_id}').textContent"))

    async def remote_is_seen(self) -> None:
        uid = self.session["algorithm_user_id"]
        shown = f"document.querySelector('#remote-{uid} video')"
        await self.page.wait_for(f"{shown}?.videoWidth === 640", 40)


@asynccontextmanager
async def opened(
    program: Program, server: Server, camera: Path, folder: Path
) -> AsyncIterator[Call]:
    dist = await built(program, folder / program.folder, server)
    if program is VUE:  # its bundler defines nothing
        index = (dist / "index.html").read_text()
        named = f"<script>MIEN_SERVER = '{server.origin}'</script>"
        (dist / "index.html").write_text(index.replace("</head>", f"{named}</head>"))
    session = await create(server)
    with served(dist) as origin:
        async with Browser(BrowserOptions(camera=camera)) as browser:
            page = await browser.new_page(f"{origin}/#{quote(json.dumps(session))}")
            yield Call(page, session)
            assert not page.exceptions
    await close(server, session)


@needs_npm
async def test_a_react_program_calls_hangs_up_and_calls_again(
    server: Server, camera_file: Path, tmp_path: Path
) -> None:
    async with opened(REACT, server, camera_file, tmp_path) as call:
        page = call.page
        for _ in range(2):
            await page.wait_for("!!document.getElementById('call')")
            await page.click("#call")
            await call.remote_is_seen()
            assert await call.text("state") == f"CONNECTED true {call.session['front_user_id']}"
            assert await call.text("error") == ""
            assert await page.evaluate("!!document.querySelector('#local video')")
            # The hooks' own view: the other's tracks, levels, the network, events.
            heard = "document.getElementById('heard').textContent"
            await page.wait_for(f"{heard}.startsWith('1 video 1 audio ')")
            await page.wait_for(f"Number({heard}.split(' ').at(-1)) > 0", 30)
            await page.wait_for("Number(document.getElementById('network').textContent) >= 1")
            assert "user-published" in await call.text("events")
            await page.click("#camera")
            await page.wait_for("!document.querySelector('#local video')")
            await page.click("#camera")
            await page.wait_for("!!document.querySelector('#local video')")
            await page.click("#call")
            await page.wait_for("document.getElementById('state').textContent === 'Not in a call'")
            # The SDK's copy in agora-rtc-react keeps a video of one pixel at the end of the body.
            assert await page.evaluate("document.querySelectorAll('#root video').length") == 0


@needs_npm
async def test_a_vue_program_has_its_call_in_reactive_state(
    server: Server, camera_file: Path, tmp_path: Path
) -> None:
    async with opened(VUE, server, camera_file, tmp_path) as call:
        page = call.page
        for _ in range(2):
            await page.click("#start")
            await call.remote_is_seen()
            assert await call.text("state") == "CONNECTED 1 1 "
            await page.wait_for("Number(document.getElementById('loudest').textContent) > 0", 20)
            assert await page.evaluate("!!document.querySelector('#local video')")
            await page.click("#stop")
            await page.wait_for("document.getElementById('state').textContent.endsWith(' 0 ')")
            assert await page.evaluate("document.querySelectorAll('video').length") == 0

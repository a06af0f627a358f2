"""A React program on agora-rtc-react from npm, built by Vite, with two names leading elsewhere."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.web.agora_page import PAGES, close, create, served

from mien.bench.browser import Browser, BrowserOptions
from mien.bench.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(400),
]

NPM = shutil.which("npm")
INSTALL_S = 180


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


async def built(folder: Path, server: Server) -> Path:
    """The program's static files; skips where npm's packages can't be had."""
    shutil.copytree(PAGES / "react", folder, dirs_exist_ok=True)
    assert NPM is not None
    quiet = ("--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=30000")
    status, said = await command(folder, NPM, "install", *quiet)
    if status:
        pytest.skip(f"npm's packages can't be had here: {said[-200:]}")
    package = f"agora-rtc-sdk-ng@{server.origin}/agora-rtc.tgz"
    status, said = await command(folder, NPM, "install", *quiet, package)
    assert status == 0, said
    status, said = await command(folder, NPM, "exec", "vite", "build", MIEN_SERVER=server.origin)
    assert status == 0, said
    return folder / "dist"


@pytest.mark.skipif(NPM is None, reason="needs npm")
async def test_a_react_program_calls_hangs_up_and_calls_again(
    server: Server, camera_file: Path, tmp_path: Path
) -> None:
    dist = await built(tmp_path / "react", server)
    session = await create(server)
    options = BrowserOptions(camera=camera_file)
    with served(dist) as origin:
        async with Browser(options) as browser:
            page = await browser.new_page(f"{origin}/#{quote(json.dumps(session))}")
            uid = session["algorithm_user_id"]
            shown = f"document.querySelector('#remote-{uid} video')"
            for _ in range(2):
                await page.wait_for("!!document.getElementById('call')")
                await page.click("#call")
                await page.wait_for(f"{shown}?.videoWidth === 640", 40)
                state = await page.evaluate("document.getElementById('state').textContent")
                assert state == f"CONNECTED true {session['front_user_id']}"
                assert await page.evaluate("document.getElementById('error').textContent") == ""
                assert await page.evaluate("!!document.querySelector('#local video')")
                await page.click("#call")
                await page.wait_for(
                    "document.getElementById('state').textContent === 'Not in a call'"
                )
                assert await page.evaluate("document.querySelectorAll('video').length") == 0
            assert not page.exceptions
    await close(server, session)

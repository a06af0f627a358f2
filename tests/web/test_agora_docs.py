"""What the documentation tells to paste is run as it stands."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.web.agora_page import LIVE, close, create, source_image
from tests.web.driving import CLIENT, call, running_server

from mien.bench.browser import Browser, BrowserOptions
from mien.bench.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
]

DOCS = Path(__file__).parents[2] / "docs"


def block(language: str, containing: str, page: str = "moving.md") -> str:
    found = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    [wanted] = [text for text in found if containing in text]
    return str(wanted)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    # The documents' pages are closed without a word, and their sessions wait for them.
    folder = tmp_path_factory.mktemp("data")
    async with running_server(folder, MIEN_MAX_SESSIONS="5") as server:
        yield server


@pytest.mark.parametrize(
    ("document", "containing"), [("moving.md", "whep_url"), ("api.md", "join_url")]
)
async def test_the_page_without_any_sdk_goes_live(
    server: Server, camera_file: Path, tmp_path: Path, document: str, containing: str
) -> None:
    page_text = block("html", containing, document)
    for before, after in {
        "http://127.0.0.1:8080": server.origin,
        "CLIENT SECRET": CLIENT["MIEN_CLIENT_SECRET"],
        "https://example.com/face.jpg": source_image(),
    }.items():
        assert page_text.count(before) == 1
        page_text = page_text.replace(before, after)
    assert page_text.count("\n") <= 28
    file = tmp_path / "page.html"
    file.write_text(page_text)
    async with Browser(BrowserOptions(camera=camera_file)) as browser:
        page = await browser.new_page(file.as_uri())
        await page.wait_for("document.getElementById('result').videoWidth === 640", 40)
        assert not page.exceptions


async def test_a_program_of_modules_is_led_to_ours_by_an_import_map(
    server: Server, camera_file: Path, tmp_path: Path
) -> None:
    head = block("html", "importmap").replace("https://mien.example.org", server.origin)
    program = (
        '<script type="module">import AgoraRTC from "agora-rtc-sdk-ng";'
        " window.rtc = AgoraRTC;</script>"
    )
    file = tmp_path / "modules.html"
    file.write_text(head + program)
    session = await create(server)
    async with Browser(BrowserOptions(camera=camera_file)) as browser:
        page = await browser.new_page(file.as_uri())
        await page.wait_for("!!window.rtc")
        joined = await page.evaluate(
            f"(async () => {{ const session = {json.dumps(session)};"
            " const client = rtc.createClient({mode: 'rtc', codec: 'vp8'});"
            " const uid = await client.join(session.app_id, session.channel_id,"
            " session.front_rtc_token, null); await client.leave(); return uid; })()"
        )
    assert joined == 1
    await close(server, session)


async def test_the_python_client_runs(server: Server) -> None:
    names = {
        "BASE": server.origin,
        "SECRET": CLIENT["MIEN_CLIENT_SECRET"],
        "FACE": source_image(),
    }
    await asyncio.to_thread(exec, block("python", "urllib"), names)
    assert re.fullmatch(r"[0-9a-f]{24}", names["session"]["_id"])  # type: ignore[index]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_curl_client_runs(server: Server) -> None:
    text = block("sh", "live/create").replace("https://example.com/face.jpg", source_image())
    create, close = (f"curl {part}" for part in text.split("curl ")[1:])
    environment = {
        **os.environ,
        "BASE": server.origin,
        "SECRET": CLIENT["MIEN_CLIENT_SECRET"],
    }

    async def answer(line: str) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", line, env=environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        told: dict[str, Any] = json.loads(said)
        return told

    created = await answer(create)
    assert created["code"] == 1000
    assert "THE _id OF CREATE" in close
    closed = await answer(close.replace("THE _id OF CREATE", created["data"]["_id"]))
    assert closed["code"] == 1000
    ended = await call(server, f"{LIVE}/info", {"_id": created["data"]["_id"]})
    assert ended["data"]["faceswap_status"] == 3

"""The API's documented example as a page: token, detect, create, join, update, close."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np
import pytest
import pytest_asyncio
from tests.web.agora_page import FACE, LIVE, PAGES, SDK, adapted
from tests.web.driving import CLIENT, MEDIA, Eyes, call, decoded

from mien.bench.browser import Browser, BrowserOptions, Page
from mien.bench.server import Server
from mien.vision.face import BgrImage
from mien.vision.identity import distance

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

SECOND = MEDIA / "grace_hopper.jpg"
GRAB = """((video) => {
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/jpeg', 0.95).split(',')[1];
})(document.querySelector('#remote video'))"""
MOMENTS = 7


@pytest_asyncio.fixture(loop_scope="module")
async def page(server: Server, camera_file: Path, tmp_path: Path) -> AsyncIterator[Page]:
    file = adapted("live_faceswap.html", f"{server.origin}/agora-rtc.js", tmp_path)
    given = {
        "base": server.origin,
        "clientId": CLIENT["MIEN_CLIENT_ID"],
        "clientSecret": CLIENT["MIEN_CLIENT_SECRET"],
        "faces": [base64.b64encode(path.read_bytes()).decode() for path in (FACE, SECOND)],
    }
    async with Browser(BrowserOptions(camera=camera_file)) as browser:
        yield await browser.new_page(f"{file.as_uri()}#{quote(json.dumps(given))}")


async def status(page: Page, text: str, within_s: float = 40.0) -> None:
    await page.wait_for(f"document.getElementById('status').textContent === {text!r}", within_s)


async def session_of(page: Page, server: Server, wanted: int) -> None:
    """Wait until the session that the page has created has this status."""
    for _ in range(100):
        answer = await call(server, f"{LIVE}/info", {"_id": await created(page)})
        if answer["data"]["faceswap_status"] == wanted:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"the session did not become {wanted}: {answer}")


async def created(page: Page) -> str:
    return str(await page.evaluate("window.CREATED"))


async def film(page: Page) -> list[BgrImage]:
    pictures = []
    for _ in range(MOMENTS):
        await asyncio.sleep(0.5)
        pictures.append(decoded(await page.evaluate(GRAB)))
    return pictures


def nearer(eyes: Eyes, pictures: list[BgrImage], one: Path, other: Path) -> int:
    """In how many pictures the face is nearer to the first person's than to the second's."""
    a, b = (eyes.who(np.asarray(cv2.imread(str(path)), np.uint8)) for path in (one, other))
    assert a is not None and b is not None
    seen = [eyes.who(picture) for picture in pictures]
    return sum(distance(who, a) < distance(who, b) for who in seen if who is not None)


NOTE_CREATED = """
  const real = window.fetch;
  window.fetch = async (...request) => {
    const response = await real(...request);
    if (String(request[0]).endsWith('/live/create')) {
      window.CREATED = (await response.clone().json()).data._id;
    }
    return response;
  };
  1
"""


async def begun(page: Page) -> None:
    await page.evaluate(NOTE_CREATED)
    await page.click("#begin")
    await status(page, "live")
    await page.wait_for("document.querySelector('#remote video')?.videoWidth === 640", 20)


async def test_it_goes_live_changes_the_face_and_stops(
    page: Page, server: Server, eyes: Eyes
) -> None:
    await begun(page)
    assert nearer(eyes, await film(page), FACE, SECOND) > MOMENTS / 2
    await page.wait_for("Number(document.getElementById('level').textContent) > 0", 20)
    await page.click("#change")
    await status(page, "changed")
    await asyncio.sleep(0.5)
    assert nearer(eyes, await film(page), SECOND, FACE) > MOMENTS / 2
    assert await page.evaluate("document.querySelectorAll('#local video').length") == 1
    await page.click("#end")
    await status(page, "stopped")
    await session_of(page, server, 3)
    assert await page.evaluate("document.querySelectorAll('video').length") == 0
    assert not page.exceptions


async def test_a_page_that_is_closed_closes_its_session(page: Page, server: Server) -> None:
    await begun(page)
    session = await created(page)
    await page.goto("about:blank")
    await page.evaluate(f"window.CREATED = {session!r}")
    await session_of(page, server, 3)
    again: dict[str, Any] = await call(server, f"{LIVE}/close", {"_id": session})
    assert again["code"] == 1000


async def test_the_page_knows_nothing_of_mien() -> None:
    text = (PAGES / "live_faceswap.html").read_text()
    assert "mien" not in text.lower() and SDK in text

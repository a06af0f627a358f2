"""The depicted person's page: told who asks for what, records a clip, refuses by the same link."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import httpx
import pytest
import pytest_asyncio
from tests.live.consent_clip import turning
from tests.web.agora_page import write_tone
from tests.web.driving import Studio, open_browser

from mien.bench.browser import BrowserOptions, Page
from mien.bench.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

SUBJECT = "The woman who turns her head"


@dataclass
class Asking:
    """The account that asks, and the page of whom it asks."""

    http: httpx.AsyncClient
    studio: Studio

    @property
    def page(self) -> Page:
        return self.studio.page

    async def register(self) -> str:
        """A record of her face; its id."""
        done, data = cv2.imencode(".jpg", turning()[0])
        assert done
        sent = await self.http.post("/v1/sources", files={"file": data.tobytes()})
        source = answered(sent)["id"]
        body = {"source": source, "subject": SUBJECT, "basis": "self", "adult": True}
        return str(answered(await self.http.post("/v1/likenesses", json=body))["id"])

    async def invite(self, record: str) -> str:
        return str(answered(await self.http.post(f"/v1/likenesses/{record}/invite"))["url"])

    async def look(self, record: str) -> dict[str, Any]:
        return answered(await self.http.get(f"/v1/likenesses/{record}"))

    async def open(self, url: str) -> None:
        """Another part after the # alone would not load the page anew."""
        await self.page.goto("about:blank")
        await self.page.goto(url)

    async def wait_shown(self, element_id: str, within_s: float = 10.0) -> None:
        await self.page.wait_for(f"!document.getElementById('{element_id}').hidden", within_s)


def answered(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(
    server: Server, camera_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Asking]:
    tone = tmp_path_factory.mktemp("voice") / "tone.wav"
    write_tone(tone, 0.3)
    options = BrowserOptions(camera=camera_file, microphone=tone)
    headers = {"authorization": f"Bearer {server.token}"}
    async with (
        open_browser(server, options) as (_, studio),
        httpx.AsyncClient(base_url=server.origin, headers=headers, timeout=30) as http,
    ):
        yield Asking(http, studio)


async def test_the_person_records_gets_a_verdict_and_says_no(asking: Asking) -> None:
    record = await asking.register()
    await asking.open(await asking.invite(record))
    await asking.wait_shown("about")
    asks = await asking.studio.text("asks")
    assert asks == f"The account “default” asks to use the face of {SUBJECT}."
    assert "live video, files, recordings" in await asking.studio.text("facts")

    await asking.page.click("#begin")
    step = "document.getElementById('step').textContent"
    await asking.page.wait_for(f"{step}.includes('say:')")
    await asking.page.wait_for(f"{step}.startsWith('Turn your head to your ')", 15)
    assert await asking.page.evaluate("document.getElementById('camera').videoWidth") == 640
    verdict = f"!document.getElementById('done').hidden || {step}.includes('once more')"
    await asking.page.wait_for(verdict, 60)
    assert not await asking.page.evaluate("!document.getElementById('trouble').hidden")
    # The order of the turns is drawn; the clip's own may be it or not. Whose face it is, is sure;
    # whether a steady tone is heard is up to the browser's noise suppression.
    agreed = await asking.studio.text("done-title") == "You have agreed."
    assert "not the registered one" not in await asking.studio.text("step")
    assert ((await asking.look(record))["evidence"] is not None) is agreed

    await asking.page.click("#withdraw" if agreed else "#refuse")
    await asking.page.wait_for(
        "document.getElementById('done-title').textContent === 'Your face is not used.'"
    )
    assert (await asking.look(record))["revoked_at"] is not None
    assert not asking.page.exceptions


async def test_who_refuses_at_once_finds_it_kept(asking: Asking) -> None:
    record = await asking.register()
    url = await asking.invite(record)
    await asking.open(url)
    await asking.wait_shown("record")
    await asking.page.click("#refuse")
    await asking.wait_shown("done")
    assert (await asking.look(record))["revoked_at"] is not None
    await asking.open(url)
    await asking.wait_shown("done")
    assert await asking.studio.text("done-title") == "Your face is not used."
    assert await asking.page.evaluate("document.getElementById('record').hidden")
    assert not asking.page.exceptions


async def test_a_wrong_link_is_told(asking: Asking) -> None:
    for end in ("#nothing", ""):
        await asking.open(f"{asking.studio.server.origin}/consent/{end}")
        await asking.wait_shown("trouble")
        assert "link" in await asking.studio.text("trouble-text")
        assert await asking.page.evaluate("document.getElementById('record').hidden")
    assert not asking.page.exceptions


async def test_the_page_fits_a_phone(asking: Asking) -> None:
    url = await asking.invite(await asking.register())
    await asking.page.set_viewport(360, 740)
    await asking.open(url)
    await asking.wait_shown("record")
    wide, window = await asking.studio.sideways()
    assert wide <= window
    await asking.page.set_viewport(1280, 900)

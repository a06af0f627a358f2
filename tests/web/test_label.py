"""Where the operator's policy leaves the label to the page, the page draws it over the picture."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.trust.pictures import has_badge
from tests.web.agora_page import Lab, open_lab
from tests.web.driving import Studio, running_server

from mien.bench.browser import BrowserOptions
from mien.bench.server import Server
from mien.live.governance import install_policy
from mien.trust.audit import LOG_FILE, open_audit_log
from mien.trust.policy import Policy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

BADGE = "[data-mien-label=badge]"
PLACES = """((scope) => ['video', '[data-mien-label=badge]']
  .map((selector) => scope.querySelector(selector))
  .map((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return [left, top, right, bottom, parseFloat(getComputedStyle(element).fontSize)];
  }))"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server whose operator has signed that pages draw the label."""
    folder = tmp_path_factory.mktemp("data")
    policy, log = Policy(label="client"), open_audit_log(folder, time.time)
    install_policy(folder, policy, Ed25519PrivateKey.generate(), log)
    async with running_server(folder) as server:
        yield server
    told = (folder / LOG_FILE).read_text()
    assert '"event":"policy.changed"' in told
    assert told.count('"label":"client"') == 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(
    server: Server, tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> AsyncIterator[Lab]:
    folder = tmp_path_factory.mktemp("label")
    async with open_lab(server, BrowserOptions(camera=camera_file), folder) as lab:
        yield lab


def at_the_top_right(places: list[list[float]]) -> None:
    """The badge is in the picture's corner, and its letters are as high as asked for."""
    (left, top, right, bottom, _), badge = places
    short = min(right - left, bottom - top)
    assert left < badge[0] < badge[2] < right
    assert top < badge[1] < badge[3] < (top + bottom) / 2
    assert right - badge[2] < 0.05 * (right - left)
    assert 0.7 * badge[4] >= min(0.05 * short, 8) - 0.1, "capitals"


async def test_a_program_for_agora_has_it_drawn_where_it_plays(lab: Lab) -> None:
    async with lab.session():
        await lab.join()
        await lab.run(
            "globalThis.camera = await AgoraRTC.createCameraVideoTrack();"
            " await client.publish([camera]);"
        )
        await lab.watch()
        await lab.wait_for(f"document.querySelector('#theirs {BADGE}')")
        at_the_top_right(await lab.page.evaluate(f"{PLACES}(document.getElementById('theirs'))"))
        assert (
            await lab.run(f"return document.querySelector('{BADGE}').textContent") == "AI MODIFIED"
        )
        await lab.run("client.remoteUsers[0].videoTrack.stop()")
        assert await lab.run(f"return document.querySelectorAll('{BADGE}').length") == 0
        await lab.run("camera.close(); await client.leave()")


async def test_the_studio_draws_it_and_the_picture_comes_without(studio: Studio) -> None:
    await studio.open()
    await studio.start()
    badge = f"document.querySelector('#result-view {BADGE}')"
    await studio.page.wait_for(f"!!{badge}")
    at_the_top_right(
        await studio.page.evaluate(f"{PLACES}(document.getElementById('result-view'))")
    )
    assert await studio.page.evaluate(f"{badge}.textContent") == "AI MODIFIED"
    for _ in range(40):
        if not has_badge(await studio.result()):
            break
    assert not has_badge(await studio.result())
    await studio.stop()
    assert await studio.page.evaluate(f"document.querySelectorAll('{BADGE}').length") == 0

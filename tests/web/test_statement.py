"""A signed statement reaches real pages, and holds there: the studio, and a program for Agora."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from tests.trust.pictures import has_badge
from tests.web.agora_page import Lab, open_lab
from tests.web.driving import Studio, decoded

from mien.bench.browser import BrowserOptions
from mien.bench.server import Server
from mien.trust.detector import Detector
from mien.trust.keyring import read_keyring
from mien.trust.registry import session_digest
from mien.trust.session_statement import StatementRefused, read_statement
from mien.trust.statement_keys import StatementKeys

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

CHECK = """
  const {{ verified }} = await import({origin} + '/studio/statement.js');
  return verified({text}, () => fetch({origin} + '/v1/provenance/keys'));
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(
    server: Server, tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> AsyncIterator[Lab]:
    folder = tmp_path_factory.mktemp("statement")
    async with open_lab(server, BrowserOptions(camera=camera_file), folder) as lab:
        yield lab


async def published(server: Server) -> StatementKeys:
    async with httpx.AsyncClient(base_url=server.origin) as client:
        return StatementKeys.from_jwks((await client.get("/v1/provenance/keys")).json())


async def test_a_program_for_agora_hears_it_as_a_stream_message(lab: Lab, server: Server) -> None:
    keys = await published(server)
    async with lab.session() as session:
        await lab.run(
            "globalThis.messages = [];"
            " client.on('stream-message', (uid, data) => messages.push("
            "   [uid, data instanceof Uint8Array, new TextDecoder().decode(data)]));"
        )
        await lab.join()
        await lab.wait_for("messages.length")
        uid, is_bytes, words = await lab.run("return messages[0]")
        assert (uid, is_bytes) == (3, True)
        text = json.loads(words)["statement"]
        statement = read_statement(text, keys)
        assert statement.session == session_digest(session["_id"])
        assert statement.label == "burned_in"
        changed = text[:-9] + ("B" if text[-9] == "A" else "A") + text[-8:]
        with pytest.raises(StatementRefused):
            read_statement(changed, keys)
        # The same by the page's own check, from a page of elsewhere.
        for sent, holds in ((text, True), (changed, False)):
            code = CHECK.format(origin=json.dumps(server.origin), text=json.dumps(sent))
            assert ((await lab.run(code)) is not None) is holds
        await lab.run("await client.leave()")


async def test_the_studio_says_that_its_session_is_signed(studio: Studio) -> None:
    await studio.open()
    await studio.start()
    meter = "document.getElementById('meter-statement')"
    await studio.page.wait_for(f"{meter}.textContent.startsWith('signed ')")
    claims = json.loads(await studio.page.evaluate(f"{meter}.title"))
    assert set(claims) >= {"iss", "iat", "session", "mark_id", "policy"}
    await studio.stop()
    assert await studio.page.evaluate(f"{meter}.textContent") == "\u2013"


WISHES = "{mode: 'rtc', codec: 'vp8', watermark: false, label: 'none', marking: null}"
FRAME = """
  const video = document.querySelector('#theirs video');
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/jpeg', 0.95).split(',')[1];
"""


async def test_no_option_of_the_client_takes_mark_or_label_away(lab: Lab, server: Server) -> None:
    async with lab.session(WISHES):
        await lab.run(
            "for (const name of ['NO_MARK', 'MIEN_LABEL', 'WATERMARK', 'DISABLE_LABEL'])"
            "  AgoraRTC.setParameter(name, name === 'NO_MARK');"
        )
        await lab.join()
        await lab.run(
            "globalThis.camera = await AgoraRTC.createCameraVideoTrack();"
            " await client.publish([camera]);"
            " await client.sendStreamMessage(JSON.stringify({ type: 'label-drawn', drawn: true }));"
        )
        await lab.watch()
        await lab.wait_for_frames(10)
        detector = Detector(read_keyring(server.data_dir).patterns())
        for _ in range(6):
            await lab.wait_for_frames(2)
            picture = decoded(await lab.run(FRAME))
            assert has_badge(picture)
            detector.feed(picture)
        assert detector.result(thorough=False).mark_id is not None
        await lab.run("camera.close(); await client.leave()")

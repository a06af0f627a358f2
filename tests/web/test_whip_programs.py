"""Over HTTP: FFmpeg publishes by WHIP, a page of another origin plays by WHEP."""

import asyncio
import json
import sys
from pathlib import Path
from urllib.parse import urljoin

import pytest
from tests.media.webrtc.test_peer_whip import PUBLISHER, make_certificate
from tests.media.webrtc.whip_publisher import BGR
from tests.web.agora_page import close, create

from mien.bench.browser import Browser
from mien.bench.network import SCRIPT
from mien.bench.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
]

WHEP = """
const headers = { authorization: `Bearer ${token}` };
const sdp = await offer({ direction: 'recvonly', data: false, audio: false });
const made = await fetch(url, { method: 'POST', body: sdp,
  headers: { ...headers, 'content-type': 'application/sdp' } });
await accept(await made.text());
const place = new URL(made.headers.get('location'), url), etag = made.headers.get('etag');
const candidate = [...sdp.matchAll(/a=candidate:.*/g)][0][0].trim();
const ufrag = /a=ice-ufrag:.*/.exec(sdp)[0].trim();
const patch = (match, body) => fetch(place, { method: 'PATCH', body,
  headers: { ...headers, 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': match } });
const fragment = `${ufrag}\\r\\n${candidate}\\r\\n`;
window.leave = async () => (await fetch(place, { method: 'DELETE', headers })).status;
return [made.status, (await patch(etag, fragment)).status,
  (await patch('"other"', fragment)).status,
  (await patch('*', 'a=ice-ufrag:anew\\r\\na=ice-pwd:anew\\r\\n')).status];
"""


async def test_ffmpeg_publishes_and_a_page_of_another_origin_plays(
    server: Server, tmp_path: Path
) -> None:
    session = await create(server)
    keys = await asyncio.to_thread(make_certificate, tmp_path)
    token = session["front_rtc_token"]
    whip, whep = (urljoin(server.origin, session[f"{kind}_url"]) for kind in ("whip", "whep"))
    program = await asyncio.create_subprocess_exec(sys.executable, PUBLISHER, whip, *keys, token)
    try:
        async with Browser() as browser:
            page = await browser.new_page()
            await page.evaluate(SCRIPT)
            given = f"const url = {json.dumps(whep)}, token = {json.dumps(token)};"
            statuses = await page.evaluate(f"(async () => {{ {given} {WHEP} }})()")
            assert statuses == [201, 204, 412, 422]
            await page.wait_for("shown.length > 10", 40)
            blue, green, red = BGR
            seen = await page.evaluate("pixel(.5, .3)")
            assert max(abs(a - b) for a, b in zip(seen, (red, green, blue), strict=True)) < 24
            assert await page.evaluate("leave()") == 200
            assert await page.evaluate("leave()") == 404
    finally:
        program.kill()
        await program.wait()
        await close(server, session)

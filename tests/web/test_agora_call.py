"""A page written for the Agora Web SDK makes a call; only its script's address was changed."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import pytest_asyncio
from tests.web.agora_page import PAGES, SDK, adapted, close, source_image
from tests.web.driving import CLIENT, Eyes, decoded

from mien.bench.browser import Browser, BrowserOptions, Page
from mien.bench.server import Server
from mien.vision.face import BgrImage
from mien.vision.identity import Embedding, distance

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

WEB = Path(__file__).parents[2] / "src" / "mien" / "web"
GRAB = """((video) => {
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/jpeg', 0.95).split(',')[1];
})"""
MOMENTS = 7
STATISTICS = {
    "getLocalVideoStats": {
        "codecType", "sendBytes", "sendFrameRate", "captureFrameRate", "sendPackets",
        "sendPacketsLost", "sendJitterMs", "sendRttMs", "sendResolutionHeight",
        "sendResolutionWidth", "captureResolutionHeight", "captureResolutionWidth", "encodeDelay",
        "sendBitrate", "targetSendBitrate", "totalDuration", "totalFreezeTime",
        "currentPacketLossRate",
    },
    "getLocalAudioStats": {
        "codecType", "sendVolumeLevel", "sendBitrate", "sendBytes", "sendPackets",
        "sendPacketsLost", "sendJitterMs", "sendRttMs", "currentPacketLossRate",
    },
    "getRemoteVideoStats": {
        "transportDelay", "codecType", "end2EndDelay", "receiveBitrate", "receiveDelay",
        "receiveBytes", "decodeFrameRate", "receiveFrameRate", "renderFrameRate", "receivePackets",
        "receivePacketsLost", "packetLossRate", "currentPacketLossRate",
        "receiveResolutionHeight", "receiveResolutionWidth", "totalDuration", "totalFreezeTime",
        "freezeRate", "publishDuration",
    },
    "getRemoteAudioStats": {
        "transportDelay", "codecType", "end2EndDelay", "receiveBitrate", "receiveLevel",
        "receiveBytes", "receiveDelay", "receivePackets", "receivePacketsLost",
        "receivePacketsDiscarded", "packetLossRate", "currentPacketLossRate", "totalDuration",
        "totalFreezeTime", "freezeRate", "publishDuration",
    },
    "getRTCStats": {
        "Duration", "RecvBitrate", "RecvBytes", "SendBitrate", "SendBytes", "UserCount", "RTT",
        "OutgoingAvailableBandwidth",
    },
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(camera_file: Path) -> AsyncIterator[Browser]:
    async with Browser(BrowserOptions(camera=camera_file)) as browser:
        yield browser


async def text(page: Page, element_id: str) -> str:
    return str(await page.evaluate(f"document.getElementById('{element_id}').textContent"))


async def fill_in(page: Page, server: Server, mode: str = "rtc", codec: str = "vp8") -> None:
    values = {
        "base": server.origin,
        "key": CLIENT["MIEN_CLIENT_SECRET"],
        "mode": mode,
        "codec": codec,
    }
    await page.evaluate(
        f"Object.entries({json.dumps(values)}).forEach(([id, value]) =>"
        f" {{ document.getElementById(id).value = value; }});"
        f" window.SOURCE_IMAGE = {json.dumps(source_image())}; 1"
    )


async def go_live(page: Page) -> None:
    """Join, and subscribe by clicks when the other has published."""
    await page.click("#join")
    for media in ("video", "audio"):
        await page.wait_for(f"!!document.getElementById('subscribe-{media}')", 40)
        await page.click(f"#subscribe-{media}")
    await page.wait_for("document.querySelector('#remote-list video')?.videoWidth > 0", 20)


async def end_session(page: Page, server: Server) -> None:
    await close(server, await page.evaluate("session"))
    await page.close()


async def seen(page: Page, selector: str) -> BgrImage:
    """What a video shows, (height, width, 3) BGR."""
    return decoded(await page.evaluate(f"{GRAB}(document.querySelector({selector!r}))"))


async def moment(page: Page, eyes: Eyes) -> tuple[Embedding, Embedding | None]:
    """Who the camera and the result show, a little later than the last time."""
    await asyncio.sleep(0.5)
    camera, result = await seen(page, "#local-player video"), await seen(page, "#remote-list video")
    person = eyes.who(camera)
    assert person is not None
    return person, eyes.who(result)


@pytest.mark.parametrize(("mode", "codec"), [("rtc", "vp8"), ("live", "h264")])
async def test_a_call_from_a_file_shows_the_swapped_face(
    browser: Browser, server: Server, eyes: Eyes, tmp_path: Path, mode: str, codec: str
) -> None:
    file = adapted("basic_video_call.html", f"{server.origin}/agora-rtc.js", tmp_path)
    page = await browser.new_page(file.as_uri())
    assert (await page.evaluate("location.origin")) in ("null", "file://")
    await fill_in(page, server, mode, codec)
    await go_live(page)
    assert await text(page, "local-name") == "localVideo(1)"
    log = await text(page, "log")
    assert log.startswith(
        "DISCONNECTED -> CONNECTING\nCONNECTING -> CONNECTED\npublish success\npublished 3 "
    )
    await page.wait_for("client.getRemoteVideoStats()[3]?.decodeFrameRate > 2", 20)
    shape = await page.evaluate("client.getLocalVideoStats()")
    assert shape["codecType"] == codec.upper()
    assert (shape["sendResolutionWidth"], shape["sendResolutionHeight"]) == (640, 480)
    source = eyes.who(decoded(source_image().split(",")[1]))
    await page.wait_for("client.getRTCStats().Duration >= 3", 20)
    moments = [await moment(page, eyes) for _ in range(MOMENTS)]
    await end_session(page, server)
    assert source is not None
    # She turns far to both sides: a single moment tells little.
    nearer = [distance(s, source) < distance(s, p) for p, s in moments if s is not None]
    assert sum(nearer) > MOMENTS / 2, nearer


async def test_statistics_have_the_sdks_names_and_sensible_values(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    file = adapted("basic_video_call.html", f"{server.origin}/agora-rtc.js", tmp_path)
    page = await browser.new_page(file.as_uri())
    await fill_in(page, server)
    await go_live(page)
    await page.wait_for("client.getRTCStats().Duration >= 4", 20)
    told = {name: await page.evaluate(f"client.{name}()") for name in STATISTICS}
    for name in ("getRemoteVideoStats", "getRemoteAudioStats"):
        assert set(told[name]) == {"3"}
        told[name] = told[name]["3"]
    for name, fields in STATISTICS.items():
        assert fields <= set(told[name]), name
        assert all(v is not None for v in told[name].values()), name
    video = told["getRemoteVideoStats"]
    assert (video["receiveResolutionWidth"], video["receiveResolutionHeight"]) == (640, 480)
    assert 1 < video["decodeFrameRate"] < 40 and 20_000 < video["receiveBitrate"] < 6_000_000
    assert 0 < told["getLocalVideoStats"]["sendBitrate"] < 6_000_000
    assert told["getLocalAudioStats"]["codecType"] == "opus"
    assert 5_000 < told["getLocalAudioStats"]["sendBitrate"] < 200_000
    assert told["getRTCStats"]["UserCount"] == 2 and told["getRTCStats"]["SendBytes"] > 50_000
    assert 0 <= told["getRTCStats"]["RTT"] < 1000
    quality = await page.evaluate("client.getRemoteNetworkQuality()")
    assert 1 <= quality["3"]["uplinkNetworkQuality"] <= 5
    settings = "localTracks.audioTrack.getMediaStreamTrack().getSettings().sampleRate"
    assert await page.evaluate(settings) == 48000
    await end_session(page, server)


async def test_the_page_leaves_and_joins_again(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    file = adapted("basic_video_call.html", f"{server.origin}/agora-rtc.js", tmp_path)
    page = await browser.new_page(file.as_uri())
    await fill_in(page, server)
    for _ in range(2):
        await go_live(page)
        camera = "localTracks.videoTrack.getMediaStreamTrack()"
        await page.evaluate(f"window.camera = {camera}; 1")
        await page.click("#leave")
        await page.wait_for("document.getElementById('local-name').textContent === ''")
        assert await page.evaluate("camera.readyState") == "ended"
        assert await page.evaluate("[client.connectionState, client.remoteUsers.length]") == [
            "DISCONNECTED",
            0,
        ]
        assert await page.evaluate("client.uid === undefined")
        assert await page.evaluate("document.querySelectorAll('video').length") == 0
    log = await text(page, "log")
    assert log.count("client leaves channel success") == 2
    # What was asked for before may still succeed in between.
    states = "\n".join(line for line in log.splitlines() if " -> " in line)
    assert states.count("CONNECTED -> DISCONNECTING\nDISCONNECTING -> DISCONNECTED") == 2
    assert not page.exceptions
    await end_session(page, server)


@pytest.fixture
def elsewhere() -> Iterator[int]:
    """The port of a server that gives the script at every path, as a CDN or interception would."""
    script = (WEB / "agora" / "agora-rtc.cjs").read_bytes()

    class Script(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.end_headers()
            self.wfile.write(script)

        def log_message(self, format: str, *values: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Script) as cdn:
        thread = threading.Thread(target=cdn.serve_forever)
        thread.start()
        yield cdn.server_port
        cdn.shutdown()
        thread.join()


async def test_a_script_from_elsewhere_finds_where_the_session_was_created(
    server: Server, camera_file: Path, tmp_path: Path, elsewhere: int
) -> None:
    """It takes the SDK's place at the SDK's own address, which can't tell where Mien is."""
    file = adapted("basic_video_call.html", SDK.replace("https:", "http:"), tmp_path)
    rule = f"--host-resolver-rules=MAP download.agora.io:80 127.0.0.1:{elsewhere}"
    async with Browser(BrowserOptions(camera=camera_file, extra_flags=(rule,))) as browser:
        page = await browser.new_page(file.as_uri())
        await fill_in(page, server)
        await go_live(page)
        assert "published 3 video" in await text(page, "log")
        await end_session(page, server)


async def test_the_pages_know_nothing_of_mien() -> None:
    for name in ("basic_video_call.html", "blank.html"):
        text = (PAGES / name).read_text()
        assert "mien" not in text.lower() and SDK in text

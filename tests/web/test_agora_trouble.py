"""What goes wrong in programs written for the Agora Web SDK: the SDK's codes, states and events."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.web.agora_page import LIVE, Lab, close, create, open_lab
from tests.web.driving import call, running_server

from mien.bench.browser import BrowserOptions
from mien.bench.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

PUBLISH_CAMERA = """
  globalThis.camera = await AgoraRTC.createCameraVideoTrack();
  await client.publish(camera);
"""
TOKEN_LIFE_S = 3600


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(
    server: Server, tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> AsyncIterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    async with open_lab(server, BrowserOptions(camera=camera_file), folder) as lab:
        yield lab


async def test_a_join_with_something_wrong_is_refused_with_the_sdks_code(lab: Lab) -> None:
    async with lab.session():
        await lab.run("follow(client);")
        tries = {
            "'', session.channel_id, session.front_rtc_token, 1": "INVALID_PARAMS",
            "session.app_id, '', session.front_rtc_token, 1": "INVALID_PARAMS",
            "session.app_id, 'x'.repeat(65), session.front_rtc_token, 1": "INVALID_PARAMS",
            "session.app_id, session.channel_id, '', 1": "INVALID_PARAMS",
            "session.app_id, session.channel_id, session.front_rtc_token, -1": "INVALID_PARAMS",
            "session.app_id, session.channel_id, null, 1": "CAN_NOT_GET_GATEWAY_SERVER",
            "session.app_id, session.channel_id, 'rubbish', 1": "CAN_NOT_GET_GATEWAY_SERVER",
            "session.app_id, session.channel_id, '007rubbish', 1": "CAN_NOT_GET_GATEWAY_SERVER",
            "'0'.repeat(32), session.channel_id, session.front_rtc_token, 1": (
                "CAN_NOT_GET_GATEWAY_SERVER"
            ),
            "session.app_id, 'elsewhere', session.front_rtc_token, 1": (
                "CAN_NOT_GET_GATEWAY_SERVER"
            ),
            "session.app_id, session.channel_id, session.front_rtc_token, 77": (
                "CAN_NOT_GET_GATEWAY_SERVER"
            ),
        }
        for arguments, code in tries.items():
            assert await lab.run(f"return codeOf(() => client.join({arguments}))") == code, (
                arguments
            )
            assert await lab.run("return client.connectionState") == "DISCONNECTED"
        told = await lab.happened()
        assert told[:2] == [
            "connection-state-change CONNECTING DISCONNECTED ",
            "connection-state-change DISCONNECTED CONNECTING SERVER_ERROR",
        ]
        # A wrong try spoils nothing; no uid takes the token's.
        assert (
            await lab.run(
                "return client.join(session.app_id, session.channel_id, session.front_rtc_token)"
            )
            == 1
        )
        for uid in ("0", "null", "parseInt(session.no_such_field)"):
            again = f"session.app_id, session.channel_id, session.front_rtc_token, {uid}"
            assert await lab.run(f"await client.leave(); return client.join({again})") == 1, uid


async def test_calls_out_of_order_are_refused_with_the_sdks_code(lab: Lab) -> None:
    async with lab.session():
        await lab.run("globalThis.camera = await AgoraRTC.createCameraVideoTrack();")
        assert await lab.run("return codeOf(() => client.publish(camera))") == "INVALID_OPERATION"
        assert await lab.run("return codeOf(() => client.subscribe(3, 'video'))") == (
            "INVALID_REMOTE_USER"
        )
        assert await lab.run("return codeOf(() => client.unpublish(camera))") == "INVALID_OPERATION"
        assert await lab.run("return codeOf(() => client.renewToken('x'))") == "INVALID_OPERATION"
        assert await lab.run("return codeOf(() => client.leave())") == "no error"
        await lab.join()
        again = "client.join(session.app_id, session.channel_id, session.front_rtc_token, 1)"
        assert await lab.run(f"return codeOf(() => {again})") == "INVALID_OPERATION"
        assert await lab.run("return codeOf(() => client.subscribe(99, 'video'))") == (
            "INVALID_REMOTE_USER"
        )
        await lab.wait_for("client.remoteUsers.length === 1")
        assert await lab.run("return codeOf(() => client.subscribe(3, 'video'))") == (
            "REMOTE_USER_IS_NOT_PUBLISHED"
        )
        assert (
            await lab.run("return codeOf(() => client.subscribe(3, 'smell'))") == "INVALID_PARAMS"
        )
        await lab.run("await camera.setEnabled(false);")
        assert await lab.run("return codeOf(() => client.publish(camera))") == "TRACK_IS_DISABLED"
        await lab.run("camera.close();")
        assert await lab.run("return codeOf(() => client.setClientRole('audience'))") == (
            "INVALID_OPERATION"
        )
        assert await lab.run("return codeOf(() => client.startLiveStreaming('rtmp://x'))") == (
            "NOT_SUPPORTED"
        )
        assert await lab.run("return codeOf(() => AgoraRTC.createClient({mode: 'x'}))") == (
            "INVALID_PARAMS"
        )
    async with lab.session("{mode: 'live', codec: 'vp8'}"):
        await lab.join()
        await lab.run("globalThis.camera = await AgoraRTC.createCameraVideoTrack();")
        assert await lab.run("return codeOf(() => client.publish(camera))") == "INVALID_OPERATION"
        await lab.run("await client.setClientRole('host'); await client.publish(camera);")
        await lab.watch()


async def test_leaving_while_joining_ends_the_join_and_the_next_one_works(lab: Lab) -> None:
    async with lab.session():
        code = await lab.run(
            "const joining = codeOf(() => client.join(session.app_id, session.channel_id,"
            " session.front_rtc_token, 1)); await client.leave(); return joining;"
        )
        assert code == "OPERATION_ABORTED"
        assert await lab.run("return client.connectionState") == "DISCONNECTED"
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()


async def test_a_session_closed_elsewhere_ends_the_call(lab: Lab) -> None:
    async with lab.session() as session:
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()
        await close(lab.server, session)
        await lab.wait_for("client.connectionState === 'DISCONNECTED'")
        told = await lab.happened()
        assert told[-4:] == [
            "connection-state-change RECONNECTING CONNECTED ",
            "media-reconnect-start 3",
            "user-unpublished 3 video",
            "user-left 3 Quit",
        ] or told[-3:] == [
            "user-unpublished 3 video",
            "user-left 3 Quit",
            "connection-state-change DISCONNECTED RECONNECTING SERVER_ERROR",
        ]
        assert await lab.run("return document.querySelectorAll('#theirs video').length") == 0
        assert await lab.run("return camera.getMediaStreamTrack().readyState") == "live"


async def test_the_second_page_with_one_token_takes_over_from_the_first(lab: Lab) -> None:
    async with lab.session():
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()
        await lab.run(
            "globalThis.second = AgoraRTC.createClient({mode: 'rtc', codec: 'vp8'});"
            " await second.join(session.app_id, session.channel_id, session.front_rtc_token, 1);"
            " await second.publish(await AgoraRTC.createCameraVideoTrack());"
        )
        await lab.wait_for("client.connectionState === 'DISCONNECTED'")
        assert "connection-state-change DISCONNECTED CONNECTED UID_CONFLICT" in await lab.happened()
        await lab.run("await new Promise(resolve => setTimeout(resolve, 1500));")
        assert await lab.run("return [second.connectionState, client.connectionState]") == [
            "CONNECTED",
            "DISCONNECTED",
        ]


async def test_two_clients_on_one_page_go_live_side_by_side(lab: Lab) -> None:
    async with lab.session():
        other = await create(lab.server)
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.run(
            "const config = {mode: 'live', codec: 'h264', role: 'host'};"
            f" const data = {other!r};"
            " globalThis.other = AgoraRTC.createClient(config);"
            " await other.join(data.app_id, data.channel_id, data.front_rtc_token, 1);"
            " await other.publish(await AgoraRTC.createCameraVideoTrack());"
        )
        await lab.watch()
        await lab.wait_for("other.remoteUsers[0]?.hasVideo", 30)
        await lab.run("await other.subscribe(3, 'video');")
        await lab.wait_for("other.getRemoteVideoStats()[3]?.codecType === 'H264'")
        await lab.run("await other.leave();")
        await lab.wait_for("client.getRTCStats().RTT >= 0")
        await lab.wait_for_frames()
        await close(lab.server, other)


async def test_the_token_is_warned_of_renewed_and_at_last_runs_out(lab: Lab) -> None:
    async with lab.session():
        # The page's clock is put forward: 32 seconds are left.
        await lab.run(
            "globalThis.now = Date.now.bind(Date); globalThis.ahead = 0;"
            " Date.now = () => now() + ahead;"
            f" ahead = ({TOKEN_LIFE_S} - 32) * 1000;"
        )
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.wait_for("happened.includes('token-privilege-will-expire')", 10)
        assert await lab.run("return codeOf(() => client.renewToken('007rubbish'))") == (
            "CAN_NOT_GET_GATEWAY_SERVER"
        )
        # A new one that has a few seconds left on the page's clock.
        await lab.run(
            f"ahead = ({TOKEN_LIFE_S} - 15) * 1000;"
            " await client.renewToken(session.front_rtc_token);"
        )
        assert await lab.run("return client.connectionState") == "CONNECTED"
        await lab.wait_for("happened.includes('token-privilege-did-expire')", 15)
        told = await lab.happened()
        assert told[-2:] == [
            "connection-state-change DISCONNECTED CONNECTED TOKEN_EXPIRE",
            "token-privilege-did-expire",
        ]
        assert await lab.run("return camera.getMediaStreamTrack().readyState") == "live"


async def test_a_page_that_is_put_aside_lets_go_and_comes_back_with_its_call(lab: Lab) -> None:
    """As browsers do for their back button; the same page is shown again as it was."""
    async with lab.session() as session:
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()
        await lab.run("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));")
        await peers(lab, session, 0)
        await asyncio.sleep(1)
        await peers(lab, session, 0)
        await lab.run("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));")
        await lab.wait_for("happened.some((line) => line.includes('CONNECTED RECONNECTING'))")
        await lab.wait_for("client.getRemoteVideoStats()[3]?.decodeFrameRate > 0")
        told = [line for line in await lab.happened() if line.startswith("connection")]
        assert told[-2:] == [
            "connection-state-change RECONNECTING CONNECTED ",
            "connection-state-change CONNECTED RECONNECTING ",
        ]
        await lab.run("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));")
        await lab.run("await client.leave();")
        assert await lab.run("return client.connectionState") == "DISCONNECTED"


async def peers(lab: Lab, session: dict[str, Any], count: int) -> None:
    """Wait until the server knows so many."""
    for _ in range(60):
        info = await call(lab.server, f"{LIVE}/info", {"_id": session["_id"]})
        if info["data"].get("statistics", info["data"]).get("peers") == count:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"there are not {count} peers: {info}")


async def test_a_page_that_is_closed_lets_go_and_close_may_come_twice(lab: Lab) -> None:
    page = lab.page
    async with lab.session() as session:
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()
        await page.goto("about:blank")
        await peers(lab, session, 0)
        await close(lab.server, session)
        await close(lab.server, session)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (BrowserOptions(fake_devices=False), "DEVICE_NOT_FOUND"),
        (BrowserOptions(accept_media=False), "PERMISSION_DENIED"),
    ],
)
async def test_a_missing_or_denied_camera_has_the_sdks_code(
    server: Server, tmp_path: Path, options: BrowserOptions, code: str
) -> None:
    async with open_lab(server, options, tmp_path) as lab:
        assert await lab.run("return codeOf(() => AgoraRTC.createCameraVideoTrack())") == code
        assert await lab.run("return codeOf(() => AgoraRTC.createMicrophoneAudioTrack())") == code


async def test_a_busy_and_an_unplugged_camera_are_told(lab: Lab) -> None:
    await lab.reload()
    await lab.run(
        "globalThis.real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        " navigator.mediaDevices.getUserMedia = async () =>"
        " { throw new DOMException('Could not start video source', 'NotReadableError'); };"
    )
    assert await lab.run("return codeOf(() => AgoraRTC.createCameraVideoTrack())") == "NOT_READABLE"
    await lab.run(
        "navigator.mediaDevices.getUserMedia = real;"
        " globalThis.camera = await AgoraRTC.createCameraVideoTrack();"
        " globalThis.told = []; camera.on('track-ended', () => told.push('ended'));"
        " AgoraRTC.onCameraChanged = ({state, device}) => told.push(state + ' ' + device.kind);"
        " AgoraRTC.on('camera-changed', ({state}) => told.push('event ' + state));"
        " camera.getMediaStreamTrack().dispatchEvent(new Event('ended'));"
        " const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);"
        " globalThis.list = list; await new Promise(resolve => setTimeout(resolve, 200));"
        " navigator.mediaDevices.enumerateDevices ="
        "   async () => (await list()).filter(d => d.kind !== 'videoinput');"
        " navigator.mediaDevices.dispatchEvent(new Event('devicechange'));"
    )
    await lab.wait_for("told.length >= 3")
    await lab.run(
        "navigator.mediaDevices.enumerateDevices = list;"
        " navigator.mediaDevices.dispatchEvent(new Event('devicechange'));"
    )
    await lab.wait_for("told.length >= 5")
    assert await lab.run("return told") == [
        "ended",
        "INACTIVE videoinput",
        "event INACTIVE",
        "ACTIVE videoinput",
        "event ACTIVE",
    ]


async def test_sound_that_the_browser_holds_back_starts_with_the_next_click(
    server: Server, tmp_path: Path, camera_file: Path
) -> None:
    flag = "--autoplay-policy=document-user-activation-required"
    options = BrowserOptions(camera=camera_file, extra_flags=(flag,))
    async with open_lab(server, options, tmp_path) as lab:
        # Lines that a test runs count as gestures, so the page itself has to play.
        file = tmp_path / "silent.html"
        text = lab.file.read_text()
        lines = """
          AgoraRTC.onAutoplayFailed = () => happened.push('autoplay failed');
          const out = new AudioContext().createMediaStreamDestination();
          const track = AgoraRTC.createCustomAudioTrack(
            {mediaStreamTrack: out.stream.getAudioTracks()[0]});
          const audio = [];
          const make = document.createElement.bind(document);
          document.createElement = (tag) => { const e = make(tag); audio.push(e); return e; };
          track.play();
        """
        file.write_text(text.replace("const happened = [];", f"const happened = []; {lines}"))
        await lab.page.goto(file.as_uri())
        # Asked as nobody's gesture: an ordinary evaluation would count as the page's user.
        look = {"expression": "JSON.stringify([happened, audio[0].paused])", "returnByValue": True}
        for _ in range(200):
            state = await lab.page.call("Runtime.evaluate", look)
            if state["result"].get("value") == '[["autoplay failed"],true]':
                break
            await asyncio.sleep(0.1)
        else:
            pytest.fail(f"it was not said: {state}")
        await lab.page.click("body")
        await lab.wait_for("!audio[0].paused")


async def test_the_client_comes_back_by_itself_when_the_server_does(
    tmp_path: Path, camera_file: Path
) -> None:
    camera = BrowserOptions(camera=camera_file)
    async with (
        running_server(tmp_path / "data") as server,
        open_lab(server, camera, tmp_path) as lab,
    ):
        session = await create(server)
        await lab.run(
            f"globalThis.session = {session!r};"
            " globalThis.client = AgoraRTC.createClient({mode: 'rtc', codec: 'vp8'});"
        )
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()
        await lab.run(
            "globalThis.track = client.remoteUsers[0].videoTrack; globalThis.seen = 0;"
            " const video = document.querySelector('#theirs video');"
            " (function count() { seen++; video.requestVideoFrameCallback(count); })();"
        )
        await server.kill()
        await lab.wait_for("client.connectionState === 'RECONNECTING'", 8)
        assert await lab.run("return client.getNetworkQuality().uplinkNetworkQuality") == 6
        await server.start()
        await lab.wait_for("client.connectionState === 'CONNECTED'", 60)
        before = await lab.run("return seen")
        await lab.wait_for(f"seen > {before + 5}", 40)
        told = [line for line in await lab.happened() if "reconnect" in line or "left" in line]
        assert told == ["media-reconnect-start 3", "media-reconnect-end 3"]
        assert await lab.run(
            "return [client.remoteUsers[0].videoTrack === track,"
            " happened.filter(line => line.startsWith('user-published')).length]"
        ) == [True, 1]
        await lab.run("await client.leave();")
        assert await lab.run("return client.connectionState") == "DISCONNECTED"

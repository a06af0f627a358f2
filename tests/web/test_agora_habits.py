"""Habits of programs written by others: what they lean on beside the plain call."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.web.agora_page import Lab, open_lab

from mien.bench.browser import BrowserOptions
from mien.bench.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(
    server: Server, tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> AsyncIterator[Lab]:
    folder = tmp_path_factory.mktemp("habits")
    async with open_lab(server, BrowserOptions(camera=camera_file), folder) as lab:
        yield lab


async def test_a_hook_that_subscribes_in_its_handlers_and_plays_by_id(lab: Lab) -> None:
    """Live mode, H.264, video only; the other user is found by `algorithm_user_id`."""
    async with lab.session("{mode: 'live', codec: 'h264'}"):
        await lab.run(
            """
            AgoraRTC.setLogLevel(4);
            globalThis.seen = [];
            const theirs = parseInt(session.algorithm_user_id);
            client.on('user-joined', (user) => {
              if (user.uid === theirs) seen.push('joined');
            });
            client.on('user-published', async (user, mediaType) => {
              if (user.uid !== theirs) return;
              await client.subscribe(user, mediaType);
              if (mediaType !== 'video') return;
              client.remoteUsers.find(u => u.uid === theirs).videoTrack.play('remote-late');
              seen.push('playing');
            });
            await client.setClientRole('host');
            await client.enableDualStream();
            const place = document.createElement('div');
            place.id = 'remote-late'; place.style.cssText = 'width:320px;height:240px';
            document.body.append(place);
            globalThis.uid = await client.join(session.app_id, session.channel_id,
              session.front_rtc_token, parseInt(session.front_user_id));
            globalThis.camera = await AgoraRTC.createCameraVideoTrack({encoderConfig: {
              width: 640, height: 480, frameRate: {max: 20, min: 20},
              bitrateMin: 5000, bitrateMax: 5000}});
            await client.publish([camera]);
            """
        )
        await lab.wait_for("document.querySelector('#remote-late video')?.videoWidth > 0", 30)
        await lab.wait_for_frames()
        channel = "client.channelName === session.channel_id"
        listeners = "client.getListeners('user-published').length"
        look = f"return [seen, {channel}, {listeners}, client.connectionState]"
        assert await lab.run(look) == [["joined", "playing"], True, 1, "CONNECTED"]
        await lab.run("camera.close(); await client.leave();")
        assert await lab.run("return [client.connectionState, client.remoteUsers.length]") == [
            "DISCONNECTED",
            0,
        ]


async def test_wrong_calls_fail_with_the_codes_programs_ask_for(lab: Lab) -> None:
    join = "client.join(session.app_id, session.channel_id, session.front_rtc_token, 1)"
    async with lab.session():
        await lab.run("globalThis.camera = await AgoraRTC.createCameraVideoTrack();")
        assert await lab.run("return codeOf(() => client.publish(camera))") == "INVALID_OPERATION"
        no_token = "client.join(session.app_id, session.channel_id, null, 1)"
        assert await lab.run(f"return codeOf(() => {no_token})") == "CAN_NOT_GET_GATEWAY_SERVER"
        assert await lab.run("return client.connectionState") == "DISCONNECTED"
        await lab.run(f"await {join};")
        assert await lab.run(f"return codeOf(() => {join})") == "INVALID_OPERATION"
        subscribe = "client.subscribe(99, 'video')"
        assert await lab.run(f"return codeOf(() => {subscribe})") == "INVALID_REMOTE_USER"
        await lab.run("await client.publish(camera);")
        await lab.watch()

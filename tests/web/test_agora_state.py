"""Programs that keep the client in reactive state, so that all goes through a Proxy."""

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

# What Vue's reactive() does: plain objects and instances of classes, and all that they hold.
REACTIVE = """
  globalThis.reactive = (thing) => {
    const kind = Object.prototype.toString.call(thing);
    if (!/Object|Array/.test(kind) || !Object.isExtensible(thing)) return thing;
    const get = (target, key, self) => reactive(Reflect.get(target, key, self));
    return new Proxy(thing, { get });
  };
"""
CALL = """
  globalThis.state = reactive({ client: AgoraRTC.createClient({mode: 'rtc', codec: 'vp8'}),
    local: {}, users: [], levels: [] });
  state.client.on('user-published', async (user, mediaType) => {
    if (!state.users.some((one) => one.uid === user.uid)) state.users.push(user);
    const seen = state.users.find((one) => one.uid === user.uid);
    await state.client.subscribe(seen, mediaType);
    if (mediaType === 'video') seen.videoTrack.play('theirs');
    if (mediaType === 'audio') seen.audioTrack.play();
  });
  globalThis.uid = await state.client.join(session.app_id, session.channel_id,
    session.front_rtc_token, parseInt(session.front_user_id));
  [state.local.audio, state.local.video] = await AgoraRTC.createMicrophoneAndCameraTracks();
  state.local.video.play('mine');
  await state.client.publish(Object.values(state.local));
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(
    server: Server, tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> AsyncIterator[Lab]:
    folder = tmp_path_factory.mktemp("state")
    async with open_lab(server, BrowserOptions(camera=camera_file), folder) as lab:
        yield lab


async def test_a_call_that_lives_in_reactive_state(lab: Lab) -> None:
    async with lab.session():
        await lab.run(REACTIVE + CALL)
        await lab.wait_for("document.querySelector('#theirs video')?.videoWidth > 0", 40)
        await lab.wait_for("state.users[0].audioTrack?.getVolumeLevel() >= 0")
        assert await lab.run(
            "const { client, local, users } = state;"
            " return [client.connectionState, client.uid, client.localTracks.length,"
            " local.video.isPlaying, users[0].hasVideo, users[0].videoTrack.isPlaying,"
            " client.remoteUsers[0].uid === users[0].uid]"
        ) == ["CONNECTED", 1, 2, True, True, True, True]
        # Through the Proxy and without it the tracks are the same.
        await lab.run("await state.local.video.setMuted(true);")
        assert await lab.run("return [state.local.video.muted]") == [True]
        await lab.run("await state.client.unpublish(state.local.video);")
        assert await lab.run("return state.client.localTracks.map(t => t.trackMediaType)") == [
            "audio"
        ]
        await lab.wait_for("state.client.getRTCStats().Duration >= 1")
        await lab.run(
            "Object.values(state.local).forEach((track) => { track.stop(); track.close(); });"
            " await state.client.leave();"
        )
        assert await lab.run(
            "return [state.client.connectionState, state.client.localTracks.length,"
            " document.querySelectorAll('video').length]"
        ) == ["DISCONNECTED", 0, 0]


async def test_what_a_page_holds_can_be_printed_and_frozen_around(lab: Lab) -> None:
    """Stores and developer tools turn what they are given into text."""
    async with lab.session():
        await lab.run(
            "globalThis.camera = await AgoraRTC.createCameraVideoTrack();"
            " globalThis.microphone = await AgoraRTC.createMicrophoneAudioTrack();"
            " await client.join(session.app_id, session.channel_id, session.front_rtc_token, 1);"
            " await client.publish([camera, microphone]);"
        )
        await lab.watch()
        for thing in ("client", "camera", "microphone", "client.remoteUsers", "AgoraRTC"):
            assert await lab.run(f"return typeof JSON.stringify({thing})") == "string", thing
        await lab.run("const list = Object.freeze([...client.remoteUsers]); list[0].videoTrack;")
        assert (
            await lab.run("return [String(camera), `${camera}`]")
            == [await lab.run("return camera.getTrackId()")] * 2
        )


async def test_methods_may_be_taken_off_their_object(lab: Lab) -> None:
    async with lab.session():
        assert await lab.run(
            "const { getCameras, createClient } = AgoraRTC;"
            " const { setClientRole, on, leave } = createClient({mode: 'live', codec: 'vp8'});"
            " on('x', () => {}); await setClientRole('host'); await leave();"
            " return (await getCameras()).map((device) => device.kind);"
        ) == ["videoinput"]


async def test_a_subclass_and_a_method_that_the_page_replaced_are_used(lab: Lab) -> None:
    async with lab.session():
        assert await lab.run(
            "const client = AgoraRTC.createClient({mode: 'rtc', codec: 'vp8'});"
            " const leave = client.leave; const told = [];"
            " client.leave = async () => { told.push('leaving'); return leave(); };"
            " await client.leave(); return told;"
        ) == ["leaving"]

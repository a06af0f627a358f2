"""What programs do with tracks: late subscribe, mute, unpublish, device change, levels, players."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.web.agora_page import Lab, open_lab, write_tone

from mien.bench.browser import BrowserOptions
from mien.bench.server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

AMPLITUDE = 0.1
# 1 + dB of the mean square / 100; a sine's mean square is half its amplitude's square.
TONE_LEVEL = 0.77
PUBLISH_CAMERA = """
  globalThis.camera = await AgoraRTC.createCameraVideoTrack();
  await client.publish(camera);
"""
RAW_MICROPHONE = "{AEC: false, ANS: false, AGC: false, encoderConfig: 'music_standard'}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(
    server: Server, tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> AsyncIterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    write_tone(folder / "tone.wav", AMPLITUDE)
    options = BrowserOptions(camera=camera_file, microphone=folder / "tone.wav")
    async with open_lab(server, options, folder) as lab:
        yield lab


@pytest_asyncio.fixture(loop_scope="module")
async def two_cameras(server: Server, tmp_path: Path) -> AsyncIterator[Lab]:
    """A clip can be only one camera; these show Chromium's own test picture.

    Of its made cameras the second is a depth camera, whose pictures no encoder takes.
    """
    flag = "--use-fake-device-for-media-stream=device-count=3"
    options = BrowserOptions(fake_devices=False, extra_flags=(flag,))
    async with open_lab(server, options, tmp_path) as lab:
        yield lab


async def test_the_other_user_is_told_once_in_order_and_subscribed_late(lab: Lab) -> None:
    async with lab.session() as session:
        await lab.run("client.on('user-joined', (user) => { globalThis.first = user; });")
        await lab.join()
        assert await lab.run("return joined") == int(session["front_user_id"])
        await lab.run(PUBLISH_CAMERA)
        await lab.wait_for("happened.some(line => line.endsWith('video'))")
        await lab.run("await new Promise(resolve => setTimeout(resolve, 2500));")
        uid = session["algorithm_user_id"]
        told = [line for line in await lab.happened() if line.startswith("user")]
        assert told == [f"user-joined {uid}", f"user-published {uid} video"]
        assert await lab.run(
            "const [user] = client.remoteUsers;"
            " return [user === first, user.uid, user.hasVideo, user.hasAudio,"
            " client.remoteUsers.length]"
        ) == [True, int(uid), True, False, 1]
        await lab.watch()
        assert await lab.run(
            "const [user] = client.remoteUsers;"
            " return await client.subscribe(user.uid, 'video') === user.videoTrack"
            " && user.videoTrack.getUserId() === user.uid"
        )
        await lab.wait_for("client.getRemoteVideoStats()[client.remoteUsers[0].uid]", 5)
        await lab.wait_for_frames()


async def test_unsubscribing_takes_the_track_away_and_subscribing_gives_a_new_one(lab: Lab) -> None:
    async with lab.session():
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()
        await lab.run("globalThis.old = client.remoteUsers[0].videoTrack;")
        await lab.run("await client.unsubscribe(client.remoteUsers[0], 'video');")
        assert await lab.run(
            "const [user] = client.remoteUsers;"
            " return [user.videoTrack === undefined, user.hasVideo,"
            " document.querySelectorAll('#theirs video').length]"
        ) == [True, True, 0]
        await lab.watch()
        assert await lab.run("return client.remoteUsers[0].videoTrack !== old")


async def test_a_muted_camera_is_dark_and_an_unmuted_one_comes_back(lab: Lab) -> None:
    brightness = """
      const frame = client.remoteUsers[0].videoTrack.getCurrentFrameData();
      let sum = 0;
      for (let i = 1; i < frame.data.length; i += 4) sum += frame.data[i];
      globalThis.green = sum / (frame.data.length / 4);
      return green;
    """
    async with lab.session():
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()
        look = f"(() => {{ {brightness} }})()"
        await lab.wait_for(f"{look} > 40")
        await lab.run("await camera.setMuted(true);")
        await lab.wait_for(f"{look} < 25")
        assert await lab.run("return [camera.muted, camera.enabled]") == [True, True]
        await lab.run("await camera.setMuted(false);")
        await lab.wait_for(f"{look} > 40")


async def test_unpublish_and_publish_again_need_no_negotiation(lab: Lab) -> None:
    sent = "client.getLocalVideoStats().sendBitrate"
    async with lab.session():
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()
        await lab.wait_for(f"{sent} > 0")
        await lab.run("await client.unpublish(camera);")
        await lab.wait_for(f"{sent} === 0")
        assert await lab.run("return [client.localTracks.length, camera.enabled]") == [0, True]
        await lab.run("await client.publish([camera]);")
        await lab.wait_for(f"{sent} > 0")
        await lab.wait_for_frames()
        assert await lab.run(
            "return [client.localTracks[0] === camera,"
            " happened.filter(line => line.includes('RECONN')).length]"
        ) == [True, 0]


async def test_a_disabled_camera_is_let_go_and_taken_again(lab: Lab) -> None:
    async with lab.session():
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.run("globalThis.old = camera.getMediaStreamTrack();")
        await lab.run("await camera.setEnabled(false);")
        assert await lab.run("return [old.readyState, camera.enabled]") == ["ended", False]
        assert await lab.run("return codeOf(() => camera.setMuted(true))") == (
            "TRACK_STATE_UNREACHABLE"
        )
        await lab.run("await camera.setEnabled(true);")
        assert await lab.run(
            "const now = camera.getMediaStreamTrack();"
            " const sent = camera.getRTCRtpTransceiver().sender.track;"
            " return [now !== old, now.readyState, sent === now]"
        ) == [True, "live", True]
        await lab.wait_for("client.getLocalVideoStats().sendFrameRate > 0")


async def test_the_camera_changes_in_flight(two_cameras: Lab) -> None:
    lab = two_cameras
    async with lab.session():
        await lab.join()
        await lab.run(PUBLISH_CAMERA)
        await lab.watch()
        cameras = await lab.run("return (await AgoraRTC.getCameras()).map(c => c.deviceId);")
        assert len(cameras) == 3
        used = "camera.getMediaStreamTrack().getSettings().deviceId"
        first = await lab.run(f"return {used}")
        assert first == cameras[0]
        other = cameras[2]
        await lab.run(
            f"globalThis.updated = 0; camera.on('track-updated', () => updated++);"
            f" camera.play('mine'); await camera.setDevice({other!r});"
        )
        assert await lab.run(f"return [{used}, updated]") == [other, 1]
        assert await lab.run(
            "return document.querySelector('#mine video').srcObject.getVideoTracks()[0]"
            " === camera.getMediaStreamTrack()"
            " && camera.getRTCRtpTransceiver().sender.track === camera.getMediaStreamTrack()"
        )
        await lab.wait_for_frames()
        assert await lab.run("return codeOf(() => camera.setDevice('no such camera'))") == (
            "DEVICE_NOT_FOUND"
        )
        assert await lab.run(f"return {used}") == other


async def test_encoder_settings_are_kept_and_changed_in_flight(lab: Lab) -> None:
    parameters = "camera.getRTCRtpTransceiver().sender.getParameters()"
    async with lab.session():
        await lab.join()
        await lab.run(
            "globalThis.camera = await AgoraRTC.createCameraVideoTrack({optimizationMode: 'detail',"
            " encoderConfig: {width: 640, height: 480, frameRate: {max: 20, min: 20},"
            " bitrateMin: 5000, bitrateMax: 5000}}); await client.publish(camera);"
        )
        first = await lab.run(f"return {parameters}")
        assert first["encodings"][0]["maxBitrate"] == 5_000_000
        assert first["encodings"][0]["maxFramerate"] == 20
        assert first["degradationPreference"] == "maintain-resolution"
        assert await lab.run("return camera.getMediaStreamTrack().contentHint") == "detail"
        await lab.run("await camera.setEncoderConfiguration('240p_1');")
        await lab.run("await camera.setOptimizationMode('motion');")
        second = await lab.run(f"return {parameters}")
        assert second["encodings"][0]["maxBitrate"] == 200_000
        assert second["encodings"][0]["maxFramerate"] == 15
        assert second["degradationPreference"] == "maintain-framerate"
        settings = await lab.run("return camera.getMediaStreamTrack().getSettings()")
        assert (settings["width"], settings["height"]) == (320, 240)
        await lab.wait_for("client.getLocalVideoStats().sendResolutionWidth === 320")
        assert await lab.run("return codeOf(() => camera.setEncoderConfiguration('9p'))") == (
            "no error"
        )


async def test_levels_read_true_and_ones_own_voice_is_not_played_back(lab: Lab) -> None:
    async with lab.session():
        await lab.run(
            "globalThis.volumes = []; client.enableAudioVolumeIndicator();"
            " client.on('volume-indicator', (list) => volumes.push(list));"
        )
        await lab.join()
        await lab.run(
            "globalThis.played = []; const make = document.createElement.bind(document);"
            " document.createElement = (tag) => {"
            "   const element = make(tag);"
            "   if (tag === 'audio') played.push(element);"
            "   return element; };"
            f" const tracks = await AgoraRTC.createMicrophoneAndCameraTracks({RAW_MICROPHONE});"
            " [globalThis.microphone, globalThis.camera] = tracks; await client.publish(tracks);"
        )
        await lab.wait_for("client.remoteUsers[0]?.hasAudio")
        await lab.run(
            "const [user] = client.remoteUsers; await client.subscribe(user, 'audio');"
            " user.audioTrack.play();"
        )
        level = f"Math.abs(client.remoteUsers[0].audioTrack.getVolumeLevel() - {TONE_LEVEL}) < 0.02"
        await lab.wait_for(f"Math.abs(microphone.getVolumeLevel() - {TONE_LEVEL}) < 0.01")
        await lab.wait_for(level)
        assert await lab.run(
            "return [client.remoteUsers[0].audioTrack.isPlaying, played.length > 0,"
            " played.every(element => element.muted)]"
        ) == [True, True, True]
        await lab.wait_for("volumes.length > 0 && volumes.at(-1).length === 2")
        for one in await lab.run("return volumes.at(-1)"):
            assert one["uid"] in (1, 3) and 75 < one["level"] < 79
        # Half as loud to the ear of the meter: 10 dB less.
        await lab.run("microphone.setVolume(100 * 10 ** -0.5);")
        heard = "client.remoteUsers[0].audioTrack.getVolumeLevel()"
        await lab.wait_for(f"Math.abs({heard} - {TONE_LEVEL - 0.1}) < 0.02")
        await lab.run("await client.unpublish(microphone);")
        assert await lab.run("return played.some(element => !element.muted)")


async def test_two_sound_tracks_are_sent_as_one(lab: Lab) -> None:
    async with lab.session():
        await lab.join()
        await lab.run(
            f"""
            const context = new AudioContext(); const tone = context.createOscillator();
            const loudness = context.createGain(); loudness.gain.value = 0.5;
            const out = context.createMediaStreamDestination();
            tone.connect(loudness).connect(out); tone.start();
            const custom = AgoraRTC.createCustomAudioTrack(
              {{mediaStreamTrack: out.stream.getAudioTracks()[0]}});
            const microphone = await AgoraRTC.createMicrophoneAudioTrack({RAW_MICROPHONE});
            globalThis.tracks = [microphone, custom];
            await client.publish(tracks);
            """
        )
        await lab.wait_for("client.remoteUsers[0]?.hasAudio")
        await lab.run("await client.subscribe(client.remoteUsers[0], 'audio');")
        # Mean square 0.1 ** 2 / 2 + 0.5 ** 2 / 2 is -8.86 dB.
        await lab.wait_for(
            "Math.abs(client.remoteUsers[0].audioTrack.getVolumeLevel() - 0.911) < 0.015"
        )
        await lab.run("await client.unpublish(tracks[1]);")
        await lab.wait_for(
            f"Math.abs(client.remoteUsers[0].audioTrack.getVolumeLevel() - {TONE_LEVEL}) < 0.02"
        )


async def test_play_puts_a_video_into_the_element_as_told(lab: Lab) -> None:
    async with lab.session():
        await lab.run("globalThis.camera = await AgoraRTC.createCameraVideoTrack();")
        look = (
            "const video = document.querySelector('#mine video');"
            " const css = getComputedStyle(video);"
            " return [css.objectFit, css.transform !== 'none', video.muted, video.playsInline,"
            " video.className, document.getElementById('mine').children.length]"
        )
        await lab.run("camera.play('mine');")
        name = "agora_video_player"
        assert await lab.run(look) == ["cover", True, True, True, name, 1]
        await lab.run(
            "camera.play(document.getElementById('mine'), {fit: 'contain', mirror: false});"
        )
        assert await lab.run(look) == ["contain", False, True, True, name, 1]
        assert await lab.run("return camera.isPlaying")
        await lab.wait_for("document.querySelector('#mine video').videoWidth === 640")
        frame = await lab.run(
            "const frame = camera.getCurrentFrameData(); return [frame.width, frame.height]"
        )
        assert frame == [640, 480]
        assert await lab.run("return camera.getVideoElementVisibleStatus().visible")
        await lab.run("camera.stop();")
        assert await lab.run(
            "return [camera.isPlaying, document.getElementById('mine').children.length]"
        ) == [False, 0]
        assert await lab.run("return AgoraRTC.checkVideoTrackIsActive(camera, 3000)")
        await lab.run("camera.close();")
        assert await lab.run("return camera.getMediaStreamTrack().readyState") == "ended"


async def test_tracks_of_another_copy_of_the_sdk_can_be_published(lab: Lab) -> None:
    """Wrapper libraries bring their own; only what the SDK documents is asked of them."""
    async with lab.session():
        await lab.join()
        await lab.run(
            """
            const media = async () =>
              (await navigator.mediaDevices.getUserMedia({video: true})).getVideoTracks()[0];
            globalThis.foreign = {
              trackMediaType: 'video', enabled: true, muted: false, isPlaying: false,
              media: await media(),
              getTrackId: () => 'foreign', getMediaStreamTrack() { return this.media; },
              on() {}, off() {}, stop() {}, close() { this.media.stop(); },
            };
            globalThis.media = media;
            await client.publish(foreign);
            """
        )
        await lab.watch()
        await lab.run("foreign.media = await media();")
        await lab.wait_for(
            "client.localTracks[0] === foreign && client.link?.transceivers.video.sender.track"
            " === foreign.media",
            5,
        )
        assert await lab.run(
            "return [await codeOf(() => client.publish({})),"
            " await codeOf(() => client.publish([])),"
            " await codeOf(async () => client.publish(await AgoraRTC.createCameraVideoTrack()))]"
        ) == ["INVALID_PARAMS", "INVALID_PARAMS", "CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS"]

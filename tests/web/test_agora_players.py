"""Where pictures and sound go: elements that come late, move and vanish; music; samples."""

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
    pytest.mark.timeout(120),
]

AMPLITUDE = 0.1
CAMERA = "globalThis.camera = await AgoraRTC.createCameraVideoTrack();"
RAW = "{AEC: false, ANS: false, AGC: false, encoderConfig: 'music_standard'}"
SLEEP = "globalThis.sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));"
# A buffer of one second, a sine of amplitude 0.5: mean square 0.125, -9.03 dB.
MUSIC = """
  globalThis.buffer = new AudioBuffer({ length: 48000, sampleRate: 48000 });
  buffer.getChannelData(0).forEach((_, i, all) => { all[i] = 0.5 * Math.sin(i * 440 / 7639.44); });
  globalThis.music = await AgoraRTC.createBufferSourceAudioTrack({ source: buffer });
  globalThis.told = [];
  music.on('source-state-change', (state) => told.push(state));
"""
MUSIC_LEVEL = 0.91


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(
    server: Server, tmp_path_factory: pytest.TempPathFactory, camera_file: Path
) -> AsyncIterator[Lab]:
    folder = tmp_path_factory.mktemp("players")
    write_tone(folder / "tone.wav", AMPLITUDE)
    flag = "--auto-select-desktop-capture-source=Entire screen"
    options = BrowserOptions(
        camera=camera_file, microphone=folder / "tone.wav", extra_flags=(flag,)
    )
    async with open_lab(server, options, folder) as lab:
        yield lab


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def fresh_page(lab: Lab) -> None:
    await lab.reload()
    await lab.run(SLEEP + CAMERA)


async def test_an_element_that_is_not_there_yet_leaves_the_picture_in_the_body(lab: Lab) -> None:
    await lab.run("camera.play('later');")
    assert await lab.run("return document.querySelector('body > div > video') !== null")
    await lab.run(
        "const place = document.createElement('div'); place.id = 'later';"
        " document.body.append(place); camera.play('later');"
    )
    assert await lab.run(
        "return [document.querySelectorAll('video').length,"
        " document.querySelectorAll('#later video').length]"
    ) == [1, 1]


async def test_playing_again_keeps_the_picture_and_elsewhere_moves_it(lab: Lab) -> None:
    await lab.run("camera.play('mine'); globalThis.video = document.querySelector('#mine video');")
    await lab.wait_for("video.videoWidth === 640")
    assert await lab.run(
        "const stream = video.srcObject; camera.play('mine', {fit: 'contain'});"
        " return [document.querySelector('#mine video') === video, video.srcObject === stream,"
        " video.style.objectFit]"
    ) == [True, True, "contain"]
    assert await lab.run(
        "camera.play('theirs');"
        " return [document.querySelectorAll('#mine video').length,"
        " document.querySelectorAll('#theirs video').length, camera.isPlaying]"
    ) == [0, 1, True]
    assert await lab.run(
        "document.getElementById('theirs').remove(); const gone = camera.isPlaying;"
        " camera.play('mine');"
        " return [gone, camera.isPlaying, document.querySelectorAll('#mine video').length]"
    ) == [False, True, 1]
    assert await lab.run(
        "document.getElementById('mine').innerHTML = ''; camera.play('mine'); camera.stop();"
        " camera.stop(); return [camera.isPlaying, document.querySelectorAll('video').length]"
    ) == [False, 0]


async def test_a_video_that_the_page_moves_goes_on(lab: Lab) -> None:
    await lab.run("camera.play('mine'); globalThis.video = document.querySelector('#mine video');")
    await lab.wait_for("video.currentTime > 0.1")
    await lab.run(
        "const box = document.getElementById('mine'); box.remove(); await sleep(100);"
        " document.body.append(box); await sleep(100); globalThis.before = video.currentTime;"
    )
    await lab.wait_for("!video.paused && video.currentTime > before")
    await lab.run("camera.stop();")
    assert await lab.run("return video.srcObject === null && video.paused !== undefined")


async def test_a_video_of_the_pages_own_is_used_and_given_back(lab: Lab) -> None:
    await lab.run(
        "globalThis.own = document.createElement('video'); document.body.append(own);"
        " camera.play(own);"
    )
    await lab.wait_for("own.videoWidth === 640")
    assert await lab.run(
        "const during = [own.children.length, own.muted, camera.isPlaying]; camera.stop();"
        " return [...during, own.srcObject, own.isConnected]"
    ) == [0, True, True, None, True]


async def test_only_a_camera_is_mirrored_and_cropped(lab: Lab) -> None:
    """A screen that is mirrored can't be read."""
    look = (
        "const { objectFit, transform } = document.querySelector('#mine video').style;"
        " return [objectFit, transform]"
    )
    await lab.run(
        "globalThis.custom = AgoraRTC.createCustomVideoTrack("
        "{mediaStreamTrack: camera.getMediaStreamTrack()}); custom.play('mine');"
    )
    assert await lab.run(look) == ["contain", ""]
    await lab.run("custom.stop(); globalThis.screen_ = await AgoraRTC.createScreenVideoTrack({});")
    await lab.run("screen_.play('mine');")
    assert await lab.run(look) == ["contain", ""]
    await lab.run("screen_.close(); camera.play('mine');")
    assert await lab.run(look) == ["cover", "rotateY(180deg)"]
    await lab.run("camera.stop(); camera.play('mine', {noStyle: true});")
    assert await lab.run(look) == ["", ""]


async def test_a_track_of_another_frame_is_taken(lab: Lab) -> None:
    assert await lab.run(
        "const frame = document.createElement('iframe'); document.body.append(frame);"
        " const canvas = frame.contentDocument.createElement('canvas');"
        " const [mediaStreamTrack] = canvas.captureStream().getVideoTracks();"
        " const config = {mediaStreamTrack};"
        " const audio = await codeOf(async () => AgoraRTC.createCustomAudioTrack(config));"
        " return [mediaStreamTrack instanceof MediaStreamTrack, audio,"
        " AgoraRTC.createCustomVideoTrack({mediaStreamTrack}).trackMediaType]"
    ) == [False, "INVALID_PARAMS", "video"]


async def test_a_copy_of_a_camera_is_a_camera(lab: Lab) -> None:
    assert await lab.run(
        "const copy = camera.clone('360p_1'); const shared = camera.clone(undefined, false);"
        " const [first, second] = [camera, copy].map((track) => track.getMediaStreamTrack());"
        " copy.close();"
        " return [typeof copy.setDevice, first !== second, second.readyState, first.readyState,"
        " shared.getMediaStreamTrack() === first, copy.getTrackId() !== camera.getTrackId()]"
    ) == ["function", True, "ended", "live", True, True]


async def test_a_camera_that_was_unplugged_is_not_found(lab: Lab) -> None:
    for lines in (
        "AgoraRTC.createCameraVideoTrack({cameraId: 'gone'})",
        "AgoraRTC.createMicrophoneAudioTrack({microphoneId: 'gone'})",
        "camera.setDevice('gone')",
    ):
        assert await lab.run(f"return codeOf(() => {lines})") == "DEVICE_NOT_FOUND", lines


async def test_music_plays_pauses_seeks_and_ends(lab: Lab) -> None:
    await lab.run(MUSIC)
    assert await lab.run(
        "return [music.currentState, music.duration, music.getCurrentTime(),"
        " music.source === buffer, music.playbackSpeed, music.trackMediaType]"
    ) == ["stopped", 1, 0, True, 100, "audio"]
    await lab.run("music.startProcessAudioBuffer();")
    await lab.wait_for(f"Math.abs(music.getVolumeLevel() - {MUSIC_LEVEL}) < 0.01")
    assert await lab.run(
        "music.pauseProcessAudioBuffer(); const at = music.getCurrentTime(); await sleep(100);"
        " return [at > 0, music.getCurrentTime() === at, music.currentState]"
    ) == [True, True, "paused"]
    assert await lab.run(
        "music.setAudioBufferPlaybackSpeed(400); music.seekAudioBuffer(0.5);"
        " music.resumeProcessAudioBuffer(); return music.getCurrentTime() >= 0.5"
    )
    await lab.wait_for("music.currentState === 'stopped'", 5)
    assert await lab.run("return told") == ["playing", "paused", "playing", "stopped"]
    assert await lab.run("return codeOf(async () => music.setAudioBufferPlaybackSpeed(9))") == (
        "INVALID_PARAMS"
    )
    await lab.run("music.startProcessAudioBuffer({ loop: true }); await sleep(400);")
    assert await lab.run("return music.currentState") == "playing"
    await lab.run("music.close();")
    assert await lab.run("return [music.currentState, music.getMediaStreamTrack().readyState]") == [
        "stopped",
        "ended",
    ]


async def test_music_that_can_not_be_read_has_the_sdks_code(lab: Lab) -> None:
    create = "AgoraRTC.createBufferSourceAudioTrack"
    for source, code in {
        "7": "INVALID_PARAMS",
        f"'{lab.server.origin}/no-such-file.mp3'": "FETCH_AUDIO_FILE_FAILED",
        "new File(['no music'], 'music.mp3')": "DECODE_AUDIO_FILE_FAILED",
    }.items():
        assert await lab.run(f"return codeOf(() => {create}({{source: {source}}}))") == code


async def test_samples_are_handed_out_until_they_are_no_longer_wanted(lab: Lab) -> None:
    await lab.run(
        f"globalThis.microphone = await AgoraRTC.createMicrophoneAudioTrack({RAW});"
        " globalThis.frames = []; microphone.setAudioFrameCallback((frame) => {"
        "   const samples = frame.getChannelData(0);"
        "   frames.push([frame.length, frame.sampleRate, Math.max(...samples)]); }, 1024);"
    )
    await lab.wait_for(f"frames.length > 5 && Math.abs(frames.at(-1)[2] - {AMPLITUDE}) < 0.005")
    assert await lab.run("return frames.every(([length]) => length === 1024)")
    assert await lab.run(
        "microphone.setAudioFrameCallback(null); await sleep(100); const count = frames.length;"
        " await sleep(200); return frames.length === count"
    )
    assert await lab.run("return codeOf(() => microphone.setPlaybackDevice('gone'))") == "no error"
    await lab.run("microphone.play();")
    assert await lab.run("return codeOf(() => microphone.setPlaybackDevice('gone'))") == (
        "PERMISSION_DENIED"
    )


async def test_figures_of_what_is_not_sent_are_nought(lab: Lab) -> None:
    assert await lab.run(
        "const { sendBytes, sendBitrate, totalDuration } = camera.getStats();"
        " const client = AgoraRTC.createClient({mode: 'rtc', codec: 'vp8'});"
        " return [sendBytes, sendBitrate, totalDuration, client.getRTCStats().Duration,"
        " client.codec]"
    ) == [0, 0, 0, 0, "vp8"]


async def test_whether_something_moves_or_sounds(lab: Lab) -> None:
    await lab.run(f"globalThis.microphone = await AgoraRTC.createMicrophoneAudioTrack({RAW});")
    assert await lab.run("return AgoraRTC.checkVideoTrackIsActive(camera, 3000)")
    assert await lab.run("return AgoraRTC.checkAudioTrackIsActive(microphone, 3000)")
    await lab.run("await camera.setMuted(true);")
    assert not await lab.run("return AgoraRTC.checkVideoTrackIsActive(camera, 300)")
    for call in ("checkVideoTrackIsActive(microphone)", "checkAudioTrackIsActive({})"):
        assert await lab.run(f"return codeOf(() => AgoraRTC.{call})") == "INVALID_TRACK"


async def test_unknown_presets_are_taken_as_the_sdk_takes_them(lab: Lab) -> None:
    assert (
        await lab.run(
            "const track = await AgoraRTC.createCameraVideoTrack({encoderConfig: '481p_7'});"
            " return track.getMediaStreamTrack().readyState"
        )
        == "live"
    )

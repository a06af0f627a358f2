import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from tests.live.camera_client import (
    CLIP,
    MEDIA,
    Camera,
    Client,
    Microphone,
    clip_frames,
    until,
)
from tests.live.conftest import MARKING, Connect, OpenStream, Told
from tests.trust.pictures import has_badge

from mien.errors import NotFound, SourceRejected
from mien.media.clips import probe
from mien.models.weights import WeightStore
from mien.trust.detector import Detector
from mien.trust.inspection import inspect
from mien.trust.pattern import make_pattern
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel, distance
from mien.vision.image import decode_image


def nearer_to_source(image: BgrImage, finder: FaceFinder, weights: WeightStore) -> float:
    """How much nearer the face is to the source than to the person of the clip."""
    identity = IdentityModel.load(weights)

    def who(picture: BgrImage) -> Any:
        return identity(picture, finder(picture)[0].mesh)

    wanted = who(np.asarray(cv2.imread(str(MEDIA / "astronaut.png")), np.uint8))
    person = who(clip_frames(CLIP, 1)[0])
    shown = who(image)
    return distance(shown, person) - distance(shown, wanted)


async def test_the_camera_comes_back_with_the_other_face_and_its_sound(
    open_stream: OpenStream,
    connect: Connect,
    frames: list[BgrImage],
    source: bytes,
    finder: FaceFinder,
    weights: WeightStore,
    told: Told,
) -> None:
    stream = await open_stream(source)
    client = await connect(stream, Client(Camera(frames), Microphone()))
    await until(lambda: client.pictures > 30 and client.loudness > 1000)
    await until(lambda: len(client.heard("statistics")) > 2)

    assert client.picture is not None
    # The target's own forehead stays where the source's is under hair: 0.1 on this pair.
    assert nearer_to_source(client.picture, finder, weights) > 0.05
    assert nearer_to_source(frames[0], finder, weights) < -0.4
    # Beside the face the picture is the camera's.
    # On a machine too busy to carry the whole of it, a smaller one comes.
    whole = cv2.resize(client.picture, (640, 480)).astype(int)
    corner = np.abs(whole[:60, :60] - frames[0][:60, :60]).mean()
    assert corner < 8

    assert client.messages[0] == {"type": "user-joined", "uid": 3}
    published = client.heard("user-published")
    assert {message["media"] for message in published} == {"video", "audio"}
    assert all(message["uid"] == 3 for message in published)
    assert client.states()[-1] == "swapping"
    figures = client.figures()
    assert (figures["width"], figures["height"], figures["face"]) == (640, 480, True)
    assert figures["peers"] == 1
    assert figures["level_wanted"] == 2, "by size"
    assert 1 <= figures["level"] <= 2
    assert figures["level_why"] in ("by size", "frames took too long")
    assert figures["fps_out"] > 2
    assert 0 < figures["engine_p50_ms"] <= figures["engine_p95_ms"]
    assert figures["latency_ms"] > 0
    assert 0 <= figures["audio_delay_ms"] < 500
    assert ("peers", {"peers": 1}) in told
    assert [body for event, body in told if event == "statistics"][-1]["cpu_share"] > 0


def has_seen(client: Client, count: int) -> bool:
    return client.pictures >= count


async def test_a_halt_covers_picture_and_sound_and_is_taken_back(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes
) -> None:
    stream = await open_stream(source)
    client = await connect(stream, Client(Camera(frames), Microphone()))
    await until(lambda: client.pictures > 10 and client.loudness > 1000)
    assert not covered(client)
    stream.halt(True)
    await until(lambda: covered(client))
    assert client.states()[-1] == "halted"
    async with asyncio.timeout(15):
        while not await is_quiet(client):
            pass  # what was on the way still comes
    assert await is_quiet(client), "nothing follows"
    assert covered(client), "it stays covered"
    stream.halt(False)
    await until(lambda: not covered(client) and client.loudness > 1000)
    await until(lambda: client.states()[-1] == "swapping")


async def test_a_halt_covers_also_when_the_camera_has_gone_silent(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes
) -> None:
    stream = await open_stream(source)
    client = await connect(stream, Client(Camera(frames)))
    await until(lambda: client.pictures > 10)
    stream.picture_came = lambda member, picture: None  # type: ignore[method-assign]
    stream.halt(True)
    await until(lambda: covered(client))


async def is_quiet(client: Client) -> bool:
    """Whether no sound comes while ten pictures do."""
    client.loudness, seen = 0.0, client.pictures
    await until(lambda: client.pictures > seen + 10)
    return client.loudness == 0.0


def covered(client: Client) -> bool:
    """The card: dark nearly everywhere, but for its line of text and the badge."""
    assert client.picture is not None
    return bool((client.picture.max(axis=2) < 60).mean() > 0.85)


async def test_what_arrives_is_labelled_and_marked(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes
) -> None:
    stream = await open_stream(source)
    client = await connect(stream, Client(Camera(frames)))
    detector = Detector([make_pattern(MARKING.key)])
    for count in range(1, 40):
        await until(partial(has_seen, client, count))
        assert client.picture is not None
        detector.feed(client.picture)
    assert detector.result(thorough=False).mark_id == MARKING.mark_id
    assert client.picture is not None
    assert has_badge(client.picture)


async def test_without_the_operator_s_policy_a_page_may_say_what_it_likes(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes
) -> None:
    strict = await open_stream(source)
    page = await connect(strict, Client(Camera(frames)))
    await until(lambda: page.pictures > 5)
    page.send({"type": "label-drawn", "drawn": True})
    seen = page.pictures
    await until(lambda: page.pictures > seen + 20)
    assert has_badge(shown(page))
    assert not page.heard("label")
    await strict.close()


async def test_a_label_that_pages_draw_is_left_out_while_all_of_them_do(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes
) -> None:
    stream = await open_stream(source, marking=replace(MARKING, client_label=True))
    page = await connect(stream, Client(Camera(frames)))
    await until(lambda: page.pictures > 5)
    assert has_badge(shown(page))
    page.send({"type": "label-drawn", "drawn": True})
    assert page.heard("label")[0]["badge"] == "AI MODIFIED"
    await until(lambda: not has_badge(shown(page)))
    assert has_badge(decode_image(await stream.snapshot())), "a file has no page"
    player = await connect(stream, Client(None), "whep")
    await until(lambda: player.pictures > 3)
    assert has_badge(shown(player))
    await until(lambda: has_badge(shown(page)))


def shown(client: Client) -> BgrImage:
    assert client.picture is not None
    return client.picture


async def test_what_is_recorded_is_labelled_whatever_pages_draw(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes, tmp_path: Path
) -> None:
    marking = replace(MARKING, client_label=True)
    stream = await open_stream(source, marking=marking, record_to=tmp_path / "recording.mp4")
    page = await connect(stream, Client(Camera(frames)))
    await until(lambda: page.pictures > 5)
    page.send({"type": "label-drawn", "drawn": True})
    seen = page.pictures
    await until(lambda: page.pictures > seen + 20)
    assert has_badge(shown(page))


async def test_what_is_recorded_and_snapped_is_what_was_sent_with_its_sound(
    open_stream: OpenStream,
    connect: Connect,
    frames: list[BgrImage],
    source: bytes,
    tmp_path: Path,
) -> None:
    path = tmp_path / "recording.mp4"
    stream = await open_stream(source, record_to=path)
    with pytest.raises(NotFound):
        await stream.snapshot()
    client = await connect(stream, Client(Camera(frames), Microphone()))
    await until(lambda: stream.statistics()["recorded_frames"] > 40)
    await until(lambda: client.heard("statistics"))
    assert client.figures()["recording"] is True
    pattern = [make_pattern(MARKING.key)]
    snapped = Detector(pattern)
    snapped.feed(decode_image(await stream.snapshot()))
    assert snapped.result(thorough=False).mark_id == MARKING.mark_id
    await stream.close()
    assert inspect(path, pattern).mark_id == MARKING.mark_id
    info = probe(path)
    assert (info.width, info.height, info.sound) == (640, 480, True)
    with av.open(str(path)) as clip:
        loud = [np.abs(part.to_ndarray()).mean() > 0.02 for part in clip.decode(audio=0)]
    assert sum(loud) > 40


async def test_another_face_comes_in_while_live_and_a_bad_one_does_not(
    open_stream: OpenStream,
    connect: Connect,
    frames: list[BgrImage],
    source: bytes,
    finder: FaceFinder,
) -> None:
    stream = await open_stream()
    client = await connect(stream, Client(Camera(frames)))
    await until(lambda: client.pictures > 2)
    assert client.states()[-1] == "preparing"
    assert client.picture is not None
    # Without a source nobody's face is shown: the policy blurs.
    assert finder(frames[0])
    assert not finder(client.picture)

    await stream.change_source(source)
    await until(lambda: client.states()[-1] == "swapping")
    with pytest.raises(SourceRejected):
        await stream.change_source(b"PK nothing")
    seen = client.pictures
    await until(lambda: client.pictures > seen + 5)
    assert client.states()[-1] == "swapping"


async def test_a_camera_that_stops_is_told_and_may_come_back(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes
) -> None:
    stream = await open_stream(source, camera_timeout_s=0.6)
    camera = Camera(frames)
    client = await connect(stream, Client(camera))
    await until(lambda: client.states()[-1:] == ["swapping"])
    camera.covered = True
    await until(lambda: client.states()[-1] == "camera_lost")
    camera.covered = False
    await until(lambda: client.states()[-1] == "swapping")
    assert client.heard("state")[-1]["text"] == "Live."


async def test_a_sketch_of_the_camera_can_be_looked_at_once_a_picture(
    open_stream: OpenStream, connect: Connect, frames: list[BgrImage], source: bytes
) -> None:
    stream = await open_stream(source)
    assert await stream.look() == b""
    client = await connect(stream, Client(Camera(frames)))
    await until(lambda: client.pictures > 2)
    sketch = cv2.imdecode(np.frombuffer(await stream.look(), np.uint8), cv2.IMREAD_COLOR)
    assert sketch is not None
    # The camera has moved on; VP8 costs a little.
    apart = [
        np.abs(sketch.astype(int) - cv2.resize(frame, (256, 256), interpolation=cv2.INTER_AREA))
        for frame in frames
    ]
    assert min(difference.mean() for difference in apart) < 12

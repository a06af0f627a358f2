import asyncio
import os
import signal
import struct
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import pytest_asyncio
from tests.swap.moments import frame

from mien.errors import ImageRejected, NoFaceFound, ProcessLost, SourceRejected, TooFrequent
from mien.live.certificates import open_identity
from mien.live.imaging import FaceReading, Imaging, PreparedSource
from mien.live.imaging_process import MOST_WAITING, ImagingProcess
from mien.live.signing import Signing
from mien.settings import LimitSettings, Settings
from mien.swap.source import SourceFace
from mien.trust.credentials import archive
from mien.trust.registry import Statement
from mien.vision.face import BgrImage
from mien.vision.identity import SAME_PERSON, distance

# One process serves all tests: those that kill it leave another.
pytestmark = pytest.mark.asyncio(loop_scope="module")

MEDIA = Path(__file__).parents[1] / "media"
ASTRONAUT = (MEDIA / "astronaut.png").read_bytes()
# Of head_turns.mp4: her face is turned by 46 degrees.
TURNED_FRAME = 75


@pytest.fixture(scope="module")
def astronaut() -> BgrImage:
    return decoded(ASTRONAUT)


@pytest.fixture(scope="module")
def grace() -> BgrImage:
    return decoded((MEDIA / "grace_hopper.jpg").read_bytes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def imaging() -> AsyncIterator[ImagingProcess]:
    process = ImagingProcess(Settings(limits=LimitSettings(video_seconds=20)))
    await process.start()
    yield process
    await process.stop()


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def process_limits(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return {line[:26].strip(): line[26:].split() for line in lines}


def decoded(data: bytes) -> BgrImage:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def png(image: Any) -> bytes:
    return bytes(cv2.imencode(".png", image)[1].tobytes())


def beside(left: BgrImage, right: BgrImage) -> bytes:
    height = max(left.shape[0], right.shape[0])
    canvas = np.zeros((height, left.shape[1] + right.shape[1], 3), np.uint8)
    canvas[: left.shape[0], : left.shape[1]] = left
    canvas[: right.shape[0], left.shape[1] :] = right
    return png(canvas)


def unfolding_png(width: int, height: int) -> bytes:
    """A few hundred bytes that say they are a picture of that size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))
        )

    header = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


def check_layout(face: FaceReading) -> None:
    """Landmarks are where they must be in an upright face, left being the picture's left."""
    left_eye, right_eye, nose, mouth, left_corner, right_corner = face.landmarks
    x, y, width, height = face.region
    assert x < left_eye[0] < nose[0] < right_eye[0] < x + width
    assert left_corner[0] < mouth[0] < right_corner[0]
    assert y < left_eye[1] < nose[1] < mouth[1] < y + height


async def test_a_face_is_read_where_it_is(imaging: Imaging) -> None:
    (picture,) = await imaging.read_faces(ASTRONAUT, largest_only=False)
    assert (picture.width, picture.height, picture.frame_time) == (512, 512, None)
    (face,) = picture.faces
    check_layout(face)
    assert np.allclose(face.landmarks[2], (224, 131), atol=12)  # the nose, by eye
    assert not picture.crops
    assert not picture.crop_regions


async def test_crops_show_the_largest_face(imaging: Imaging, astronaut: BgrImage) -> None:
    (picture,) = await imaging.read_faces(ASTRONAUT, largest_only=True, crops=True)
    left, top, width, height = picture.crop_regions[0]
    x, y, _, _ = picture.faces[0].region
    assert left < x
    assert top < y
    crop = decoded(picture.crops[0])
    assert crop.shape == (height, width, 3)
    expected = astronaut[top : top + height, left : left + width]
    assert np.abs(crop.astype(int) - expected).mean() < 4


async def test_every_face_or_only_the_largest(
    imaging: Imaging, astronaut: BgrImage, grace: BgrImage
) -> None:
    both = beside(astronaut, grace)
    (picture,) = await imaging.read_faces(both, largest_only=False)
    assert len(picture.faces) == 2
    areas = [face.region[2] * face.region[3] for face in picture.faces]
    assert areas == sorted(areas, reverse=True)
    (only,) = await imaging.read_faces(both, largest_only=True)
    assert only.faces == picture.faces[:1]


async def test_frames_of_a_video_are_read_in_time(imaging: Imaging) -> None:
    clip = (MEDIA / "signer.mp4").read_bytes()
    pictures = await imaging.read_faces(clip, largest_only=True, frames=3, crops=True)
    times = [picture.frame_time for picture in pictures]
    assert times == pytest.approx([0.0, 1.2, 2.4], abs=0.15)
    assert all(picture.faces for picture in pictures)
    for picture in pictures:
        assert decoded(picture.crops[0]).shape[:2] == picture.crop_regions[0][:1:-1]


async def test_a_source_is_prepared_of_the_face_that_is_meant(
    imaging: Imaging, astronaut: BgrImage, grace: BgrImage
) -> None:
    both = beside(astronaut, grace)
    first = await imaging.prepare_source(ASTRONAUT)
    points = first.face.landmarks[:4]
    near_left = await imaging.prepare_source(both, points)
    (picture,) = await imaging.read_faces(both, largest_only=False)
    other = max(picture.faces, key=lambda face: face.region[0])
    near_right = await imaging.prepare_source(both, other.landmarks[:4])
    assert near_left.face.region[0] < 512 < near_right.face.region[0]
    assert not near_left.notes

    def texture(prepared: PreparedSource) -> Any:
        return SourceFace.from_bytes(prepared.data).atlas.astype(int)

    assert np.abs(texture(near_left) - texture(first)).mean() < 6
    assert np.abs(texture(near_right) - texture(first)).mean() > 12


async def test_what_would_look_better_is_said(
    imaging: Imaging, astronaut: BgrImage, grace: BgrImage
) -> None:
    prepared = await imaging.prepare_source(beside(astronaut, grace))
    assert any("2 faces" in note for note in prepared.notes)
    preview = decoded(prepared.preview_jpeg)
    assert max(preview.shape[:2]) == 192
    small = png(cv2.resize(astronaut, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA))
    prepared = await imaging.prepare_source(small)
    assert any("small" in note for note in prepared.notes)


async def test_bad_pictures_are_refused_and_the_next_one_is_read(
    imaging: ImagingProcess, astronaut: BgrImage
) -> None:
    grey = png(np.full((200, 200, 3), 128, np.uint8))
    tiny = png(cv2.resize(astronaut, (100, 100), interpolation=cv2.INTER_AREA))
    for bad in (b"", b"not a picture", ASTRONAUT[: len(ASTRONAUT) // 2], b"GIF89a" + b"\xff" * 40):
        with pytest.raises(ImageRejected):
            await imaging.read_faces(bad, largest_only=False)
    with pytest.raises(ImageRejected, match="pixels"):
        await imaging.read_faces(unfolding_png(30_000, 30_000), largest_only=False)
    (picture,) = await imaging.read_faces(grey, largest_only=False)
    assert picture.faces == ()
    with pytest.raises(NoFaceFound):
        await imaging.prepare_source(grey)
    with pytest.raises((SourceRejected, NoFaceFound)):
        await imaging.prepare_source(tiny)
    with pytest.raises(ImageRejected):
        await imaging.prepare_source((MEDIA / "signer.mp4").read_bytes())
    (picture,) = await imaging.read_faces(ASTRONAUT, largest_only=False)
    assert picture.faces
    assert imaging._child is not None
    assert imaging._child.alive


async def test_a_process_that_dies_fails_one_request_and_the_next_works(
    imaging: ImagingProcess,
) -> None:
    assert imaging._child is not None
    reading = asyncio.create_task(imaging.read_faces(ASTRONAUT, largest_only=False))
    await asyncio.sleep(0.01)
    os.kill(imaging._child.pid, signal.SIGKILL)
    with pytest.raises(ImageRejected):
        await reading
    (picture,) = await imaging.read_faces(ASTRONAUT, largest_only=False)
    assert picture.faces


async def test_a_picture_that_takes_too_long_is_given_up() -> None:
    imaging = ImagingProcess(Settings(), answer_within_s=0.005)
    await imaging.start()
    assert imaging._child is not None
    pid = imaging._child.pid
    try:
        with pytest.raises(ImageRejected):
            await imaging.read_faces(ASTRONAUT, largest_only=False)
        assert not exists(pid)
    finally:
        await imaging.stop()


async def test_its_memory_and_processor_time_have_a_limit(imaging: ImagingProcess) -> None:
    await imaging.read_faces(ASTRONAUT, largest_only=False)
    assert imaging._child is not None
    named = process_limits(imaging._child.pid)
    assert int(named["Max address space"][0]) < 8 << 30
    assert int(named["Max cpu time"][0]) < 120
    assert named["Max core file size"][0] in ("0", "1")


async def test_pictures_that_wait_have_a_bound(imaging: ImagingProcess) -> None:
    calls = [imaging.read_faces(b"nothing", largest_only=True) for _ in range(MOST_WAITING + 2)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds.count(TooFrequent) == 2
    assert kinds.count(ImageRejected) == MOST_WAITING


async def test_stopped_it_stays_stopped() -> None:
    imaging = ImagingProcess(Settings())
    await imaging.start()
    assert imaging._child is not None
    pid = imaging._child.pid
    reading = asyncio.create_task(imaging.read_faces(ASTRONAUT, largest_only=False))
    await asyncio.sleep(0.01)
    await imaging.stop()
    with pytest.raises(ImageRejected):
        await reading
    assert not exists(pid)
    with pytest.raises(ProcessLost):
        await imaging.read_faces(ASTRONAUT, largest_only=False)
    await asyncio.sleep(0.05)
    assert not imaging._child.alive


async def test_photos_of_one_person_are_merged_and_of_two_refused(
    imaging: Imaging, astronaut: BgrImage
) -> None:
    one = (await imaging.prepare_source(ASTRONAUT)).data
    brighter = png(np.clip(astronaut * 1.15, 0, 255).astype(np.uint8))
    two = (await imaging.prepare_source(brighter)).data
    other = (await imaging.prepare_source((MEDIA / "grace_hopper.jpg").read_bytes())).data
    merged = await imaging.merge_sources([one, two])
    textures = [SourceFace.from_bytes(data).atlas.astype(int) for data in (one, merged)]
    assert np.abs(textures[0] - textures[1]).mean() < 12
    with pytest.raises(SourceRejected, match="Photo 2 of 2 shows another person"):
        await imaging.merge_sources([one, other])
    with pytest.raises(SourceRejected, match="prepare it again"):
        await imaging.merge_sources([one, b""])


async def test_somebody_is_known_by_the_face_that_is_named(
    imaging: Imaging, astronaut: BgrImage, grace: BgrImage
) -> None:
    both = beside(astronaut, grace)
    asked = ((ASTRONAUT, ()), (both, ((200, 110), (240, 110))), (both, ((730, 200), (800, 200))))
    alone, left, right = [np.array(await imaging.recognise(*one), np.float32) for one in asked]
    assert distance(alone, left) < 0.3
    assert distance(alone, right) > SAME_PERSON
    with pytest.raises(NoFaceFound):
        await imaging.recognise(png(np.full_like(astronaut, 90)))


async def test_who_is_turned_away_is_not_taken_for_known(imaging: Imaging) -> None:
    turned = frame("head_turns.mp4", TURNED_FRAME)
    with pytest.raises(SourceRejected, match="looks at the camera"):
        await imaging.recognise(png(turned))


async def test_what_a_picture_says_by_c2pa_is_kept(imaging: ImagingProcess, tmp_path: Path) -> None:
    signing = Signing(open_identity(Settings(data_dir=tmp_path), time.time))
    statement = Statement(5, "a" * 32, "file", 1_800_000_000.0, "1.0")
    signed = signing.picture(ASTRONAUT, statement)
    plain, said = await imaging.prepare_source(ASTRONAUT), await imaging.prepare_source(signed)
    assert plain.credentials == ()
    [kept] = said.credentials
    assert len(kept) == pytest.approx(len(archive(signed)), abs=200)
    assert (said.data, said.preview_jpeg) == (plain.data, plain.preview_jpeg)

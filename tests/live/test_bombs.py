"""Small files that unfold: refused before they cost memory, and stopped by the limit where not."""

import asyncio
import io
import resource
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio

from mien.errors import ImageRejected
from mien.live.imaging import PictureReading
from mien.live.imaging_process import ImagingProcess
from mien.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASTRONAUT = (Path(__file__).parents[1] / "media" / "astronaut.png").read_bytes()
MIB = 1 << 20
VP8_KEY = b"\x9d\x01\x2a"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def imaging() -> AsyncIterator[ImagingProcess]:
    process = ImagingProcess(Settings())
    await process.start()
    await process.read_faces(ASTRONAUT, largest_only=True)
    yield process
    await process.stop()


def peak_mb(process: ImagingProcess) -> float:
    """The most memory that the process has ever had."""
    assert process._child is not None
    status = Path(f"/proc/{process._child.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))


def zeros(size: int) -> bytes:
    """So many zeros, a thousand times smaller."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(min(MIB, size - at))) for at in range(0, size, MIB)]
    return b"".join(parts) + packer.flush()


def png(width: int, height: int, pixels: bytes, *more: bytes) -> bytes:
    """Grey, 8 bits."""
    header = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 0, 0, 0, 0))
    parts = (header, *more, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def large_picture() -> bytes:
    return png(10_000, 11_000, zeros(11_000 * 10_001))


def hidden_pixels() -> bytes:
    """More pixels than the head says."""
    return png(200, 200, zeros(150 * MIB))


def large_text() -> bytes:
    """A comment that unfolds."""
    return png(200, 200, zeros(200 * 201), chunk(b"zTXt", b"a\0\0" + zeros(150 * MIB)))


def large_screen() -> bytes:
    """A GIF of one pixel on a screen of four thousand million."""
    head = b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00;"


def video(change: bool) -> bytes:
    """VP8 whose frames say that they are 16383 pixels wide and high, in a container of 160x120."""
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=5, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for shade in (60, 90, 120):
            picture = np.full((120, 160, 3), shade, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    small, large = (VP8_KEY + struct.pack("<HH", *size) for size in ((160, 120), (16383, 16383)))
    assert file.getvalue().count(small) == 3
    return file.getvalue().replace(small, large) if change else file.getvalue()


@pytest.mark.parametrize("make", [large_picture, hidden_pixels, large_text, large_screen])
async def test_a_picture_that_unfolds_costs_next_to_nothing(
    imaging: ImagingProcess, make: object
) -> None:
    assert callable(make)
    bomb = make()
    assert len(bomb) < 400_000
    before, child = peak_mb(imaging), imaging._child
    answers = await asyncio.gather(
        imaging.read_faces(bomb, largest_only=False),
        imaging.prepare_source(bomb),
        return_exceptions=True,
    )
    assert not [one for one in answers if isinstance(one, BaseException) and not _told(one)]
    assert isinstance(answers[1], BaseException), "there is no face in it in any case"
    assert peak_mb(imaging) - before < 64
    assert imaging._child is child, "nobody died of it"


def _told(error: BaseException) -> bool:
    return type(error).__module__ == "mien.errors"


async def test_a_video_s_frames_are_not_believed_to_be_as_the_container_says(
    imaging: ImagingProcess,
) -> None:
    honest = await imaging.read_faces(video(False), largest_only=False, frames=3)
    assert {(one.width, one.height) for one in honest} == {(160, 120)}
    before, child = peak_mb(imaging), imaging._child
    with pytest.raises(ImageRejected):
        await imaging.read_faces(video(True), largest_only=False, frames=3)
    assert peak_mb(imaging) - before < 64
    assert imaging._child is child


async def test_what_passes_every_look_is_stopped_by_the_process_s_limit(
    imaging: ImagingProcess,
) -> None:
    """A picture of 24 million pixels is taken; not where the limit leaves no room for it."""
    largest = png(5000, 4800, zeros(4800 * 5001))
    assert (await imaging.read_faces(largest, largest_only=False))[0].faces == ()
    assert imaging._child is not None
    pid = imaging._child.pid
    soft, _ = resource.prlimit(pid, resource.RLIMIT_AS)
    assert 0 < soft < 8 << 30
    tight = mapped(pid) + 48 * MIB
    resource.prlimit(pid, resource.RLIMIT_AS, (tight, tight))
    with pytest.raises(ImageRejected):
        await imaging.read_faces(largest, largest_only=False)
    (picture,) = await eventually_read(imaging)
    assert picture.faces, "and the next one is read"


def mapped(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


async def eventually_read(imaging: ImagingProcess) -> tuple[PictureReading, ...]:
    """By a process that was left with too little, or by the one after it."""
    try:
        return await imaging.read_faces(ASTRONAUT, largest_only=True)
    except ImageRejected:
        assert imaging._child is not None
        imaging._child.kill()
        await imaging._child.ended
        return await imaging.read_faces(ASTRONAUT, largest_only=True)

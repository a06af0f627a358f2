"""Files looked through: pictures, GIFs and videos, on disk or in memory, within limits."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.trust.pictures import KEY, MARK_ID, MEDIA, clip_frames, photo

from mien.errors import ImageRejected, MediaRejected, PayloadTooLarge
from mien.media.clip_writer import Mp4Writer
from mien.media.clips import ClipFrame, ClipLimits, probe, read_frames
from mien.trust import inspection
from mien.trust.inspection import InspectionLimits, inspect
from mien.trust.marking import Marker, Marking
from mien.trust.pattern import make_pattern
from mien.vision.image import ImageLimits, encode_jpeg

PATTERNS = [make_pattern(KEY)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two marked seconds."""
    path = tmp_path_factory.mktemp("clips") / "marked.mp4"
    marker = Marker(Marking(KEY, MARK_ID))
    with Mp4Writer(path, probe(MEDIA / "signer.mp4")) as writer:
        for number, frame in enumerate(clip_frames("signer.mp4", 60)):
            writer.write(marker.apply(frame, number / 30), number / 30)
    return path


def test_a_video_on_disk_and_in_memory(clip: Path) -> None:
    for source in (clip, clip.read_bytes()):
        assert inspect(source, PATTERNS).mark_id == MARK_ID


def test_a_clear_mark_ends_the_reading(clip: Path) -> None:
    assert inspect(clip, PATTERNS).frames == inspection.LOOK_EVERY


def test_a_picture_in_memory() -> None:
    data = encode_jpeg(Marker(Marking(KEY, MARK_ID)).apply(photo(), 9.0))
    found = inspect(data, PATTERNS)
    assert (found.mark_id, found.frames) == (MARK_ID, 1)


def test_an_unmarked_video_is_read_to_its_end() -> None:
    found = inspect(MEDIA / "signer.mp4", PATTERNS)
    assert (found.marked, found.frames) == (False, 75)


def test_a_long_video_is_sampled_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MOST_FRAMES", 20)
    seen: list[int] = []

    def counted(*arguments: object) -> Iterator[ClipFrame]:
        for frame in read_frames(MEDIA / "signer.mp4"):
            seen.append(1)
            yield frame

    monkeypatch.setattr(inspection, "read_frames", counted)
    found = inspect(MEDIA / "signer.mp4", PATTERNS)
    assert len(seen) == 75
    assert found.frames == 25


def test_limits_are_kept(clip: Path) -> None:
    small = InspectionLimits(ImageLimits(max_pixels=1000), ClipLimits(max_bytes=1000))
    with pytest.raises(PayloadTooLarge):
        inspect(clip, PATTERNS, small)
    with pytest.raises(ImageRejected):
        inspect(MEDIA / "astronaut.png", PATTERNS, small)


@pytest.mark.parametrize("data", [b"", b"nothing", b"\x00\x00\x00\x18ftypmp42broken"])
def test_what_is_no_media_is_refused(data: bytes) -> None:
    with pytest.raises(MediaRejected):
        inspect(data, PATTERNS)

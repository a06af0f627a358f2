import io
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mien.errors import MediaRejected, PayloadTooLarge
from mien.media.clip_writer import GifWriter, Mp4Writer, beside
from mien.media.clips import (
    BgrFrame,
    ClipInfo,
    ClipLimits,
    kind_of,
    probe,
    read_evenly,
    read_frames,
    sniff,
)

MEDIA = Path(__file__).parent
SIGNER = MEDIA / "signer.mp4"
INFO = ClipInfo("video", 64, 48, 1.0, 10, Fraction(10), False)


def painted(index: int, width: int = 64, height: int = 48) -> BgrFrame:
    """Blue above, red below, and a green bar that moves to the right."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2] = (200, 40, 40)
    image[height // 2 :] = (40, 40, 200)
    image[:, 4 * index : 4 * index + 8] = (40, 180, 40)
    return image


def wave(seconds: float, rate: int = 48_000) -> Iterator[av.AudioFrame]:
    for start in range(0, int(seconds * rate), 960):
        phase = (np.arange(start, start + 960) / rate * 2 * math.pi * 440).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(
            (np.sin(phase) * 12_000).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame


def made(path: Path, audio: str = "", rotation: int = 0, times: tuple[int, ...] = ()) -> Path:
    """A small clip; times in milliseconds, ten frames a second by default."""
    times = times or tuple(range(0, 1000, 100))
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264" if path.suffix != ".webm" else "libvpx", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            video.set_display_rotation(rotation)
        sound = container.add_stream(audio, rate=48_000) if audio else None
        if sound:
            assert isinstance(sound, av.AudioStream)
            sound.codec_context.layout = "mono"
        for index, at in enumerate(times):
            frame = av.VideoFrame.from_ndarray(painted(index), format="bgr24")
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if isinstance(sound, av.AudioStream):
            for piece in wave(times[-1] / 1000):
                container.mux(sound.encode(piece))
            container.mux(sound.encode(None))
    return path


def copied(source: Path, output: Path) -> Path:
    info = probe(source)
    with beside(output) as part, Mp4Writer(part, info, source if info.sound else None) as writer:
        for frame in read_frames(source):
            writer.write(frame.image, frame.seconds)
    return output


def test_a_video_is_told_by_what_it_is() -> None:
    info = probe(SIGNER)
    assert (info.kind, info.width, info.height, info.frames) == ("video", 640, 480, 75)
    assert info.seconds == pytest.approx(2.5, abs=0.01)
    assert info.rate == 30
    assert not info.sound
    assert probe(SIGNER.read_bytes()) == info


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "picture"),
        (b"BM1234", "picture"),
        (b"GIF89a", "gif"),
        (b"\0\0\0\x20ftypisom", "video"),
        (b"\x1a\x45\xdf\xa3", "video"),
        (b"RIFF\0\0\0\0AVI LIST", "video"),
    ],
)
def test_kinds_are_told_by_their_first_bytes(head: bytes, kind: str) -> None:
    known = sniff(head)
    assert known is not None
    assert known[0] == kind


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_telephone_pictures_are_no_videos(brand: bytes) -> None:
    for read in (kind_of, probe):
        with pytest.raises(MediaRejected, match=r"HEIC and AVIF .* export it as JPEG"):
            read(b"\0\0\0\x18ftyp" + brand + bytes(64))


@pytest.mark.parametrize(
    "data", [b"", b"#EXTM3U\nhttp://127.0.0.1/", b"ffconcat version 1.0\nfile /etc/passwd", b"%PDF"]
)
def test_playlists_and_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(MediaRejected, match="neither a picture nor a video"):
        kind_of(data)
    with pytest.raises(MediaRejected):
        probe(data)


def test_frames_come_in_order_with_right_colours(tmp_path: Path) -> None:
    frames = list(read_frames(made(tmp_path / "a.mp4")))
    assert [frame.seconds for frame in frames] == pytest.approx([i / 10 for i in range(10)])
    np.testing.assert_allclose(frames[0].image[10, 40], (200, 40, 40), atol=12)
    np.testing.assert_allclose(frames[0].image[40, 40], (40, 40, 200), atol=12)
    np.testing.assert_allclose(frames[5].image[10, 24], (40, 180, 40), atol=14)


def test_evenly_spaced_frames() -> None:
    frames = read_evenly(SIGNER.read_bytes(), 5, ClipLimits())
    assert [frame.seconds for frame in frames] == pytest.approx(
        [0, 0.6, 1.233, 1.867, 2.467], abs=0.04
    )
    assert all(frame.image.shape == (480, 640, 3) for frame in frames)
    assert len(read_evenly(SIGNER, 1)) == 1
    assert len(read_evenly(SIGNER, 1000)) == 75


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_rotation_is_respected(tmp_path: Path, rotation: int) -> None:
    source = made(tmp_path / "a.mp4", rotation=rotation)
    info = probe(source)
    first = next(iter(read_frames(source))).image
    assert (info.height, info.width) == first.shape[:2]
    expected = np.rot90(painted(0), rotation // 90)
    assert first.shape == expected.shape
    assert np.abs(first.astype(int) - expected).mean() < 10


@pytest.mark.parametrize(
    ("limits", "error", "says"),
    [
        (ClipLimits(max_bytes=1000), PayloadTooLarge, "larger"),
        (ClipLimits(max_seconds=1), MediaRejected, "longer than 1 seconds"),
        (ClipLimits(max_frames=10), MediaRejected, "longer"),
        (ClipLimits(max_pixels=640 * 479), MediaRejected, "640 x 480"),
    ],
)
def test_limits(limits: ClipLimits, error: type[Exception], says: str) -> None:
    for source in (SIGNER, SIGNER.read_bytes()):
        with pytest.raises(error, match=says):
            probe(source, limits)
        with pytest.raises(error, match=says):
            read_evenly(source, 3, limits)


def test_a_file_without_pictures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=48_000)
        sound.codec_context.layout = "mono"
        for piece in wave(0.2):
            container.mux(sound.encode(piece))
        container.mux(sound.encode(None))
    with pytest.raises(MediaRejected, match="no picture track"):
        probe(path)


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=10),
    cut=st.floats(0, 1),
)
def test_mutated_clips_give_frames_or_a_refusal(
    changes: list[tuple[float, int]], cut: float
) -> None:
    data = bytearray((MEDIA / "blink.mp4").read_bytes())
    for place, value in changes:
        data[min(int(place * 3000), len(data) - 1)] = value
    try:
        frames = read_evenly(bytes(data[: int(cut * len(data))]), 2, ClipLimits(max_pixels=10**6))
    except (MediaRejected, PayloadTooLarge):
        return
    assert all(frame.image.dtype == np.uint8 for frame in frames)


def test_writing_keeps_pictures_and_colours(tmp_path: Path) -> None:
    source = made(tmp_path / "a.mp4")
    output = copied(source, tmp_path / "b.mp4")
    for one, other in zip(read_frames(source), read_frames(output), strict=True):
        assert np.abs(one.image.astype(int) - other.image).mean() < 4
        assert abs(one.image.mean() - other.image.mean()) < 1
    data = output.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "it plays while it loads"
    with av.open(str(output)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    times = (0, 40, 300, 333, 1000, 1900)
    output = copied(made(tmp_path / "a.mp4", times=times), tmp_path / "b.mp4")
    assert [frame.seconds for frame in read_frames(output)] == pytest.approx(
        [at / 1000 for at in times], abs=1e-3
    )


@pytest.mark.parametrize(
    ("name", "codec", "written"),
    [("a.mp4", "aac", "aac"), ("a.webm", "libopus", "opus"), ("a.mkv", "pcm_s16le", "aac")],
)
def test_sound_is_kept(tmp_path: Path, name: str, codec: str, written: str) -> None:
    output = copied(made(tmp_path / name, audio=codec), tmp_path / "b.mp4")
    with av.open(str(output)) as container:
        assert container.streams.audio[0].codec_context.name == written
        heard = np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])
    assert len(heard) / 48_000 == pytest.approx(0.9, abs=0.08)
    spectrum = np.abs(np.fft.rfft(heard[8_000:24_000].astype(float)))
    assert spectrum.argmax() * 3 == pytest.approx(440, abs=3)


def test_odd_sizes_and_sizes_that_change(tmp_path: Path) -> None:
    output = tmp_path / "a.mp4"
    info = ClipInfo("video", 63, 47, 1.0, 2, Fraction(10), False)
    with Mp4Writer(output, info) as writer:
        writer.write(painted(0, 63, 47), 0.0)
        writer.write(painted(1, 126, 94), 0.1)
        writer.write(painted(2, 63, 47), 0.1)
    assert [frame.image.shape for frame in read_frames(output)] == [(46, 62, 3)] * 2


def test_a_turned_picture_in_mid_clip_is_not_stretched(tmp_path: Path) -> None:
    output = tmp_path / "a.mp4"
    info = ClipInfo("video", 128, 64, 1.0, 2, Fraction(10), False)
    with Mp4Writer(output, info) as writer:
        writer.write(np.full((64, 128, 3), 200, np.uint8), 0.0)
        writer.write(np.full((128, 64, 3), 200, np.uint8), 0.1)
    row = list(read_frames(output))[1].image[32, :, 1].astype(int)
    assert row[48 + 3 : 80 - 3].min() > 190
    assert max(row[: 48 - 3].max(), row[80 + 3 :].max()) < 10


def test_a_gif_goes_there_and_back(tmp_path: Path) -> None:
    output = tmp_path / "a.gif"
    info = ClipInfo("gif", 64, 48, 0.6, 3, Fraction(10), False)
    with GifWriter(output, info) as writer:
        for index, seconds in enumerate((0.0, 0.1, 0.4)):
            writer.write(painted(index), seconds)
    frames = list(read_frames(output))
    assert [frame.seconds for frame in frames] == pytest.approx([0, 0.1, 0.4])
    assert probe(output).seconds == pytest.approx(0.6)
    for index, frame in enumerate(frames):
        assert np.abs(frame.image.astype(int) - painted(index)).mean() < 4
    with Image.open(io.BytesIO(output.read_bytes())) as picture:
        assert picture.info["loop"] == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_writer_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    output = tmp_path / "a.mp4"
    output.write_bytes(b"what was there before")
    with pytest.raises(error), beside(output) as part, Mp4Writer(part, INFO) as writer:
        writer.write(painted(0), 0.0)
        raise error
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert output.read_bytes() == b"what was there before"

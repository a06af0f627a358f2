"""Recordings written by the real encoders and read back."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from mien.media.clips import BgrFrame
from mien.media.recording import RecordingWriter, whole_until
from mien.media.webrtc.audio import AudioPacket

BEGIN = 100.0
SAMPLES = 960


@pytest.fixture(scope="module")
def opus() -> list[bytes]:
    """Three seconds of a tone, 20 ms a packet."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout = 48_000, "stereo"
    encoder.format = "s16"
    encoder.open()
    packets = []
    tone = (np.sin(np.arange(2 * SAMPLES) / 20) * 8000).astype(np.int16).reshape(1, -1)
    for number in range(150):
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, number * SAMPLES
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def picture(grey: int, size: tuple[int, int] = (320, 240)) -> BgrFrame:
    return np.full((size[1], size[0], 3), grey, np.uint8)


def packet(opus: list[bytes], number: int, ssrc: int = 1, late: float = 0.0) -> AudioPacket:
    stamp = (4_294_960_000 + number * SAMPLES) & 0xFFFFFFFF
    came = BEGIN + number * 0.02 + late
    return AudioPacket(opus[number], number, stamp, ssrc, False, came)


def pictures(path: Path) -> list[tuple[float, float]]:
    with av.open(str(path)) as clip:
        return [
            (frame.time or 0.0, float(frame.to_ndarray(format="gray").mean()))
            for frame in clip.decode(video=0)
        ]


def sounds(path: Path) -> list[float]:
    with av.open(str(path)) as clip:
        return [float(frame.time or 0.0) for frame in clip.decode(audio=0)]


def test_pictures_and_sound_keep_the_time_at_which_they_came(
    tmp_path: Path, opus: list[bytes]
) -> None:
    path = tmp_path / "recording.mp4"
    writer = RecordingWriter(path.open("wb", buffering=0), (320, 240), BEGIN)
    for number in range(45):
        writer.picture(picture(5 * number), BEGIN + number / 15)
        for sound in range(number * 3, number * 3 + 3):
            # Late in bursts, as packets come; their own clock, which wraps, is what counts.
            writer.sound(packet(opus, sound, late=0.05 if sound % 10 == 0 else 0.0))
    writer.close()
    seen = pictures(path)
    assert [time for time, _ in seen] == pytest.approx([n / 15 for n in range(45)], abs=1e-3)
    assert seen[40][1] == pytest.approx(200, abs=3)
    heard = sounds(path)
    assert heard[-1] == pytest.approx(134 * 0.02 + 0.05, abs=0.03)
    assert np.diff(heard)[1:] == pytest.approx(0.02, abs=1e-3)


def test_a_crash_loses_at_most_two_seconds(tmp_path: Path, opus: list[bytes]) -> None:
    path, left = tmp_path / "recording.mp4", tmp_path / "left.mp4"
    writer = RecordingWriter(path.open("wb", buffering=0), (320, 240), BEGIN)
    for number in range(75):
        writer.picture(picture(3 * number), BEGIN + number / 15)
    shutil.copy(path, left)
    writer.close()
    # No sound came at all: silence must not hold pictures back.
    assert pictures(left)[-1][0] > 74 / 15 - 2


def test_a_camera_that_changes_its_size_or_stops(tmp_path: Path, opus: list[bytes]) -> None:
    path = tmp_path / "recording.mp4"
    writer = RecordingWriter(path.open("wb", buffering=0), (320, 240), BEGIN)
    writer.picture(picture(50), BEGIN)
    writer.picture(picture(90), BEGIN)
    writer.picture(picture(100, (641, 481)), BEGIN + 1)
    writer.picture(picture(150), BEGIN + 0.5)
    writer.picture(picture(150), BEGIN + 4)
    writer.close()
    assert [(time, round(grey, -1)) for time, grey in pictures(path)] == [
        (0.0, 50),
        (1.0, 100),
        (4.0, 150),
    ]


def test_another_microphone_begins_when_it_comes(tmp_path: Path, opus: list[bytes]) -> None:
    path = tmp_path / "recording.mp4"
    writer = RecordingWriter(path.open("wb", buffering=0), (320, 240), BEGIN)
    writer.picture(picture(50), BEGIN)
    for number in range(10):
        writer.sound(packet(opus, number))
    writer.sound(packet(opus, 9))
    for number in range(10, 20):
        writer.sound(packet(opus, number, ssrc=2, late=1.0))
    writer.picture(picture(50), BEGIN + 2)
    writer.close()
    heard = sounds(path)
    assert max(np.diff(heard)) == pytest.approx(1.02, abs=0.03)


def test_where_a_file_that_was_cut_off_ends(tmp_path: Path) -> None:
    path, cut = tmp_path / "recording.mp4", tmp_path / "cut.mp4"
    writer = RecordingWriter(path.open("wb", buffering=0), (320, 240), BEGIN)
    noise = np.random.default_rng(1)
    for number in range(45):
        writer.picture(noise.integers(0, 255, (240, 320, 3), np.uint8), BEGIN + number / 15)
    writer.close()
    data = path.read_bytes()

    def left(size: int) -> int:
        cut.write_bytes(data[:size])
        with cut.open("rb", buffering=0) as file:
            cut_at = whole_until(file)
        cut.write_bytes(data[:cut_at])
        return cut_at

    assert left(len(data)) == len(data)
    for share in (0.95, 0.9, 0.6, 0.4):
        assert 0 < left(int(len(data) * share)) <= len(data) * share
        assert len(pictures(cut)) == {0.95: 30, 0.9: 30, 0.6: 15, 0.4: 15}[share]
    for size in (len(data) // 5, 700, 20, 3, 0):
        assert left(size) == 0

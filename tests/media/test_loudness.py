import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.errors import MediaRejected
from mien.media.clips import ClipLimits
from mien.media.loudness import heard_seconds

LIMITS = ClipLimits(max_seconds=10)
Sound = Callable[[np.ndarray], np.ndarray]


def clip(path: Path, seconds: float, sound: Sound | None) -> bytes:
    """A grey WebM as browsers record them, with that sound of the time in seconds."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libvpx", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("libopus", rate=48_000) if sound else None
        grey = np.full((48, 64, 3), 128, np.uint8)
        for _ in range(int(seconds * 10)):
            container.mux(video.encode(av.VideoFrame.from_ndarray(grey, format="bgr24")))
        container.mux(video.encode(None))
        for start in range(0, int(seconds * 48_000), 960):
            if audio is None or sound is None:
                break
            samples = sound(np.arange(start, start + 960) / 48_000)
            frame = av.AudioFrame.from_ndarray(
                (samples * 32_000).astype(np.int16)[None], format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(audio.encode(frame))
        if audio is not None:
            container.mux(audio.encode(None))
    return path.read_bytes()


def spoken(seconds: np.ndarray) -> np.ndarray:
    """A tone from the first to the third second."""
    on = (seconds >= 1) & (seconds < 3)
    return np.sin(seconds * 2 * math.pi * 220) * 0.2 * on


def hum(seconds: np.ndarray) -> np.ndarray:
    return np.sin(seconds * 2 * math.pi * 100) * 0.1


def test_what_is_said_is_heard_for_as_long(tmp_path: Path) -> None:
    data = clip(tmp_path / "clip.webm", 5, spoken)
    assert heard_seconds(data, LIMITS) == pytest.approx(2, abs=0.15)


def test_a_steady_hum_is_nothing_that_was_said(tmp_path: Path) -> None:
    assert heard_seconds(clip(tmp_path / "clip.webm", 3, hum), LIMITS) == 0


def test_a_whisper_of_noise_is_silence(tmp_path: Path) -> None:
    data = clip(tmp_path / "clip.webm", 3, lambda seconds: spoken(seconds) * 0.02)
    assert heard_seconds(data, LIMITS) == 0


def test_a_clip_without_sound_is_silent(tmp_path: Path) -> None:
    assert heard_seconds(clip(tmp_path / "clip.webm", 1, None), LIMITS) == 0


def test_what_is_too_long_or_broken_is_refused(tmp_path: Path) -> None:
    data = clip(tmp_path / "clip.webm", 3, spoken)
    with pytest.raises(MediaRejected, match="longer than 2"):
        heard_seconds(data, ClipLimits(max_seconds=2))
    with pytest.raises(MediaRejected):
        heard_seconds(data[:40], LIMITS)

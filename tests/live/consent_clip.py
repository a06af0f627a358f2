"""A clip as a person records it on the consent page: turns of the head, and something said."""

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.media.clips import read_frames
from mien.vision.face import BgrImage

HEAD_TURNS = Path(__file__).parents[1] / "media" / "head_turns.mp4"
# In these seconds of it she looks ahead, then to her left, her right, and her left again.
SECONDS = 2.15


def turning(seconds: float = SECONDS) -> list[BgrImage]:
    """The frames of a woman who turns left, right and left; to be played slowly."""
    return [f.image for f in read_frames(HEAD_TURNS) if f.seconds < seconds]


def recorded(path: Path, frames: list[BgrImage], rate: int, speech_s: float = 1.5) -> bytes:
    """A WebM of the frames, with a tone of so many seconds in place of a voice."""
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w") as container:
        video = container.add_stream("libvpx", rate=rate, options={"deadline": "realtime"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.bit_rate = 1_500_000
        audio = container.add_stream("libopus", rate=48_000)
        for image in frames:
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(video.encode(None))
        for start in range(0, int(len(frames) / rate * 48_000), 960):
            times = np.arange(start, start + 960) / 48_000
            loud = 0.2 * ((times > 0.5) & (times < 0.5 + speech_s))
            samples = np.sin(times * 2 * math.pi * 220) * loud * 32_000
            frame = av.AudioFrame.from_ndarray(
                samples.astype(np.int16)[None], format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path.read_bytes()

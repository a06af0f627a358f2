"""Publishes one colour and silence over WHIP with FFmpeg: a program of its own, because PyAV
holds the interpreter's lock while it connects. Arguments: URL, certificate, key and,
where one is needed, a bearer token."""

import sys
import time
from fractions import Fraction

import av
import numpy as np

BGR = (40, 160, 200)


def publish(url: str, options: dict[str, str], seconds: float) -> None:
    with av.open(url, "w", format="whip", options=options) as output:
        video = output.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "bf": "0", "g": "30"}
        video.profile = "Baseline"
        audio = output.add_stream("libopus", rate=48000, layout="stereo")
        image = np.empty((240, 320, 3), np.uint8)
        image[:] = BGR
        for number in range(int(seconds * 30)):
            time.sleep(1 / 30)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            output.mux(video.encode(frame))
            for part in range(number * 1600 // 960, (number + 1) * 1600 // 960):
                output.mux(audio.encode(silence(part * 960)))


def silence(pts: int) -> av.AudioFrame:
    sound = av.AudioFrame(format="s16", layout="stereo", samples=960)
    for plane in sound.planes:
        plane.update(bytes(plane.buffer_size))
    sound.pts, sound.sample_rate = pts, 48000
    return sound


if __name__ == "__main__":
    names = ("cert_file", "key_file", "authorization")
    publish(sys.argv[1], dict(zip(names, sys.argv[2:], strict=False)), 30)

"""GStreamer's webrtcbin, with its RSA certificate, publishes to a peer."""

import asyncio
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.webrtc.harness import LOOPBACK, Recorder, until
from tests.media.webrtc.whip_publisher import BGR

from mien.media.webrtc.peer import Peer

PYTHON = "/usr/bin/python3"
PUBLISHER = str(Path(__file__).parent / "gstreamer_publisher.py")
NEEDED = """
import gi
gi.require_version("Gst", "1.0"); gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst
Gst.init(None)
needed = ("webrtcbin", "nicesrc", "vp8enc", "qtdemux", "h264parse", "opusenc")
assert all(Gst.ElementFactory.find(e) for e in needed)
"""


def has_gstreamer() -> bool:
    if not Path(PYTHON).exists():
        return False
    return subprocess.run([PYTHON, "-c", NEEDED], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        not has_gstreamer(),
        reason="GStreamer is not installed: apt install gstreamer1.0-plugins-good "
        "gstreamer1.0-plugins-bad gstreamer1.0-nice gir1.2-gst-plugins-bad-1.0 python3-gi",
    ),
]


def write_colour(file: str, seconds: int = 20) -> None:
    with av.open(file, "w") as output:
        stream = output.add_stream("libx264", rate=30, options={"g": "30", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.profile = "Baseline"
        image = np.empty((240, 320, 3), np.uint8)
        image[:] = BGR
        for number in range(seconds * 30):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_gstreamer_publishes(codec: str, tmp_path: Path) -> None:
    file = str(tmp_path / "colour.mp4")
    await asyncio.to_thread(write_colour, file)
    listener = Recorder()
    peer = Peer(LOOPBACK, listener)
    program = await asyncio.create_subprocess_exec(
        PYTHON,
        PUBLISHER,
        codec,
        file,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdin is not None and program.stdout is not None
    try:
        async with asyncio.timeout(20):
            offer = (await program.stdout.readuntil(b"\n.\n")).decode().removesuffix(".\n")
        answer = await peer.answer(offer)
        program.stdin.write(answer.replace("\r\n", "\n").encode() + b".\n")
        await program.stdin.drain()
        await until(lambda: len(listener.pictures) >= 10 and len(listener.audio) > 10, 20)
        image = listener.pictures[-1].image
        assert image.shape == (240, 320, 3)
        assert np.abs(image.reshape(-1, 3).mean(0) - BGR).max() < 8
        assert peer.statistics().codec == codec
    finally:
        program.kill()
        await program.wait()
        await peer.close()

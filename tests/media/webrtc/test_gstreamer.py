"""GStreamer's webrtcbin, with its RSA certificate, publishes to a peer."""

import asyncio
import subprocess
from pathlib import Path

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
assert all(Gst.ElementFactory.find(e) for e in ("webrtcbin", "nicesrc", "vp8enc", "opusenc"))
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


async def test_gstreamer_publishes() -> None:
    listener = Recorder()
    peer = Peer(LOOPBACK, listener)
    program = await asyncio.create_subprocess_exec(
        PYTHON, PUBLISHER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
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
        assert peer.statistics().codec == "VP8"
    finally:
        program.kill()
        await program.wait()
        await peer.close()

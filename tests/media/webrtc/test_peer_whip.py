"""FFmpeg's own WHIP muxer publishes to a peer behind the smallest HTTP server that will do."""

import asyncio
import datetime
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mien.media.webrtc.peer import Peer, PeerConfig
from tests.media.webrtc.harness import Recorder, until

BGR = (40, 160, 200)


class WhipServer:
    """POST gives the peer's answer; anything else is 200."""

    def __init__(self, peer: Peer) -> None:
        self.offer = ""
        self._peer = peer
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/whip"

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(x.lower().split(": ", 1) for x in head.split("\r\n")[1:] if ": " in x)
        status, body = "200 OK", b""
        if head.startswith("POST"):
            self.offer = (await reader.readexactly(int(fields["content-length"]))).decode()
            status, body = "201 Created", (await self._peer.answer(self.offer)).encode()
        lines = [f"HTTP/1.1 {status}", "Content-Type: application/sdp", "Location: /whip/1"]
        lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        writer.close()


def make_certificate(folder: Path) -> dict[str, str]:
    """A P-256 certificate: the curve that FFmpeg makes by itself is not known to OpenSSL 4."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "whip")])
    now = datetime.datetime.now(tz=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1).not_valid_before(now)
    certificate = builder.not_valid_after(now + datetime.timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    paths = {"cert_file": folder / "cert.pem", "key_file": folder / "key.pem"}
    paths["cert_file"].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths["key_file"].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return {option: str(path) for option, path in paths.items()}


def publish(url: str, options: dict[str, str], stop: threading.Event) -> None:
    """Publish one colour and silence with FFmpeg until told to stop."""
    with av.open(url, "w", format="whip", options=options) as output:
        video = output.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "bf": "0", "g": "30"}
        video.profile = "Baseline"
        audio = output.add_stream("libopus", rate=48000, layout="stereo")
        image = np.empty((240, 320, 3), np.uint8)
        image[:] = BGR
        for number in range(600):
            if stop.wait(1 / 30):
                break
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            output.mux(video.encode(frame))
            for part in range(number * 1600 // 960, (number + 1) * 1600 // 960):
                sound = av.AudioFrame(format="s16", layout="stereo", samples=960)
                for plane in sound.planes:
                    plane.update(bytes(plane.buffer_size))
                sound.pts, sound.sample_rate = part * 960, 48000
                output.mux(audio.encode(sound))


async def test_ffmpeg_publishes(tmp_path: Path) -> None:
    listener, stop = Recorder(), threading.Event()
    peer = Peer(PeerConfig(loopback=True), listener)
    server = WhipServer(peer)
    options = await asyncio.to_thread(make_certificate, tmp_path)
    async with server as url:
        task = asyncio.create_task(asyncio.to_thread(publish, url, options, stop))
        try:
            await until(lambda: len(listener.pictures) >= 10 and len(listener.audio) > 10, 20)
            image = listener.pictures[-1].image
            assert image.shape == (240, 320, 3)
            assert np.abs(image.reshape(-1, 3).mean(0) - BGR).max() < 8
            assert peer.statistics().codec == "H264"
            assert listener.states == ["connecting", "connected"]
        finally:
            stop.set()
            await asyncio.wait([task], timeout=10)
            await peer.close()
    assert "a=sendonly" in server.offer
    if task.done() and task.exception():
        raise AssertionError("FFmpeg failed") from task.exception()

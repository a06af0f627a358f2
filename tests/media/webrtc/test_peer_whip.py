"""FFmpeg's own WHIP muxer publishes to a peer behind the smallest HTTP server that will do."""

import asyncio
import datetime
import sys
from pathlib import Path

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.media.webrtc.harness import Recorder, until
from tests.media.webrtc.whip_publisher import BGR

from mien.media.webrtc.peer import Peer, PeerConfig

PUBLISHER = str(Path(__file__).parent / "whip_publisher.py")


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


def make_certificate(folder: Path) -> list[str]:
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
    return [str(path) for path in paths.values()]


async def test_ffmpeg_publishes(tmp_path: Path) -> None:
    listener = Recorder()
    peer = Peer(PeerConfig(loopback=True), listener)
    server = WhipServer(peer)
    keys = await asyncio.to_thread(make_certificate, tmp_path)
    async with server as url:
        program = await asyncio.create_subprocess_exec(sys.executable, PUBLISHER, url, *keys)
        try:
            await until(lambda: len(listener.pictures) >= 10 and len(listener.audio) > 10, 30)
            image = listener.pictures[-1].image
            assert image.shape == (240, 320, 3)
            assert np.abs(image.reshape(-1, 3).mean(0) - BGR).max() < 8
            assert peer.statistics().codec == "H264"
            assert listener.states == ["connecting", "connected"]
        finally:
            program.kill()
            await program.wait()
            await peer.close()
    assert "a=sendonly" in server.offer

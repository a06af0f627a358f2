"""aiortc's own peer connection as the other side: quick, and not ours."""

import asyncio
import fractions
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaBlackhole
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
from tests.media.webrtc.harness import LOOPBACK, Echo, make_echo

from mien.media.webrtc.peer import Peer, PeerConfig

BGR = (40, 160, 200)


class ColourTrack(MediaStreamTrack):
    """One colour at 30 fps."""

    kind = "video"

    def __init__(self, width: int = 320, height: int = 240) -> None:
        super().__init__()
        self._image = np.empty((height, width, 3), np.uint8)
        self._image[:] = BGR
        self._count = 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(1 / 30)
        frame = av.VideoFrame.from_ndarray(self._image, format="bgr24")
        frame.pts, frame.time_base = self._count * 3000, fractions.Fraction(1, 90000)
        self._count += 1
        return frame


class Client:
    """Publishes a colour and silence, and keeps what comes back."""

    def __init__(self, *, video: bool = True, audio: bool = True, data: bool = True) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.frames: list[av.VideoFrame] = []
        self.messages: list[str] = []
        self.channel: RTCDataChannel | None = None
        self._sink = MediaBlackhole()
        self._tasks: list[asyncio.Task[None]] = []
        if video:
            self.connection.addTrack(ColourTrack())
        if audio:
            self.connection.addTrack(AudioStreamTrack())
        if data:
            self.channel = self.connection.createDataChannel("events")
            self.channel.on("message", self.messages.append)
        self.connection.on("track", self._on_track)

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await self._sink.start()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._sink.stop()
        await self.connection.close()

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._sink.addTrack(track)
        else:
            self._tasks.append(asyncio.create_task(self._collect(track)))

    async def _collect(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, av.VideoFrame)
            self.frames = [*self.frames[-9:], frame]


@asynccontextmanager
async def connected(
    config: PeerConfig = LOOPBACK, **media: bool
) -> AsyncIterator[tuple[Client, Peer, Echo]]:
    """A client joined to an echoing peer; both are closed at the end."""
    client = Client(**media)
    peer, echo = make_echo(replace(config, loopback=True))
    try:
        await client.accept(await peer.answer(await client.offer()))
        yield client, peer, echo
    finally:
        await client.close()
        await peer.close()

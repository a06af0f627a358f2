"""A client as a browser would be: it publishes a clip and a tone, and keeps what comes back."""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError

from mien.vision.face import BgrImage

MEDIA = Path(__file__).parents[1] / "media"
CLIP = MEDIA / "head_turns.mp4"
SAMPLES = 960
FPS = 20

Join = Callable[[str], Awaitable[str]]


def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have clients of this process use 127.0.0.1, which aioice leaves out."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


def clip_frames(path: Path = CLIP, most: int = 80) -> list[BgrImage]:
    with av.open(str(path)) as clip:
        frames = itertools.islice(clip.decode(video=0), most)
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in frames]


class Camera(VideoStreamTrack):
    """Plays frames there and back, FPS a second, until it is covered."""

    def __init__(self, frames: list[BgrImage]) -> None:
        super().__init__()
        self._frames = frames + frames[::-1]
        self._shown = 0
        self._begun = time.monotonic()
        self.covered = False

    async def recv(self) -> av.VideoFrame:
        due = self._begun + self._shown / FPS
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        while self.covered:  # noqa: ASYNC110  a test's pace
            await asyncio.sleep(0.05)
        self._shown = max(self._shown + 1, int((time.monotonic() - self._begun) * FPS))
        frame = av.VideoFrame.from_ndarray(
            self._frames[self._shown % len(self._frames)], format="bgr24"
        )
        frame.pts, frame.time_base = self._shown * 90_000 // FPS, Fraction(1, 90_000)
        return frame


class Microphone(MediaStreamTrack):
    """A tone of 440 Hz."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._begun = time.monotonic()
        self._sent = 0

    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(max(0.0, self._begun + self._sent * 0.02 - time.monotonic()))
        at = (np.arange(SAMPLES) + self._sent * SAMPLES) / 48_000
        tone = (8000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        frame.pts = self._sent * SAMPLES
        self._sent += 1
        return frame


class Client:
    """One RTCPeerConnection; pictures and loudness of what came, messages of the channel."""

    def __init__(self, camera: Camera | None, microphone: Microphone | None = None) -> None:
        self.camera = camera
        self.messages: list[dict[str, Any]] = []
        self.picture: BgrImage | None = None
        self.pictures = 0
        self.loudness = 0.0
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.on("track", self._on_track)
        self._tasks: list[asyncio.Task[None]] = []
        self._add("video", camera)
        self._add("audio", microphone)
        self._channel = self._connection.createDataChannel("events")
        self._channel.on("message", self._on_text)

    async def join(self, answer: Join) -> None:
        await self._connection.setLocalDescription(await self._connection.createOffer())
        sdp = await answer(self._connection.localDescription.sdp)
        await self._connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    def send(self, message: dict[str, Any]) -> None:
        self._channel.send(json.dumps(message))

    def heard(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    def states(self) -> list[str]:
        return [message["state"] for message in self.heard("state")]

    def figures(self) -> dict[str, Any]:
        return self.heard("statistics")[-1]

    def __repr__(self) -> str:
        line = self._connection
        state = f"{line.connectionState}, ICE {line.iceConnectionState}"
        return f"Client({state}, {self.pictures} pictures, heard {self.messages[-3:]})"

    @property
    def was_hung_up(self) -> bool:
        return self._connection.connectionState == "closed"

    async def close(self) -> None:
        await self._connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _add(self, kind: str, track: MediaStreamTrack | None) -> None:
        if track is None:
            self._connection.addTransceiver(kind, direction="recvonly")
        else:
            self._connection.addTrack(track)

    def _on_text(self, text: str) -> None:
        message = json.loads(text)
        if message["type"] != "ping":
            self.messages.append(message)

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.create_task(self._watch(track)))

    async def _watch(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, av.VideoFrame):
                self.picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                self.pictures += 1
            elif isinstance(frame, av.AudioFrame):
                self.loudness = float(np.abs(frame.to_ndarray()).mean())


async def until(
    condition: Callable[[], object],
    within_s: float = 45.0,
    about: Callable[[], object] = lambda: "",
) -> None:
    """Wait until it holds; fail when it doesn't in time, and tell about it.

    The time is one that only something stuck takes: a busy machine is late, not wrong.
    """
    try:
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110  no event tells
                await asyncio.sleep(0.02)
    except TimeoutError as error:
        raise AssertionError(f"Not within {within_s} s. {about()}") from error

"""Listeners and a Chromium page for tests of the peer connection."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from mien.bench.network import SCRIPT as SCRIPT
from mien.bench.page import Page
from mien.errors import MediaRejected
from mien.media.webrtc.peer import AudioPacket, Peer, PeerConfig, VideoPicture

LOOPBACK = PeerConfig(loopback=True)


class Recorder:
    """Keeps what a peer tells it."""

    def __init__(self) -> None:
        self.pictures: list[VideoPicture] = []
        self.audio: list[AudioPacket] = []
        self.messages: list[Mapping[str, Any]] = []
        self.states: list[str] = []
        self.refused: list[MediaRejected] = []

    def on_video(self, picture: VideoPicture) -> None:
        self.pictures = [*self.pictures[-9:], picture]

    def on_audio(self, packet: AudioPacket) -> None:
        self.audio.append(packet)

    def on_message(self, message: Mapping[str, Any]) -> None:
        self.messages.append(message)

    def on_state(self, state: str) -> None:
        self.states.append(state)

    def on_refused(self, error: MediaRejected) -> None:
        self.refused.append(error)


class Echo(Recorder):
    """Sends everything back to where it came from."""

    def __init__(self) -> None:
        super().__init__()
        self.peer: Peer | None = None

    def on_video(self, picture: VideoPicture) -> None:
        super().on_video(picture)
        if self.peer is not None:
            self.peer.send_video(picture)

    def on_audio(self, packet: AudioPacket) -> None:
        super().on_audio(packet)
        if self.peer is not None:
            self.peer.send_audio(packet)


def make_echo(config: PeerConfig = LOOPBACK) -> tuple[Peer, Echo]:
    """A peer that sends back what it gets."""
    listener = Echo()
    peer = Peer(config, listener)
    listener.peer = peer
    return peer, listener


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait until the condition holds; fail when it doesn't in time."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - any condition, not an event of ours
            await asyncio.sleep(0.02)


async def join(page: Page, peer: Peer, **options: Any) -> str:
    """Have the page publish and play through the peer; returns the answer."""
    await page.evaluate(SCRIPT)
    offer = await page.evaluate(f"offer({json.dumps(options)})")
    answer = await peer.answer(offer)
    await page.evaluate(f"accept({json.dumps(answer)})")
    return answer

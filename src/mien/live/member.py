"""One peer on a live stream, and what it brings."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from mien.errors import MediaRejected
from mien.live.placement import PeerKind
from mien.media.webrtc.peer import AudioPacket, Peer, VideoPicture

log = structlog.get_logger()


class Host(Protocol):
    """Whom a member hands on to what comes from its peer."""

    def picture_came(self, member: "Member", picture: VideoPicture) -> None:
        """A camera's picture came."""

    def sound_came(self, member: "Member", packet: AudioPacket) -> None:
        """A microphone's packet came."""

    def gone(self, member: "Member") -> None:
        """The peer is gone."""

    def label_told(self, member: "Member") -> None:
        """The peer has said whether it draws the label."""


@dataclass(eq=False)
class Member:
    """A peer on the stream; its listener. Who joined later has the higher number."""

    host: Host
    number: int
    kind: PeerKind
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    peer: Peer = field(init=False)
    greeted: bool = False
    told: set[str] = field(default_factory=set)
    draws_label: bool = False

    @property
    def receives(self) -> bool:
        """Whether the swapped stream is sent to it."""
        return self.kind != "whip"

    @property
    def may_publish(self) -> bool:
        """Whether its camera may be the stream's."""
        return self.kind != "whep"

    def on_video(self, picture: VideoPicture) -> None:
        """Hand a camera's picture to the stream."""
        self.host.picture_came(self, picture)

    def on_audio(self, packet: AudioPacket) -> None:
        """Hand a microphone's packet to the stream."""
        self.host.sound_came(self, packet)

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Whether its page draws the label; the peer answers heartbeats itself."""
        if message.get("type") == "label-drawn":
            self.draws_label = message.get("drawn") is True
            self.host.label_told(self)

    def on_state(self, state: str) -> None:
        """Let go of a peer that is gone."""
        if state in ("disconnected", "closed"):
            self.host.gone(self)

    def on_refused(self, error: MediaRejected) -> None:
        """Tell the one who sends what the policy doesn't allow."""
        self.peer.send_message({"type": "refused", "text": str(error)})
        log.warning("stream.media_refused", peer=self.id, error=str(error))

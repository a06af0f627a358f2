"""Where a session runs: the seam between the session's life and the process that carries it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol

from mien.live.agora_seat import AgoraSeat
from mien.trust.marking import Marking
from mien.trust.sealed_file import SealedPath
from mien.trust.strictness import LostFaceMode

PeerKind = Literal["join", "whip", "whep"]


class EndReason(StrEnum):
    """Why a station stopped carrying its session."""

    CLOSED = "closed"
    PEER_LEFT = "peer_left"
    WORKER_LOST = "worker_lost"
    DRAINED = "drained"


@dataclass(frozen=True)
class SessionBrief:
    """What a process must know to carry a session.

    marking and record_to hold secret keys and agora a certificate, which their reprs do not show;
    nothing else is secret. agora: where the session goes over that network.
    statement: what the server says of it at its start, signed. shape: 0..1, how far faces take the
    source's shape.
    """

    session_id: str
    channel_id: str
    quality: int
    front_uid: int
    algorithm_uid: int
    marking: Marking
    lost_face: LostFaceMode = "blur"
    tenant_id: str = ""
    agora: AgoraSeat | None = None
    record_to: SealedPath | None = None
    statement: str = ""
    shape: float = 1.0


@dataclass(frozen=True)
class Offer:
    """One peer's SDP offer, and what the peer is: both ways, publisher or viewer."""

    kind: PeerKind
    sdp: str
    ice_servers: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class PeerAnswer:
    """The SDP answer and the id under which the peer can be patched or hung up."""

    peer_id: str
    sdp: str


@dataclass(frozen=True)
class Capacity:
    """Measured room: sessions that run now, and how many could run at once."""

    live: int
    limit: int

    @property
    def free(self) -> int:
        """Sessions that can still be placed."""
        return max(0, self.limit - self.live)


class Station(Protocol):
    """One session's process, seen from the API process. Calls raise MienError subclasses.

    gone is done when the process has ended and writes nothing any more.
    statistics["peers"] is how many peers are connected or connecting, as of now. statement is the
    newest signed one.
    """

    brief: SessionBrief
    ended: asyncio.Future[EndReason]
    gone: asyncio.Future[Any]
    statistics: Mapping[str, Any]
    statement: str

    async def join(self, offer: Offer) -> PeerAnswer:
        """Answer an offer. Raises MediaRejected, or NoCapacity when the process is gone."""

    async def trickle(self, peer_id: str, fragment: str) -> None:
        """Add the remote candidates of a trickle-ice-sdpfrag. Raises NotFound, MediaRejected."""

    async def hang_up(self, peer_id: str) -> None:
        """End one peer. Raises NotFound."""

    async def change_source(self, source: bytes) -> None:
        """Swap in another prepared face at the next frame."""

    async def halt(self, halted: bool) -> None:
        """Show a card instead of every picture, without sound, until told otherwise."""

    async def hand_on(self, statement: str) -> None:
        """Tell everybody on the stream what the server now says of it, signed."""

    async def look(self) -> bytes:
        """A small JPEG of the camera's newest picture; empty where none came since the last."""

    async def snapshot(self) -> bytes:
        """The newest picture that was sent, as JPEG. Raises NotFound where there is none yet."""

    async def close(self) -> None:
        """End the session; idempotent."""


class Placement(Protocol):
    """Hands out stations."""

    async def start(self) -> None:
        """Warm the pool."""

    async def stop(self, within_s: float) -> None:
        """End every station, then every process."""

    async def place(self, brief: SessionBrief, source: bytes) -> Station:
        """Give the session a process and its prepared face. Raises NoCapacity."""

    def capacity(self) -> Capacity:
        """The room there is, as measured now."""

"""Everybody on a stream: who they are, what they are sent, and what they have been told."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mien.errors import NotFound, TooFrequent
from mien.live.figures import line_figures
from mien.live.member import Member
from mien.media.webrtc.broadcast import Broadcast
from mien.media.webrtc.peer import AudioPacket, VideoPicture
from mien.trust.label import CARD_SECONDS
from mien.trust.wording import Wording

MOST_PEERS = 16
# Bits a second that a line is taken to carry until it is measured.
USUAL_BITRATE = 1_000_000.0

TEXTS = {
    "waiting": "Waiting for the camera.",
    "preparing": "Preparing the face.",
    "swapping": "Live.",
    "no_face": "No face in the picture.",
    "camera_lost": "No pictures come from the camera. Is it covered by another program?",
    "closing": "The session ends.",
    "halted": "The operator has stopped this picture.",
}


class Audience:
    """The members of a stream; the publisher among them. For the event loop alone.

    label: what pages are asked to draw; None where they are not.
    """

    def __init__(
        self, algorithm_uid: int, clock: Callable[[], float], label: Wording | None = None
    ) -> None:
        self.state = "waiting"
        self._algorithm_uid = algorithm_uid
        self._statement = ""
        self._label = label
        self._members: dict[str, Member] = {}
        self._published: list[str] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._broadcast = Broadcast(clock)

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        return iter(tuple(self._members.values()))

    def __contains__(self, member: Member) -> bool:
        return member.id in self._members

    def find(self, peer_id: str) -> Member:
        """The member with this id. Raises NotFound."""
        if peer_id not in self._members:
            raise NotFound("There is no such peer; it may have left.")
        return self._members[peer_id]

    def require_room(self) -> None:
        """Raises TooFrequent when nobody more can join."""
        if len(self._members) >= MOST_PEERS:
            raise TooFrequent(f"The session has {MOST_PEERS} peers already", "let one leave first.")

    def add(self, member: Member) -> None:
        """Take somebody in."""
        self._members[member.id] = member

    def begin(self, member: Member) -> None:
        """Send it the stream, once its offer is answered."""
        sender = member.peer.video_out
        if member in self and member.receives and sender is not None:
            self._broadcast.add(sender)

    def let_go(self, member: Member) -> bool:
        """Close a member's peer in the background; False when it has left already."""
        if self._members.pop(member.id, None) is None:
            return False
        if member.peer.video_out is not None:
            self._broadcast.remove(member.peer.video_out)
        task = asyncio.create_task(member.peer.close())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        return True

    def leaving(self) -> list[asyncio.Task[None]]:
        """The peers that are still being closed."""
        return list(self._leaving)

    async def close(self) -> None:
        """End what is encoded; let everybody go before."""
        await self._broadcast.close()

    def show(self, picture: VideoPicture) -> float:
        """Send a picture to all who receive; the ms that encoding takes at the slowest."""
        self._broadcast.put(picture)
        self._publish("video")
        return max((m.peer.statistics().encode_ms for m in self if m.receives), default=0.0)

    def play(self, packet: AudioPacket) -> None:
        """Send a packet of sound to all who receive."""
        for member in self:
            if member.receives:
                member.peer.send_audio(packet)

    def expect_sound(self) -> None:
        """Sound is on its way: pages may subscribe to it."""
        self._publish("audio")

    def set_state(self, state: str) -> None:
        """Say what the stream is doing, once."""
        if state == self.state:
            return
        self.state = state
        for member in self._greeted():
            member.peer.send_message(self._state_message())

    def set_statement(self, statement: str) -> None:
        """Say what the server has signed, and say it again to whoever comes."""
        self._statement = statement
        for member in self._greeted():
            member.peer.send_message(self._statement_message())

    def inform(self) -> None:
        """Tell pages what they have not heard yet, in the order they expect; call often."""
        for member in self:
            if member.peer.can_message:
                self._inform(member)

    def report(self, figures: Mapping[str, Any]) -> None:
        """Send everybody the stream's figures with those of their own line."""
        for member in self._greeted():
            line = line_figures(member.peer.statistics())
            member.peer.send_message({"type": "statistics", **figures, **line})

    @property
    def draws_label(self) -> bool:
        """Whether everybody who is sent the stream has said that he draws the label."""
        receivers = [member for member in self if member.receives]
        return bool(receivers) and all(member.draws_label for member in receivers)

    def narrowest_line(self) -> float:
        """Bits a second of the slowest line: everybody gets the same picture."""
        lines = [m.peer.statistics().bitrate_out for m in self]
        return min((line for line in lines if line > 0), default=USUAL_BITRATE)

    def _greeted(self) -> list[Member]:
        """Who is not among them hears the rest with the greeting, after who is there."""
        return [member for member in self if member.greeted]

    def _publish(self, media: str) -> None:
        if media not in self._published:
            self._published.append(media)

    def _inform(self, member: Member) -> None:
        about = {"uid": self._algorithm_uid}
        if not member.greeted:
            member.greeted = True
            member.peer.send_message({"type": "user-joined", **about})
            member.peer.send_message(self._state_message())
            if self._statement:
                member.peer.send_message(self._statement_message())
            if self._label:
                words = {"badge": self._label.badge, "short": self._label.short}
                card = {"card": self._label.card, "card_s": CARD_SECONDS}
                member.peer.send_message({"type": "label", **about, **words, **card})
        for media in ("video", "audio"):
            if media in self._published and media not in member.told:
                member.told.add(media)
                member.peer.send_message({"type": "user-published", **about, "media": media})

    def _statement_message(self) -> dict[str, Any]:
        return {"type": "statement", "uid": self._algorithm_uid, "statement": self._statement}

    def _state_message(self) -> dict[str, str]:
        return {"type": "state", "state": self.state, "text": TEXTS[self.state]}

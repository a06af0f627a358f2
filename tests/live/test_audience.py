"""Who is on a stream and what they are told; media goes over real peers in test_stream_peers.py."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from mien.errors import NotFound, TooFrequent
from mien.live.audience import MOST_PEERS, Audience
from mien.live.member import Member
from mien.live.placement import PeerKind
from mien.media.webrtc.peer import AudioPacket, Peer, PeerConfig, VideoPicture
from mien.trust.wording import wording_of


class Line(Peer):
    """A peer whose data channel is a list."""

    def __init__(self, member: Member) -> None:
        super().__init__(PeerConfig(), member)
        self.said: list[Mapping[str, Any]] = []
        self.open = True

    @property
    def can_message(self) -> bool:
        return self.open

    def send_message(self, message: Mapping[str, Any]) -> None:
        if self.open:
            self.said.append(message)


class House:
    """Hears what members bring."""

    def __init__(self) -> None:
        self.left: list[Member] = []

    def picture_came(self, member: Member, picture: VideoPicture) -> None: ...

    def sound_came(self, member: Member, packet: AudioPacket) -> None: ...

    def label_told(self, member: Member) -> None: ...

    def gone(self, member: Member) -> None:
        self.left.append(member)


def join(audience: Audience, number: int, kind: PeerKind = "join") -> tuple[Member, Line]:
    member = Member(House(), number, kind)
    line = Line(member)
    member.peer = line
    audience.add(member)
    return member, line


async def test_a_page_is_greeted_before_it_hears_anything_else() -> None:
    audience = Audience(7, time.monotonic)
    _, line = join(audience, 1)
    audience.set_state("preparing")
    audience.report({"peers": 1})
    assert line.said == []
    audience.expect_sound()
    audience.inform()
    audience.inform()
    assert [(m["type"], m.get("uid"), m.get("media")) for m in line.said] == [
        ("user-joined", 7, None),
        ("state", None, None),
        ("user-published", 7, "audio"),
    ]
    audience.set_state("swapping")
    audience.set_state("swapping")
    audience.report({"peers": 1})
    assert [m["type"] for m in line.said[3:]] == ["state", "statistics"]
    assert line.said[3]["text"] == "Live."


async def test_what_the_server_signed_is_told_at_the_greeting_and_when_it_is_renewed() -> None:
    audience = Audience(7, time.monotonic)
    audience.set_statement("first")
    _, line = join(audience, 1)
    _, late = join(audience, 2)
    late.open = False
    audience.inform()
    audience.set_statement("second")
    late.open = True
    audience.inform()

    def told(line: Line) -> list[Mapping[str, Any]]:
        return [message for message in line.said if message["type"] == "statement"]

    first, second = ({"type": "statement", "uid": 7, "statement": s} for s in ("first", "second"))
    assert told(line) == [first, second]
    assert told(late) == [second]
    assert [message["type"] for message in late.said] == ["user-joined", "state", "statement"]


async def test_a_page_whose_channel_opens_late_misses_nothing() -> None:
    audience = Audience(7, time.monotonic)
    _, line = join(audience, 1)
    line.open = False
    audience.set_state("swapping")
    audience.expect_sound()
    audience.inform()
    line.open = True
    audience.inform()
    assert [m["type"] for m in line.said] == ["user-joined", "state", "user-published"]
    assert line.said[1]["state"] == "swapping"


async def test_members_are_found_and_let_go_once() -> None:
    audience = Audience(7, time.monotonic)
    member, _ = join(audience, 1)
    assert audience.find(member.id) is member
    assert member in audience and len(audience) == 1
    assert audience.let_go(member)
    assert not audience.let_go(member)
    assert member not in audience
    with pytest.raises(NotFound):
        audience.find(member.id)
    for task in audience.leaving():
        await task
    assert audience.leaving() == []


async def test_there_is_room_for_so_many() -> None:
    audience = Audience(7, time.monotonic)
    for number in range(MOST_PEERS):
        audience.require_room()
        join(audience, number)
    with pytest.raises(TooFrequent):
        audience.require_room()


def test_who_sends_and_who_receives() -> None:
    house = House()
    members = {kind: Member(house, 1, kind) for kind in ("join", "whip", "whep")}
    assert [members[kind].receives for kind in members] == [True, False, True]
    assert [members[kind].may_publish for kind in members] == [True, True, False]


def drawn(audience: Audience) -> bool:
    """Asked anew each time, which a type checker doesn't expect of a property."""
    return audience.draws_label


async def test_the_label_is_drawn_by_clients_when_all_who_see_it_say_so() -> None:
    audience = Audience(7, time.monotonic, wording_of("de"))
    assert not drawn(audience), "nobody is there"
    first, line = join(audience, 1)
    audience.inform()
    [asked] = [message for message in line.said if message["type"] == "label"]
    assert (asked["uid"], asked["badge"], asked["short"]) == (7, "KI-VERÄNDERT", "KI")
    assert asked["card"] == "Dieses Bild wurde mit KI verändert"
    assert asked["card_s"] >= 2
    assert not drawn(audience)
    first.on_message({"type": "label-drawn", "drawn": "yes"})
    assert not drawn(audience)
    first.on_message({"type": "label-drawn", "drawn": True})
    assert drawn(audience)
    join(audience, 2, "whip")
    assert drawn(audience), "who only publishes sees nothing"
    player, _ = join(audience, 3, "whep")
    assert not drawn(audience), "a player has no page of ours"
    audience.let_go(player)
    first.on_message({"type": "label-drawn", "drawn": False})
    assert not drawn(audience)


async def test_without_such_a_policy_nobody_is_asked_to_draw() -> None:
    audience = Audience(7, time.monotonic)
    _, line = join(audience, 1)
    audience.inform()
    assert "label" not in {message["type"] for message in line.said}

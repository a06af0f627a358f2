import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from mien.errors import MediaRejected, MienError, PayloadTooLarge, ProcessLost, TooFrequent
from mien.live.wire import HEADER, JSON_BYTES, REQUESTS_AT_ONCE, UNSENT_BYTES, Message, Wire


class Far:
    """The other end: what it was told, and answers to a few calls."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Mapping[str, Any]]] = []
        self.cancelled = asyncio.Event()

    async def answer(self, call: str, message: Message) -> Message:
        if call == "echo":
            await asyncio.sleep(message.body.get("after", 0))
            return Message(message.body, message.blob[::-1])
        if call == "reject":
            raise MediaRejected("No codec fits", "offer VP8.")
        if call == "hang":
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        raise ZeroDivisionError("a defect")

    def hear(self, event: str, body: Mapping[str, Any]) -> None:
        self.heard.append((event, body))


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.fixture
async def ends(far: Far) -> AsyncIterator[tuple[Wire, Wire]]:
    ours, theirs = socket.socketpair()
    near = await Wire.over(ours, far.answer, far.hear)
    away = await Wire.over(theirs, far.answer, far.hear)
    yield near, away
    await near.close()
    await away.close()


async def test_a_call_brings_back_its_body_and_bytes(ends: tuple[Wire, Wire]) -> None:
    answer = await ends[0].call("echo", {"x": [1, "ä"]}, b"abc")
    assert answer == Message({"x": [1, "ä"]}, b"cba")


async def test_megabytes_pass_both_ways(ends: tuple[Wire, Wire]) -> None:
    blob = bytes(range(256)) * 40_000
    answer = await ends[0].call("echo", {}, blob)
    assert answer.blob == blob[::-1]


async def test_answers_find_their_own_requests(ends: tuple[Wire, Wire]) -> None:
    calls = [ends[n % 2].call("echo", {"n": n, "after": (20 - n) / 400}) for n in range(20)]
    assert [answer.body["n"] for answer in await asyncio.gather(*calls)] == list(range(20))


async def test_an_error_comes_back_as_its_own_class(ends: tuple[Wire, Wire]) -> None:
    with pytest.raises(MediaRejected) as caught:
        await ends[0].call("reject")
    assert (caught.value.what, caught.value.advice) == ("No codec fits", "offer VP8.")


async def test_a_defect_comes_back_without_its_text(ends: tuple[Wire, Wire]) -> None:
    with pytest.raises(MienError) as caught:
        await ends[0].call("defect")
    assert type(caught.value) is MienError
    assert "a defect" not in str(caught.value)


@pytest.mark.parametrize("name", ["annotations", "ANSWERS", "dataclass", "nothing", "Answer"])
async def test_only_errors_of_the_table_are_revived(name: str) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        wire = await Wire.over(ours, Far().answer, Far().hear)
        call = asyncio.create_task(wire.call("x"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        text = f'{{"id": 1, "error": "{name}", "what": "t", "advice": ""}}'.encode()
        theirs.sendall(HEADER.pack(len(text), 0) + text)
        with pytest.raises(MienError) as caught:
            await call
        assert type(caught.value) is MienError
        await wire.close()


async def test_a_slow_answer_fails_and_is_given_up_on(ends: tuple[Wire, Wire], far: Far) -> None:
    with pytest.raises(ProcessLost, match="hang"):
        await ends[0].call("hang", within_s=0.05)
    await asyncio.wait_for(far.cancelled.wait(), 1)
    assert (await ends[0].call("echo", {"still": 1})).body == {"still": 1}


async def test_when_the_other_end_goes_all_that_is_pending_fails(ends: tuple[Wire, Wire]) -> None:
    calls = [asyncio.create_task(ends[0].call("hang", within_s=30)) for _ in range(5)]
    await asyncio.sleep(0.05)
    await ends[1].close()
    outcomes = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 1)
    assert [type(outcome) for outcome in outcomes] == [ProcessLost] * 5
    await asyncio.wait_for(ends[0].closed.wait(), 1)
    with pytest.raises(ProcessLost):
        await ends[0].call("echo")
    assert ends[0].tell("late") is False


async def test_events_arrive_in_order(ends: tuple[Wire, Wire], far: Far) -> None:
    assert all(ends[0].tell("tick", {"n": n}) for n in range(5))
    await ends[0].call("echo")
    assert far.heard == [("tick", {"n": n}) for n in range(5)]


async def test_events_to_an_end_that_does_not_read_are_dropped() -> None:
    ours, theirs = socket.socketpair()
    wire = await Wire.over(ours, Far().answer, Far().hear)
    body = {"text": "x" * 100_000}
    sent = sum(wire.tell("noise", body) for _ in range(100))
    assert 0 < sent <= 2 + 2 * UNSENT_BYTES // 100_000
    theirs.close()
    await wire.close()


async def test_requests_at_once_have_a_bound(ends: tuple[Wire, Wire]) -> None:
    calls = [ends[0].call("echo", {"after": 0.2}) for _ in range(REQUESTS_AT_ONCE + 3)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(outcome, TooFrequent) for outcome in outcomes) == 3


async def test_a_message_above_the_limit_is_not_sent(ends: tuple[Wire, Wire]) -> None:
    with pytest.raises(PayloadTooLarge):
        await ends[0].call("echo", {"x": "x" * JSON_BYTES})
    assert (await ends[0].call("echo", {"fine": 1})).body == {"fine": 1}


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff" * 64,
        struct.pack("!II", 3, 0) + b"abc",
        struct.pack("!II", 2, 0) + b"[]",
        struct.pack("!II", 9, 0) + b"{",
    ],
)
async def test_garbage_ends_the_wire_and_nothing_else(garbage: bytes) -> None:
    ours, theirs = socket.socketpair()
    wire = await Wire.over(ours, Far().answer, Far().hear)
    theirs.sendall(garbage)
    theirs.close()
    await asyncio.wait_for(wire.closed.wait(), 1)
    await wire.close()

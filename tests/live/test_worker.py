import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.live.camera_client import Client, only_loopback, until

from mien.errors import MediaRejected, MienError, NotFound, ParameterError, SourceRejected
from mien.live.child import Child
from mien.trust.marking import Marking

# Starting a worker takes seconds: one serves the tests that leave it alive.
pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFIG = {
    "camera_timeout_s": 10.0,
    "cores": 2,
    "measure": False,
    "peer": {"loopback": True, "udp_ports": None},
}
MARKING = Marking(bytes(32), 5)
BRIEF = {
    "quality": 2,
    "lost_face": "blur",
    "shape": 1.0,
    "algorithm_uid": 3,
    "marking": MARKING.as_json(),
    "statement": "e30.e30.AA",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker() -> AsyncIterator[Child]:
    child = await Child.start("mien.live.worker", CONFIG)
    yield child
    await child.stop(0)


async def test_what_it_does_not_know_it_refuses(worker: Child) -> None:
    with pytest.raises(ParameterError, match="dance"):
        await worker.call("dance")


async def test_before_it_carries_a_session_nobody_joins(worker: Child) -> None:
    assert worker.ready == {}
    for call, body in (
        ("join", {"kind": "join", "sdp": "v=0", "ice_servers": []}),
        ("trickle", {"peer_id": "x", "fragment": ""}),
        ("hang_up", {"peer_id": "x"}),
        ("change_source", {}),
    ):
        with pytest.raises(NotFound):
            await worker.call(call, body)


async def test_a_session_whose_frames_would_not_be_labelled_is_refused(worker: Child) -> None:
    marking = {**MARKING.as_json(), "language": "tlh"}
    with pytest.raises(ParameterError, match="no label"):
        await worker.call("carry", {**BRIEF, "marking": marking})


async def test_it_carries_one_session_only(worker: Child) -> None:
    await worker.call("carry", BRIEF)
    with pytest.raises(ParameterError):
        await worker.call("carry", BRIEF)


async def test_its_errors_are_those_of_the_table(worker: Child) -> None:
    with pytest.raises(MediaRejected):
        await worker.call("join", {"kind": "join", "sdp": "garbage", "ice_servers": []})
    with pytest.raises(SourceRejected):
        await worker.call("change_source", {}, b"no face")
    with pytest.raises(MienError):
        await worker.call("join", {})
    assert worker.alive


async def test_it_tells_its_figures_every_second(worker: Child) -> None:
    heard: list[tuple[str, Any]] = []
    worker.on_event = lambda event, body: heard.append((event, body))
    await until(lambda: len(heard) >= 2, 10)
    assert {event for event, _ in heard} == {"statistics"}
    figures = heard[-1][1]
    assert (figures["state"], figures["peers"], figures["fps_in"]) == ("waiting", 0, 0.0)
    assert 50 < figures["memory_mb"] < 400
    assert 0 <= figures["cpu_share"] < 2


async def test_its_threads_are_few(worker: Child) -> None:
    # The event loop, track, render, one that started things; libraries none.
    assert len(os.listdir(f"/proc/{worker.pid}/task")) <= 6


async def test_told_to_end_it_says_goodbye_and_ends(
    worker: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_loopback(monkeypatch)
    client = Client(None)

    async def answer(sdp: str) -> str:
        # A TURN server that is not there must not hold the answer up.
        turn = {"urls": "turn:127.0.0.1:9", "username": "u", "credential": "c"}
        body = {"kind": "join", "sdp": sdp, "ice_servers": [turn]}
        return str((await worker.call("join", body)).body["sdp"])

    await client.join(answer)
    await until(lambda: client.heard("user-joined"))
    begin = time.monotonic()
    await worker.stop(5)
    assert worker.ended.result() == 0
    assert time.monotonic() - begin < 4
    await until(lambda: client.states()[-1] == "closing")
    await client.close()


async def test_a_worker_goes_when_its_parent_hangs_up() -> None:
    child = await Child.start("mien.live.worker", CONFIG)
    assert child._wire is not None
    await child._wire.close()
    assert await asyncio.wait_for(child.ended, 10) == 0
    assert not Path(f"/proc/{child.pid}").exists()  # noqa: ASYNC240
    await child.stop(0)

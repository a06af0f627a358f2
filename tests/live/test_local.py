import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.live.camera_client import Camera, Client, clip_frames, only_loopback, until

from mien.errors import MediaRejected, NoCapacity, NotFound, SourceRejected
from mien.live.capacity import GUESSED_CPU_MS
from mien.live.local import LocalPlacement, LocalStation
from mien.live.placement import EndReason, Offer, Placement, SessionBrief, Station
from mien.models.cores import usable_cores
from mien.settings import IceSettings, Settings, SwapSettings
from mien.trust.marking import Marking

Open = Callable[..., Awaitable[LocalPlacement]]


def settings(**changes: Any) -> Settings:
    return Settings(ice=IceSettings(loopback=True), **{"max_sessions": 2, **changes})


def brief(name: str = "one") -> SessionBrief:
    return SessionBrief(name, f"channel-{name}", 2, 1, 3, Marking(bytes(32), 5))


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


async def join(station: Station, client: Client) -> str:
    ids: list[str] = []

    async def answer(sdp: str) -> str:
        answered = await station.join(Offer("join", sdp))
        ids.append(answered.peer_id)
        return answered.sdp

    await client.join(answer)
    return ids[0]


async def go_live(station: Station, camera: Camera | None, pictures: int) -> Client:
    """A client that has been shown more pictures than these.

    It comes back once when it was hung up, as pages do: where this process stands still for three
    seconds, because the machine is busy, it is rightly taken for dead.
    """
    for _ in range(2):
        client = Client(camera)
        await join(station, client)
        await until(
            lambda: client.pictures > pictures or client.was_hung_up,  # noqa: B023  done with here
            about=lambda: (client, station.statistics),  # noqa: B023
        )
        if not client.was_hung_up:
            return client
        await client.close()
    raise AssertionError(f"Hung up twice. {station.statistics}")


async def stay_live(station: Station, client: Client, pictures: int) -> Client:
    """The client once it was shown so many more pictures, or who came for it as in `go_live`."""
    seen = client.pictures
    await until(
        lambda: client.pictures > seen + pictures or client.was_hung_up,
        about=lambda: (client, station.statistics),
    )
    if not client.was_hung_up:
        return client
    await client.close()
    return await go_live(station, client.camera, pictures)


@pytest.fixture
async def open_placement(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    only_loopback(monkeypatch)
    opened: list[LocalPlacement] = []

    async def open_one(**changes: Any) -> LocalPlacement:
        placement = LocalPlacement(settings(**changes))
        opened.append(placement)
        await placement.start()
        return placement

    yield open_one
    for placement in opened:
        await placement.stop(0)


async def test_a_killed_worker_ends_its_session_alone_and_the_client_is_live_again_at_once(
    open_placement: Open,
) -> None:
    placement: Placement = await open_placement(warm_workers=1)
    first, second = [await placement.place(brief(name), b"") for name in ("one", "two")]
    assert isinstance(first, LocalStation)
    assert isinstance(second, LocalStation)
    assert placement.capacity().free == 0
    with pytest.raises(NoCapacity):
        await placement.place(brief("three"), b"")
    camera = Camera(clip_frames())
    client, bystander = await go_live(first, camera, 2), await go_live(second, camera, 2)
    assert first.statistics["peers"] == 1
    assert isinstance(placement, LocalPlacement)
    await until(lambda: placement.warm == 1, 60)

    assert placement._pool is not None
    warm = placement._pool._idle[0].pid
    os.kill(first.pid, signal.SIGKILL)
    assert await asyncio.wait_for(first.ended, 10) is EndReason.WORKER_LOST
    assert first.statistics["peers"] == 0
    with pytest.raises(NoCapacity):
        await first.join(Offer("join", "v=0"))
    await client.close()
    again = await placement.place(brief("one"), b"")
    assert isinstance(again, LocalStation)
    client = await go_live(again, camera, 0)
    assert again.pid == warm  # nobody waited for a process to start

    bystander = await stay_live(second, bystander, 3)
    assert not second.ended.done()
    await until(lambda: placement.warm == 1, 60)
    await asyncio.gather(client.close(), bystander.close())


async def test_stopping_says_goodbye_and_leaves_no_process(open_placement: Open) -> None:
    placement = await open_placement(warm_workers=1)
    station = await placement.place(brief(), b"")
    client = Client(None)
    await join(station, client)
    await until(lambda: client.heard("user-joined"))
    processes = children()
    assert str(station.pid) in processes
    begin = time.monotonic()
    await placement.stop(3)
    assert time.monotonic() - begin < 6
    assert station.ended.result() is EndReason.DRAINED
    await until(lambda: client.states()[-1] == "closing")
    assert not processes & children()
    with pytest.raises(NoCapacity):
        await placement.place(brief(), b"")
    await client.close()


async def test_an_idle_worker_that_dies_is_replaced(open_placement: Open) -> None:
    placement = await open_placement(warm_workers=1)
    assert placement._pool is not None
    pid = placement._pool._idle[0].pid
    os.kill(pid, signal.SIGKILL)
    await until(lambda: placement.warm == 0)
    station = await placement.place(brief(), b"")
    assert station.pid != pid
    assert exists(station.pid)


async def test_without_warm_workers_one_is_started_when_it_is_wanted(open_placement: Open) -> None:
    placement = await open_placement(warm_workers=0)
    assert placement.warm == 0
    station = await placement.place(brief(), b"")
    assert placement.capacity().live == 1
    await station.close()
    assert station.ended.result() is EndReason.CLOSED
    assert not exists(station.pid)
    assert placement.capacity().live == 0
    await station.close()


async def test_what_is_wrong_is_told_as_what_it_is(open_placement: Open) -> None:
    placement = await open_placement(warm_workers=1)
    with pytest.raises(SourceRejected):
        await placement.place(brief(), b"nothing")
    assert placement.capacity().live == 0

    station = await placement.place(brief(), b"")
    with pytest.raises(MediaRejected):
        await station.join(Offer("join", "garbage"))
    with pytest.raises(SourceRejected):
        await station.change_source(b"nothing")
    for call in (station.hang_up("nobody"), station.trickle("nobody", "")):
        with pytest.raises(NotFound):
            await call
    client = Client(None)
    peer = await join(station, client)
    await until(lambda: station.statistics["peers"] == 1)
    await station.hang_up(peer)
    await until(lambda: station.statistics["peers"] == 0)
    await client.close()


async def test_a_warm_worker_says_what_a_frame_costs_and_keeps_within_its_memory(
    open_placement: Open,
) -> None:
    placement = await open_placement(warm_workers=1, max_sessions=None, headroom=1.0)
    assert placement._measured
    assert placement._rule.cpu_ms != GUESSED_CPU_MS
    cores = usable_cores()
    assert placement.capacity().limit == max(1, int(cores / placement._rule.session_share))
    station = await placement.place(brief(), b"")
    client = await go_live(station, Camera(clip_frames()), 20)
    await until(lambda: "memory_mb" in station.statistics)
    assert station.statistics["memory_mb"] < 400
    await client.close()


@pytest.mark.parametrize(
    ("wanted", "there", "told"),
    [(1, 8.0, 1), (2, 2.0, 2), (None, 4.0, 2), (None, 2.0, 1), (None, 0.5, 1)],
)
async def test_a_worker_is_told_how_many_cores_work_on_a_frame(
    wanted: int | None, there: float, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.live.local.usable_cores", lambda: there)
    placement = LocalPlacement(settings(swap=SwapSettings(cores=wanted)))
    assert placement._config()["cores"] == told

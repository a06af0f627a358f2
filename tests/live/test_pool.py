import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.live.camera_client import until

from mien.errors import MienError, NoCapacity, WeightsError
from mien.live.child import Child
from mien.live.pool import WarmPool

Make = Callable[..., WarmPool]


class Nursery:
    """Starts echo children, and fails as often as it is told."""

    def __init__(self) -> None:
        self.started: list[Child] = []
        self.failures = 0

    async def start(self) -> Child:
        if self.failures:
            self.failures -= 1
            raise WeightsError("A model file is missing.")
        child = await Child.start("echo_child", {})
        self.started.append(child)
        return child


@pytest.fixture
def nursery(monkeypatch: pytest.MonkeyPatch) -> Nursery:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return Nursery()


@pytest.fixture
async def make(nursery: Nursery) -> AsyncIterator[Make]:
    made: list[WarmPool] = []

    def make_one(size: int, rest_s: float = 0.0) -> WarmPool:
        made.append(WarmPool(nursery.start, size, rest_s))
        return made[-1]

    yield make_one
    for pool in made:
        await pool.stop(0)
    for child in nursery.started:
        await child.stop(0)


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


async def test_what_is_taken_is_replaced(make: Make, nursery: Nursery) -> None:
    pool = make(2)
    await pool.start()
    assert pool.idle >= 1
    await until(lambda: pool.idle == 2)
    first = await pool.take(5)
    assert first is nursery.started[0]
    await until(lambda: pool.idle == 2)
    assert len({child.pid for child in nursery.started}) == 3


async def test_who_comes_while_none_is_warm_waits_for_one(make: Make, nursery: Nursery) -> None:
    pool = make(0)
    await pool.start()
    assert not nursery.started
    taken = await asyncio.gather(pool.take(20), pool.take(20))
    assert {child.pid for child in taken} == {child.pid for child in nursery.started}
    assert pool.idle == 0


async def test_an_idle_child_that_dies_is_replaced(make: Make, nursery: Nursery) -> None:
    pool = make(1)
    await pool.start()
    os.kill(nursery.started[0].pid, signal.SIGKILL)
    await until(lambda: len(nursery.started) == 2 and pool.idle == 1)
    assert (await pool.take(5)).alive


async def test_who_took_a_child_is_left_in_peace_unless_somebody_waits(
    make: Make, nursery: Nursery
) -> None:
    pool = make(1, 60)
    await pool.start()
    await pool.take(5)
    await asyncio.sleep(0.3)
    assert len(nursery.started) == 1
    assert (await pool.take(20)).alive
    assert len(nursery.started) >= 2


async def test_a_start_that_fails_is_tried_again(make: Make, nursery: Nursery) -> None:
    nursery.failures = 1
    pool = make(0)
    await pool.start()
    assert (await pool.take(20)).alive


async def test_a_first_start_that_fails_is_told(make: Make, nursery: Nursery) -> None:
    nursery.failures = 1
    with pytest.raises(MienError, match="model file"):
        await make(1).start()


async def test_waiting_has_an_end(make: Make, nursery: Nursery) -> None:
    nursery.failures = 1000
    pool = make(0)
    await pool.start()
    with pytest.raises(NoCapacity):
        await pool.take(0.1)


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.3])
async def test_stopping_ends_also_what_is_just_starting(
    make: Make, nursery: Nursery, after_s: float
) -> None:
    pool = make(1)
    await pool.start()
    child = await pool.take(5)  # now the next one is being started
    await asyncio.sleep(after_s)
    waiting: Any = asyncio.gather(pool.take(5), pool.take(5), return_exceptions=True)
    await asyncio.sleep(0)
    await pool.stop(3)
    outcomes = await waiting
    # Where a process starts in less than after_s, one of the two was served in time.
    served = [outcome for outcome in outcomes if not isinstance(outcome, NoCapacity)]
    assert len(served) <= 1
    assert set(children()) == {str(one.pid) for one in (child, *served)}


async def test_all_are_told_to_end_before_anyone_is_waited_for(
    make: Make, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make(3)
    await pool.start()
    await until(lambda: pool.idle == 3)
    order: list[str] = []
    tell = Child._signal

    def told(child: Child, number: signal.Signals) -> None:
        order.append("told")
        tell(child, number)

    monkeypatch.setattr(Child, "_signal", told)
    for child in nursery.started:
        child.ended.add_done_callback(lambda _: order.append("gone"))
    await pool.stop(20)
    assert order == ["told"] * 3 + ["gone"] * 3

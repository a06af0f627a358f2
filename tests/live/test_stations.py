import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.live.desk import TENANT, Desk

from mien.errors import (
    NoCapacity,
    SessionClosed,
)
from mien.live.placement import EndReason
from mien.live.session import Reason, State
from mien.settings import Settings
from mien.trust.registry import session_digest

with_queue = pytest.mark.parametrize("options", [{"when_full": "queue"}])


@pytest.mark.parametrize(
    ("end", "reason", "state"),
    [
        (EndReason.WORKER_LOST, Reason.WORKER_LOST, State.FAILED),
        (EndReason.DRAINED, Reason.SERVER_RESTARTED, State.FAILED),
        (EndReason.PEER_LEFT, Reason.EVERYBODY_LEFT, State.FINISHED),
    ],
)
async def test_an_end_is_told_and_a_join_revives(
    desk: Desk, end: EndReason, reason: Reason, state: State
) -> None:
    view = await desk.create()
    await desk.join(view)
    desk.station.end(end)
    assert (await desk.until(view, state)).reason is reason
    assert (await desk.service.info(TENANT, view.session.id)).statistics == {}
    await desk.join(view)
    assert len(desk.placement.stations) == 2
    first = desk.placement.stations[0].brief
    # Its mark is a new one, and so is what is said of it.
    again = replace(desk.station.brief, marking=first.marking, statement=first.statement)
    assert again == first
    session = await desk.session(view)
    assert (session.state, session.reason) == (State.LIVE, None)


async def test_one_lost_worker_takes_no_other_session_with_it(desk: Desk) -> None:
    first, second = await desk.create(), await desk.create()
    desk.placement.stations[0].end(EndReason.WORKER_LOST)
    await desk.until(first, State.FAILED)
    assert (await desk.session(second)).state is State.LIVE


async def test_a_worker_that_died_unnoticed_is_replaced_within_the_join(desk: Desk) -> None:
    view = await desk.create()
    desk.station.dead = True
    await desk.join(view)
    assert len(desk.placement.stations) == 2
    assert (await desk.session(view)).state is State.LIVE


async def test_two_joins_at_once_share_one_station(desk: Desk) -> None:
    view = await desk.create()
    desk.station.end(EndReason.WORKER_LOST)
    await desk.until(view, State.FAILED)
    await asyncio.gather(desk.join(view), desk.join(view))
    assert len(desk.placement.stations) == 2
    assert len(desk.station.peers) == 2


@with_queue
async def test_beyond_capacity_sessions_queue_and_are_placed_in_turn(desk: Desk) -> None:
    desk.placement.limit = 1
    first, second, third = [await desk.create() for _ in range(3)]
    assert [view.session.state for view in (first, second, third)] == [2, 1, 1]
    await desk.service.close(TENANT, first.session.id)
    await desk.until(second, State.LIVE)
    assert (await desk.session(third)).state is State.QUEUED


@with_queue
async def test_a_join_at_status_1_waits_for_room(desk: Desk) -> None:
    desk.placement.limit = 1
    first, second = await desk.create(), await desk.create()
    joining = asyncio.create_task(desk.join(second))
    done, _ = await asyncio.wait({joining}, timeout=0.1)
    assert not done
    await desk.service.close(TENANT, first.session.id)
    assert await asyncio.wait_for(joining, 5) == "peer1"
    assert (await desk.session(second)).state is State.LIVE


@pytest.mark.parametrize("options", [{"when_full": "queue", "join_wait_s": 0.1}])
async def test_a_join_at_status_1_does_not_wait_for_ever(desk: Desk) -> None:
    desk.placement.limit = 1
    await desk.create()
    second = await desk.create()
    with pytest.raises(NoCapacity, match="join again"):
        await desk.join(second)
    assert (await desk.session(second)).state is State.QUEUED


@with_queue
async def test_a_queued_session_can_be_closed(desk: Desk) -> None:
    desk.placement.limit = 1
    first, second = await desk.create(), await desk.create()
    joining = asyncio.create_task(desk.join(second))
    await asyncio.sleep(0.05)
    await desk.service.close(TENANT, second.session.id)
    with pytest.raises(SessionClosed):
        await joining
    await desk.service.close(TENANT, first.session.id)
    await asyncio.sleep(0.6)
    assert len(desk.placement.stations) == 1


async def test_a_restart_keeps_sessions_and_a_join_revives_them(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    before = Desk(tmp_path, settings)
    await before.open()
    view, closed = await before.create(), await before.create()
    await before.service.close(TENANT, closed.session.id)
    await before.shut()

    after = Desk(tmp_path, settings)
    await after.open()
    session = await after.session(view)
    assert (session.state, session.reason) == (State.FAILED, Reason.SERVER_RESTARTED)
    await after.join(view)
    assert (await after.session(view)).state is State.LIVE
    assert (await after.session(closed)).reason is Reason.CLOSED
    await after.shut()


async def test_while_draining_nothing_new_begins(desk: Desk) -> None:
    view = await desk.create()
    await desk.service.stop()
    for attempt in (desk.create(), desk.join(view)):
        with pytest.raises(NoCapacity):
            await attempt
    assert (await desk.session(view)).reason is Reason.SERVER_RESTARTED


async def test_every_placing_has_a_mark_whose_statement_is_kept_first(desk: Desk) -> None:
    view = await desk.create()
    first = desk.placement.stations[-1].brief.marking
    desk.placement.stations[-1].end(EndReason.WORKER_LOST)
    await desk.until(view, State.FAILED)
    await desk.join(view)
    second = desk.placement.stations[-1].brief.marking
    assert first.mark_id != second.mark_id
    assert first.key == second.key
    for marking in (first, second):
        statement = await desk.store.statement(marking.mark_id)
        assert statement is not None
        assert (statement.session, statement.made) == (session_digest(view.session.id), "live")
        assert view.session.id not in repr(statement)
        assert marking.key.hex() not in repr(desk.placement.stations)

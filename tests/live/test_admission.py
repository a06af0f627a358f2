"""May a tenant have one more session? Over a real database and a placement in memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.live.desk import FACE, OTHER, TENANT, Desk, eventually, opened_desk

from mien.errors import QuotaExceeded, TenantBlocked, TooFrequent
from mien.live.placement import EndReason
from mien.live.records import Tenant
from mien.live.service import SessionView
from mien.live.session import Reason, State


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path, join_grace_s=60) as desk:
        desk.placement.limit = 9
        yield desk


async def changed(desk: Desk, **values: object) -> Tenant:
    if values:
        await desk.store.change_tenant("t1", **values)
    tenant = await desk.store.tenant("t1")
    assert tenant is not None
    return tenant


async def test_sessions_at_once(desk: Desk) -> None:
    tenant = await changed(desk, sessions=2)
    first = await desk.service.create(tenant, [FACE], 2)
    await desk.service.create(tenant, [FACE], 2)
    with pytest.raises(QuotaExceeded, match="2 sessions"):
        await desk.service.create(tenant, [FACE], 2)
    await desk.service.create(OTHER, [FACE], 2)
    await desk.service.close(tenant, first.session.id)
    await desk.service.create(tenant, [FACE], 2)


async def test_of_many_at_once_no_more_than_the_quota_get_in(desk: Desk) -> None:
    tenant = await changed(desk, sessions=2)
    creates = (desk.service.create(tenant, [FACE], 2) for _ in range(6))
    answers = await asyncio.gather(*creates, return_exceptions=True)
    kinds = sorted(type(answer).__name__ for answer in answers)
    assert kinds == ["QuotaExceeded"] * 4 + ["SessionView"] * 2
    assert len(desk.imaging.prepared) == 2, "no face is prepared for nothing"


async def test_an_interrupted_session_comes_back_only_where_there_is_a_place(desk: Desk) -> None:
    tenant = await changed(desk, sessions=1)
    lost = await desk.service.create(tenant, [FACE], 2)
    desk.station.end(EndReason.WORKER_LOST)
    await desk.until(lost, State.FAILED)
    other = await desk.service.create(tenant, [FACE], 2)
    with pytest.raises(QuotaExceeded):
        await desk.join(lost)
    await desk.join(other)
    await desk.service.close(tenant, other.session.id)
    await desk.join(lost)


async def test_own_rates_count_instead_of_the_installation_s(desk: Desk) -> None:
    tenant = await changed(desk, creates=1)
    await desk.service.create(tenant, [FACE], 2)
    with pytest.raises(TooFrequent, match="More than 1 calls"):
        await desk.service.create(tenant, [FACE], 2)
    with pytest.raises(TooFrequent):
        await desk.service.create(replace(OTHER, creates=0), [FACE], 2)
    await desk.service.create(OTHER, [FACE], 2)


async def test_minutes_are_counted_while_a_session_has_a_process(desk: Desk) -> None:
    first, second = await desk.create(), await desk.create()
    theirs = await desk.service.create(OTHER, [FACE], 2)
    desk.now += 90
    await desk.service.close(TENANT, first.session.id)
    desk.now += 10
    desk.placement.stations[1].end(EndReason.WORKER_LOST)
    await desk.until(second, State.FAILED)
    desk.now += 1000
    await desk.service.close(TENANT, second.session.id)
    await desk.service.close(OTHER, theirs.session.id)
    assert (await changed(desk)).used_s == pytest.approx(90 + 100, abs=0.1)
    other = await desk.store.tenant("t2")
    assert other is not None
    assert other.used_s == pytest.approx(1100, abs=0.1)


async def test_a_session_ends_when_the_minutes_are_used_up(desk: Desk) -> None:
    tenant = await changed(desk, metered=True, credit=2)
    mine, theirs = await desk.create(), await desk.service.create(OTHER, [FACE], 2)
    desk.now += 119
    await asyncio.sleep(0.5)
    assert (await desk.session(mine)).state is State.LIVE
    desk.now += 6
    ended = await desk.until(mine, State.FAILED)
    assert ended.reason is Reason.QUOTA_USED_UP
    view = await desk.service.info(OTHER, theirs.session.id)
    assert view.session.state is State.LIVE
    for attempt in (desk.join(mine), desk.service.create(await changed(desk), [FACE], 2)):
        with pytest.raises(QuotaExceeded):
            await attempt
    assert (await changed(desk)).credit_left == 0
    assert tenant.credit_left == 2


async def test_a_block_ends_the_live_sessions_of_that_tenant_only(desk: Desk) -> None:
    mine, theirs = await desk.create(), await desk.service.create(OTHER, [FACE], 2)
    await changed(desk, blocked=True)
    ended = await desk.until(mine, State.FAILED)
    assert ended.reason is Reason.ACCOUNT_BLOCKED
    assert await station_gone(desk, mine)
    with pytest.raises(TenantBlocked):
        await desk.join(mine)
    other = await desk.service.info(OTHER, theirs.session.id)
    assert other.session.state is State.LIVE
    await changed(desk, blocked=False)
    await desk.join(mine)
    assert (await desk.session(mine)).state is State.LIVE


async def station_gone(desk: Desk, view: SessionView) -> bool:
    (its,) = (s for s in desk.placement.stations if s.brief.session_id == view.session.id)

    async def ended() -> bool:
        return its.ended.done()

    return await eventually(ended)


async def test_looking_goes_on_after_a_failure(desk: Desk) -> None:
    tenants = desk.store.tenants

    failed = asyncio.Event()

    async def fail() -> list[Tenant]:
        failed.set()
        raise RuntimeError("the database is away")

    view = await desk.create()
    desk.store.tenants = fail  # type: ignore[method-assign]
    await asyncio.wait_for(failed.wait(), 15)
    desk.store.tenants = tenants  # type: ignore[method-assign]
    await changed(desk, blocked=True)
    await desk.until(view, State.FAILED)

"""A killed likeness is a face, not a number: registering it anew doesn't help."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.live.desk import OTHER, TENANT, URL, Desk, eventually, opened_desk
from tests.live.fakes import EILEEN, GRACE

from mien.errors import TenantBlocked
from mien.live.kill_switch import Kill, KillSwitch, Scope
from mien.live.likenesses import Registration
from mien.live.schema import KillRow
from mien.live.sources import SourceRequest
from mien.live.store import Store
from mien.trust.likeness import Basis

FACE = SourceRequest(URL)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path, join_grace_s=60, gate="off") as desk:
        desk.placement.limit = 9
        desk.pages[URL] = EILEEN
        yield desk


async def registered(desk: Desk, picture: bytes = EILEEN) -> tuple[str, str]:
    """Ids of a source and of its record."""
    source = await desk.sources.upload("t1", picture)
    about = Registration("Eileen", Basis.SELF, adult=True)
    embedding = desk.gate.opened(source.id, source.identity)
    return source.id, (await desk.likenesses.register("t1", about, embedding)).id


async def killed(desk: Desk, target: str) -> Kill:
    kill = Kill(Scope.LIKENESS, target)
    await desk.service.kills.throw(kill)
    return kill


async def command(desk: Desk, kill: Kill) -> None:
    """As `mien kill` throws it, while no server runs."""
    store = Store(desk.settings.resolved_database_url)
    await KillSwitch(store, desk.journal, desk.clock).throw(kill)
    await store.close()


async def covered(desk: Desk, expected: list[bool]) -> None:
    async def as_expected() -> bool:
        return [station.halted for station in desk.placement.stations] == expected

    await eventually(as_expected)


@pytest.mark.parametrize("named_by", ["source", "record"])
async def test_the_same_face_is_refused_from_anybody(desk: Desk, named_by: str) -> None:
    source, record = await registered(desk)
    kill = await killed(desk, source if named_by == "source" else record)
    for attempt in (
        lambda: desk.service.create(TENANT, [FACE], 2),
        lambda: desk.service.create(OTHER, [FACE], 2),
        lambda: desk.sources.upload("t2", EILEEN),
    ):
        with pytest.raises(TenantBlocked, match="operator has stopped"):
            await attempt()
    assert desk.files() == 1, "what was refused is not kept"
    desk.pages[URL] = GRACE
    view = await desk.service.create(OTHER, [FACE], 2)
    desk.pages[URL] = EILEEN
    with pytest.raises(TenantBlocked):
        await desk.service.update(OTHER, view.session.id, [FACE])
    await covered(desk, [False])
    assert await desk.service.kills.lift(kill)
    await desk.service.create(OTHER, [FACE], 2)


async def test_every_session_that_wears_it_is_covered_until_just_this_is_revived(
    desk: Desk,
) -> None:
    source, record = await registered(desk)
    for tenant in (TENANT, OTHER):
        await desk.service.create(tenant, [FACE], 2)
    desk.pages[URL] = GRACE
    await desk.service.create(OTHER, [FACE], 2)
    kills = [await killed(desk, target) for target in (source, record)]
    await covered(desk, [True, True, False])
    await desk.service.kills.lift(kills[0])
    await asyncio.sleep(0.4)
    await covered(desk, [True, True, False])
    await desk.service.kills.lift(kills[1])
    await covered(desk, [False, False, False])


async def test_erasing_the_record_frees_nobody(desk: Desk) -> None:
    _, record = await registered(desk)
    await killed(desk, record)

    async def kept() -> bool:
        return bool(await desk.store.read(lambda db: db.scalar(select(KillRow.face))))

    await eventually(kept)
    await desk.likenesses.erase("t1", record)
    await desk.shut()
    await desk.open()
    with pytest.raises(TenantBlocked):
        await desk.service.create(OTHER, [FACE], 2)
    await killed(desk, record)  # thrown again, by name alone
    assert await kept()


async def test_a_kill_from_before_the_server_s_start_knows_its_face(desk: Desk) -> None:
    source, _ = await registered(desk)
    await desk.sources.delete("t1", source)
    view = await desk.service.create(TENANT, [FACE], 2)
    await desk.shut()
    await command(desk, Kill(Scope.LIKENESS, view.session.source_id))
    await desk.open()
    await desk.service.close(TENANT, view.session.id)
    assert await desk.store.source(view.session.source_id) is None
    with pytest.raises(TenantBlocked):
        await desk.service.create(TENANT, [FACE], 2)


async def test_its_face_is_sealed_on_the_disk(desk: Desk) -> None:
    source, _ = await registered(desk)
    await killed(desk, source)
    with pytest.raises(TenantBlocked):
        await desk.service.create(OTHER, [FACE], 2)
    face = await desk.store.read(lambda db: db.scalar(select(KillRow.face)))
    known = desk.gate.opened(source, (await desk.sources.get("t1", source)).identity)
    assert face is not None and known is not None
    assert known.tobytes()[:8] not in face

"""The registry knows for good who had a mark and whose faces were worn under it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.live.desk import TENANT, URL, Desk, opened_desk
from tests.live.fakes import EILEEN, GRACE

from mien.live.casts import CastPlan
from mien.live.sources import SourceRequest
from mien.trust.registry import mark_name

OTHER_URL = "https://example.com/other.jpg"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path, join_grace_s=60) as desk:
        desk.pages |= {URL: EILEEN, OTHER_URL: GRACE}
        yield desk


async def test_each_face_of_a_session_is_kept_with_its_mark(desk: Desk) -> None:
    view = await desk.create()
    began = desk.now
    desk.now += 7
    await desk.service.update(TENANT, view.session.id, [SourceRequest(OTHER_URL)])
    mark_id = desk.station.brief.marking.mark_id
    first, second = await desk.store.uses(mark_id)
    assert first.session_id == second.session_id == view.session.id
    assert first.tenant_id == second.tenant_id == TENANT.id
    assert (first.since, second.since) == (began, desk.now)
    records = {record.id for record in await desk.likenesses.listed(TENANT.id)}
    assert {first.likeness_id, second.likeness_id} == records
    assert len(records) == 2
    assert first.likeness_id is not None
    about = await desk.likenesses.export(TENANT.id, first.likeness_id)
    assert about["marks"] == [mark_name(mark_id)]
    assert await desk.store.uses(mark_id + 1) == []


async def test_it_outlives_the_session_the_face_and_the_record(desk: Desk) -> None:
    view = await desk.create()
    mark_id = desk.station.brief.marking.mark_id
    before = await desk.store.uses(mark_id)
    assert before[0].likeness_id is not None
    await desk.service.close(TENANT, view.session.id)
    await desk.likenesses.erase(TENANT.id, before[0].likeness_id)
    await desk.store.delete_session(view.session.id)
    assert await desk.store.uses(mark_id) == before
    statement = await desk.store.statement(mark_id)
    assert statement is not None
    # What anybody may read has none of it.
    private = {TENANT.id, before[0].likeness_id, view.session.id}
    assert not private & set(map(str, vars(statement).values()))


async def test_of_a_cast_each_face_is_kept(desk: Desk) -> None:
    photos = [SourceRequest(URL, person=1), SourceRequest(OTHER_URL, person=2)]
    await desk.service.create(TENANT, photos, 2, plan=CastPlan("order"))
    uses = await desk.store.uses(desk.station.brief.marking.mark_id)
    records = {record.id for record in await desk.likenesses.listed(TENANT.id)}
    assert {use.likeness_id for use in uses} == records
    assert len(records) == len(uses) == 2

"""What the server signs about its sessions, and whom it hands that on to."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.live.desk import TENANT, Desk, eventually, opened_desk

import mien.live.notary
from mien.errors import NotFound, SessionClosed
from mien.live.session import Reason
from mien.trust.policy import Policy
from mien.trust.registry import mark_name, session_digest
from mien.trust.session_statement import SessionStatement, read_statement


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path, join_grace_s=60) as desk:
        yield desk


def said(desk: Desk, text: str) -> SessionStatement:
    return read_statement(text, desk.notary.keys)


async def test_a_session_begins_with_a_statement_as_the_registry_has_it(desk: Desk) -> None:
    view = await desk.create()
    statement = said(desk, desk.station.brief.statement)
    kept = await desk.store.statement(desk.station.brief.marking.mark_id)
    assert kept is not None
    assert statement.session == kept.session == session_digest(view.session.id)
    assert statement.mark_id == mark_name(kept.mark_id)
    assert (statement.iss, statement.iat) == ("desk", int(desk.now))
    assert statement.policy == Policy().digest
    assert (statement.policy_signed, statement.label) == (False, "burned_in")
    assert statement.engine_version == kept.engine_version
    # Nothing that leads to the account or a person.
    text = desk.station.brief.statement
    assert not {view.session.id, view.session.tenant_id, view.session.channel_id} & set(
        map(str, vars(statement).values())
    )
    assert await desk.service.statement(desk.grant(view)) == text


async def test_it_is_renewed_for_all_though_one_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, _ = await desk.create(), await desk.create()
    first, second = desk.placement.stations
    before = first.statement, second.statement
    second.dead = True
    desk.now += 60
    monkeypatch.setattr(mien.live.notary, "RENEW_EVERY_S", 0.01)
    desk.notary.start(desk.service.running)

    async def renewed() -> bool:
        return first.statement != before[0]

    await eventually(renewed)
    newer = said(desk, first.statement)
    assert newer == replace(said(desk, before[0]), iat=int(desk.now))
    assert second.statement == before[1]
    assert await desk.service.statement(desk.grant(view)) == first.statement


async def test_a_session_that_is_not_live_has_none(desk: Desk) -> None:
    view = await desk.create()
    grant = desk.grant(view)
    await desk.service.end(view.session.id, Reason.CAMERA_GONE)
    with pytest.raises(NotFound):
        await desk.service.statement(grant)
    await desk.service.close(TENANT, view.session.id)
    with pytest.raises(SessionClosed):
        await desk.service.statement(grant)

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from sqlalchemy import select
from tests.live.desk import OTHER, TENANT, Desk, eventually, opened_desk
from tests.live.fakes import EILEEN, GRACE, NUDE

from mien.errors import (
    ContentRefused,
    FaceBlocked,
    MienError,
    NotFound,
    ParameterError,
    VerificationRequired,
    answer_for,
)
from mien.live.likenesses import Registration
from mien.live.schema import LikenessRow
from mien.live.session import Reason, State
from mien.live.sources import SourceRequest
from mien.trust.likeness import Basis, Likeness, Scope

EVIDENCE = "ab" * 32
EILEEN_URL = "https://example.com/eileen.jpg"
GRACE_URL = "https://example.com/grace.jpg"
NUDE_URL = "https://example.com/nude.jpg"
PAGES = {EILEEN_URL: EILEEN, GRACE_URL: GRACE, NUDE_URL: NUDE}
LICENCE = Registration("Eileen Collins", Basis.WRITTEN_LICENCE, adult=True, evidence=EVIDENCE)
LIVE_ONLY = replace(LICENCE, scope=(Scope.LIVE,))


def about(url: str) -> SourceRequest:
    return SourceRequest(url)


@pytest_asyncio.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    options: dict[str, Any] = getattr(request, "param", {})
    async for desk in _open(tmp_path, options):
        yield desk


async def _open(folder: Path, options: dict[str, Any]) -> AsyncIterator[Desk]:
    async with opened_desk(folder, **{"join_grace_s": 90, **options}) as desk:
        desk.placement.limit = 8
        desk.pages.update(PAGES)
        yield desk


required = pytest.mark.parametrize("desk", [{"likeness": "required"}], indirect=True)


async def registered(desk: Desk, data: bytes, terms: Registration = LICENCE) -> Likeness:
    source = await desk.sources.upload(TENANT.id, data)
    embedding = desk.gate.opened(source.id, source.identity)
    return await desk.likenesses.register(TENANT.id, terms, embedding)


async def test_a_call_alone_attests_where_that_is_enough(desk: Desk) -> None:
    view = await desk.create(about(EILEEN_URL))
    [record] = await desk.likenesses.listed(TENANT.id)
    assert record.basis is Basis.ATTESTED
    assert not record.proven
    assert desk.likenesses.is_genuine(record)
    source = await desk.store.source(view.session.source_id)
    assert source is not None
    assert source.likeness_id == record.id
    # The same face again is the same record.
    await desk.create(about(EILEEN_URL))
    assert len(await desk.likenesses.listed(TENANT.id)) == 1
    await desk.create(about(GRACE_URL))
    assert len(await desk.likenesses.listed(TENANT.id)) == 2


@required
async def test_where_records_are_required_a_call_alone_is_refused(desk: Desk) -> None:
    with pytest.raises(VerificationRequired):
        await desk.create(about(EILEEN_URL))
    assert desk.files() == 0
    await registered(desk, EILEEN)
    view = await desk.create(about(EILEEN_URL))
    assert (await desk.session(view)).state is State.LIVE
    with pytest.raises(VerificationRequired):
        await desk.create(about(GRACE_URL))


@required
async def test_a_record_of_another_account_proves_nothing(desk: Desk) -> None:
    source = await desk.sources.upload(OTHER.id, EILEEN)
    embedding = desk.gate.opened(source.id, source.identity)
    record = await desk.likenesses.register(OTHER.id, LICENCE, embedding)
    with pytest.raises(VerificationRequired):
        await desk.create(about(EILEEN_URL))
    with pytest.raises(NotFound):
        await desk.likenesses.get(TENANT.id, record.id)


@required
@pytest.mark.parametrize(
    "terms",
    [
        replace(LICENCE, evidence=None),
        replace(LICENCE, scope=(Scope.FILE,)),
        replace(LICENCE, valid_until=1.0),
    ],
)
async def test_a_record_that_does_not_cover_the_use_proves_nothing(
    desk: Desk, terms: Registration
) -> None:
    await registered(desk, EILEEN, terms)
    with pytest.raises(VerificationRequired):
        await desk.create(about(EILEEN_URL))


@pytest.mark.parametrize(
    ("desk", "error", "code"),
    [({"likeness": "required"}, VerificationRequired, 1004), ({}, FaceBlocked, 1009)],
    indirect=["desk"],
)
async def test_a_face_whose_record_does_not_cover_recording_is_not_recorded(
    desk: Desk, error: type[MienError], code: int
) -> None:
    await registered(desk, EILEEN, LIVE_ONLY)
    with pytest.raises(error, match="does not cover use 'recording'"):
        await desk.create(about(EILEEN_URL), record=True)
    assert answer_for(error()).code == code
    assert desk.placement.stations == []
    assert await desk.recordings.listed(TENANT.id) == []
    assert (await desk.create(about(EILEEN_URL))).session.state is State.LIVE


@required
async def test_a_recorded_session_is_given_no_face_that_may_not_be_recorded(desk: Desk) -> None:
    await registered(desk, EILEEN)
    await registered(desk, GRACE, LIVE_ONLY)
    view = await desk.create(about(EILEEN_URL), record=True)
    with pytest.raises(VerificationRequired, match="recording"):
        await desk.service.update(TENANT, view.session.id, [about(GRACE_URL)])
    assert desk.station.sources == [EILEEN]
    plain = await desk.create(about(EILEEN_URL))
    await desk.service.update(TENANT, plain.session.id, [about(GRACE_URL)])
    assert desk.station.sources == [EILEEN, GRACE]


@required
async def test_a_second_record_may_cover_what_the_first_does_not(desk: Desk) -> None:
    await registered(desk, EILEEN, LIVE_ONLY)
    await registered(desk, EILEEN, replace(LICENCE, scope=(Scope.RECORDING,)))
    # One record must allow both: it is one use of the face.
    with pytest.raises(VerificationRequired):
        await desk.create(about(EILEEN_URL), record=True)
    await registered(desk, EILEEN)
    assert (await desk.create(about(EILEEN_URL), record=True)).session.record


@required
async def test_a_record_that_was_changed_in_the_database_proves_nothing(desk: Desk) -> None:
    record = await registered(desk, EILEEN, replace(LICENCE, scope=(Scope.FILE,)))

    def widen(db: Any) -> None:
        row = db.scalar(select(LikenessRow).where(LikenessRow.id == record.id))
        row.scope = ["live"]

    await desk.store.write(widen)
    with pytest.raises(VerificationRequired):
        await desk.create(about(EILEEN_URL))


@pytest.mark.parametrize(
    "terms", [replace(LICENCE, adult=False), replace(LICENCE, basis=Basis.ATTESTED)]
)
async def test_minors_and_mere_words_are_not_registered(desk: Desk, terms: Registration) -> None:
    with pytest.raises(ParameterError):
        await registered(desk, EILEEN, terms)
    with pytest.raises(ParameterError):
        await desk.likenesses.register(TENANT.id, LICENCE, None)


async def test_a_withdrawn_face_ends_its_sessions_and_no_others(desk: Desk) -> None:
    record = await registered(desk, EILEEN)
    hers = await desk.create(about(EILEEN_URL))
    other = await desk.create(about(GRACE_URL))
    await desk.likenesses.revoke(record.id, by="the person")
    session = await desk.until(hers, State.FAILED)
    assert session.reason is Reason.CONSENT_WITHDRAWN
    assert (await desk.session(other)).state is State.LIVE
    # Nor can it be joined again, or used anew.
    with pytest.raises(FaceBlocked, match="withdrawn"):
        await desk.join(hers)
    with pytest.raises(FaceBlocked, match="withdrawn"):
        await desk.create(about(EILEEN_URL))
    with pytest.raises(FaceBlocked, match="withdrawn"):
        await desk.service.update(TENANT, other.session.id, [about(EILEEN_URL)])
    assert (await desk.session(other)).state is State.LIVE


async def test_a_withdrawal_outweighs_what_calls_said_before(desk: Desk) -> None:
    worn = await desk.create(about(EILEEN_URL))
    other = await desk.create(about(GRACE_URL))
    record = await registered(desk, EILEEN)
    assert (await desk.session(worn)).state is State.LIVE
    await desk.likenesses.revoke(record.id, by="the person")
    assert (await desk.until(worn, State.FAILED)).reason is Reason.CONSENT_WITHDRAWN
    assert (await desk.session(other)).state is State.LIVE
    with pytest.raises(FaceBlocked, match="withdrawn"):
        await desk.create(about(EILEEN_URL))


async def test_what_was_registered_outweighs_what_calls_say(desk: Desk) -> None:
    await desk.create(about(EILEEN_URL))
    await registered(desk, EILEEN, replace(LICENCE, scope=(Scope.FILE,)))
    with pytest.raises(FaceBlocked, match="does not cover"):
        await desk.create(about(EILEEN_URL))


async def test_a_face_is_forgotten_with_what_calls_said_of_it(desk: Desk) -> None:
    worn = await desk.create(about(EILEEN_URL))
    other = await desk.create(about(GRACE_URL))
    record = await registered(desk, EILEEN)
    sessions, sources = await desk.likenesses.erase(TENANT.id, record.id)
    assert (sessions, sources) == ([worn.session.id], [worn.session.source_id])
    [left] = await desk.likenesses.listed(TENANT.id)
    assert await desk.likenesses._store.sources(left.id) == [other.session.source_id]


async def test_a_record_that_runs_out_ends_its_sessions(desk: Desk) -> None:
    await registered(desk, EILEEN, replace(LICENCE, valid_until=desk.now + 60))
    view = await desk.create(about(EILEEN_URL))
    desk.now += 61
    assert (await desk.until(view, State.FAILED)).reason is Reason.CONSENT_WITHDRAWN


async def test_a_face_is_forgotten_on_demand(desk: Desk) -> None:
    record = await registered(desk, EILEEN)
    view = await desk.create(about(EILEEN_URL))
    await desk.likenesses.prove(record.id, b"a clip", "consent page")
    assert await desk.likenesses.evidence(TENANT.id, record.id) == b"a clip"
    told = await desk.likenesses.export(TENANT.id, record.id)
    assert told["subject"] == "Eileen Collins"
    assert (told["embedding_kept"], told["clip_kept"], told["genuine"]) == (True, True, True)
    assert told["sessions"][0]["id"] == view.session.id
    assert told["sources"] == [view.session.source_id]
    with pytest.raises(NotFound):
        await desk.likenesses.export(OTHER.id, record.id)

    sessions, sources = await desk.likenesses.erase(TENANT.id, record.id)
    assert (sessions, sources) == ([view.session.id], [view.session.source_id])
    with pytest.raises(NotFound):
        await desk.likenesses.get(TENANT.id, record.id)
    with pytest.raises(NotFound):
        await desk.likenesses.evidence(TENANT.id, record.id)
    await desk.sources.erase(sources[0])
    assert await desk.store.source(sources[0]) is None


async def test_names_embeddings_and_clips_can_t_be_read_on_the_disk(desk: Desk) -> None:
    record = await registered(desk, EILEEN)
    await desk.likenesses.prove(record.id, b"the person's clip", "consent page")
    embedding = await desk.likenesses._store.embedding(record.id)
    assert embedding is not None
    await desk.create(about(EILEEN_URL))
    for path in desk.settings.data_dir.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert b"Eileen" not in data
        assert b"the person's clip" not in data
        assert np.asarray(embedding).tobytes() not in data


async def test_attested_records_go_with_their_sources(desk: Desk) -> None:
    view = await desk.create(about(EILEEN_URL))
    await desk.likenesses.sweep()
    assert len(await desk.likenesses.listed(TENANT.id)) == 1
    await desk.service.close(TENANT, view.session.id)
    await desk.likenesses.sweep()
    assert len(await desk.likenesses.listed(TENANT.id)) == 1, "its source may be on the way"
    desk.now += 61

    async def gone() -> bool | None:
        await desk.likenesses.sweep()
        return not await desk.likenesses.listed(TENANT.id) or None

    assert await eventually(gone)


async def test_a_blocked_face_is_refused_by_whomever_it_is_sent(desk: Desk) -> None:
    uploaded = await desk.sources.upload(TENANT.id, EILEEN)
    embedding = desk.gate.opened(uploaded.id, uploaded.identity)
    assert embedding is not None
    entry = await desk.blocked.add(embedding, "asked for it")
    for send in (
        desk.create(about(EILEEN_URL)),
        desk.create(about(uploaded.id)),
        desk.sources.upload(OTHER.id, EILEEN),
    ):
        with pytest.raises(FaceBlocked):
            await send
    await desk.create(about(GRACE_URL))
    assert [one.id for one in await desk.blocked.listed()] == [entry.id]
    await desk.blocked.remove(entry.id)
    await desk.create(about(EILEEN_URL))
    with pytest.raises(NotFound):
        await desk.blocked.remove(entry.id)


async def test_a_nude_picture_is_refused_and_not_kept(desk: Desk) -> None:
    with pytest.raises(ContentRefused, match="nudity"):
        await desk.create(about(NUDE_URL))
    with pytest.raises(ContentRefused):
        await desk.sources.upload(TENANT.id, NUDE)
    assert desk.files() == 0


@pytest.mark.parametrize("desk", [{"gate": "off"}], indirect=True)
async def test_a_gate_that_is_off_lets_it_through(desk: Desk) -> None:
    await desk.create(about(NUDE_URL))


@pytest.mark.parametrize("desk", [{"gate": "required"}], indirect=True)
async def test_a_gate_that_is_required_fails_closed(desk: Desk) -> None:
    await desk.create(about(EILEEN_URL))
    # This one comes back without a score and without an embedding.
    with pytest.raises(ContentRefused, match="could not be checked"):
        await desk.create()

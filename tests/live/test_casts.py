"""Several persons' faces in one session: each is asked for, watched and forgotten by itself."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from tests.live.desk import FACE, TENANT, Desk, eventually, opened_desk
from tests.live.fakes import EILEEN, GRACE, JPEG, LOOKS, NO_FACE, NUDE, STRANGER, TWO_FACES

from mien.errors import (
    ContentRefused,
    FaceBlocked,
    NoFaceFound,
    NotFound,
    ParameterError,
    SourceRejected,
    TenantBlocked,
    VerificationRequired,
)
from mien.live.casts import CastPlan
from mien.live.kill_switch import Kill, Scope
from mien.live.likenesses import Registration
from mien.live.service import SessionView
from mien.live.session import Reason, State
from mien.live.sources import SourceRequest
from mien.settings import SwapSettings
from mien.trust.audit import LOG_FILE
from mien.trust.likeness import Basis, Likeness

PAGES = {
    "https://example.com/eileen.jpg": EILEEN,
    "https://example.com/grace.jpg": GRACE,
    "https://example.com/nude.jpg": NUDE,
    "https://example.com/stranger.jpg": STRANGER,
    "https://example.com/nobody.jpg": NO_FACE,
}
ORDER = CastPlan("order")
LICENCE = Registration("A person", Basis.WRITTEN_LICENCE, adult=True, evidence="ab" * 32)


def photo(name: str, person: int) -> SourceRequest:
    field = f"sourceImage[{person - 1}]"
    return SourceRequest(f"https://example.com/{name}.jpg", (), person, field)


BOTH = [photo("eileen", 1), photo("grace", 2)]


@pytest_asyncio.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    options = getattr(request, "param", {})
    async with opened_desk(tmp_path, **{"join_grace_s": 90, **options}) as desk:
        desk.placement.limit = 8
        desk.pages.update(PAGES)
        yield desk


async def create(
    desk: Desk, photos: list[SourceRequest] = BOTH, plan: CastPlan = ORDER
) -> SessionView:
    return await desk.service.create(TENANT, photos, 2, plan=plan)


async def registered(desk: Desk, data: bytes) -> Likeness:
    source = await desk.sources.upload(TENANT.id, data)
    embedding = desk.gate.opened(source.id, source.identity)
    return await desk.likenesses.register(TENANT.id, LICENCE, embedding)


def packed(desk: Desk) -> dict[str, bytes]:
    """The parts of the cast that the newest station was given last."""
    source = desk.station.sources[-1]
    assert source is not None
    with zipfile.ZipFile(io.BytesIO(source)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def events(desk: Desk, name: str) -> list[dict[str, str]]:
    text = (desk.settings.data_dir / LOG_FILE).read_text()
    return [line for line in map(json.loads, text.splitlines()) if line["event"] == name]


async def faces(desk: Desk, view: SessionView) -> list[str]:
    session = await desk.session(view)
    return [one.id for one in await desk.store.faces(session.source_id)]


async def test_the_station_is_given_one_cast_of_all_faces_in_their_order(desk: Desk) -> None:
    view = await create(desk, BOTH[::-1])
    parts = packed(desk)
    assert parts["mode"] == b"order"
    assert (parts["face0.npz"], parts["face1.npz"]) == (EILEEN, GRACE), "person 1 is the first"
    members = await faces(desk, view)
    assert len(members) == 2
    assert sorted(one["source"] for one in events(desk, "cast.face")) == sorted(members)
    assert {one["cast"] for one in events(desk, "cast.face")} == {view.session.source_id}


async def test_photos_of_one_person_are_merged_within_a_cast(desk: Desk) -> None:
    desk.pages["https://example.com/other.jpg"] = JPEG
    await create(desk, [*BOTH, photo("other", 1)])
    assert desk.imaging.merged == [[EILEEN, JPEG]]
    assert packed(desk)["face0.npz"] == EILEEN + JPEG


async def test_one_face_for_everybody_is_a_cast_of_one(desk: Desk) -> None:
    await create(desk, BOTH[:1], CastPlan("all"))
    assert packed(desk)["mode"] == b"all"
    await desk.create()
    assert desk.station.sources[-1] == JPEG, "one face alone is kept as it was"


async def test_the_chosen_are_known_by_their_pictures_which_are_not_kept(desk: Desk) -> None:
    uploaded = await desk.sources.upload(TENANT.id, EILEEN)
    near = ((1, 2), (3, 4), (5, 6), (7, 8))
    targets = (SourceRequest(BOTH[1].address, near), SourceRequest(uploaded.id))
    await create(desk, BOTH, CastPlan("chosen", targets))
    assert near in desk.imaging.near
    told = np.load(io.BytesIO(packed(desk)["targets.npy"]), allow_pickle=False)
    np.testing.assert_array_equal(told, [LOOKS[GRACE][0], LOOKS[EILEEN][0]])
    assert desk.files() == 4, "two faces, their cast, and the upload"


@pytest.mark.parametrize(
    ("target", "error", "says"),
    [
        ("https://example.com/nobody.jpg", NoFaceFound, r"targetImage\[1\]: "),
        ("not base64!", ParameterError, r"targetImage\[1\].path"),
        ("src_" + "0" * 32, NotFound, "no source"),
        ("unknown", ParameterError, r"targetImage\[1\]: this source tells nobody apart"),
    ],
)
async def test_a_target_that_can_t_be_known_is_named(
    desk: Desk, target: str, error: type[Exception], says: str
) -> None:
    if target == "unknown":
        target = (await desk.sources.upload(TENANT.id, JPEG)).id
    before = desk.files()
    plan = CastPlan("chosen", (SourceRequest(BOTH[1].address), SourceRequest(target)))
    with pytest.raises(error, match=says):
        await create(desk, BOTH, plan)
    assert desk.files() == before
    assert not desk.placement.stations


@pytest.mark.parametrize(
    ("second", "error"),
    [("nude", ContentRefused), ("nobody", NoFaceFound), ("grace", FaceBlocked)],
)
async def test_each_face_passes_what_one_must_and_nothing_is_kept_of_a_refused_cast(
    desk: Desk, second: str, error: type[Exception]
) -> None:
    await desk.blocked.add(np.array(LOOKS[GRACE][0], np.float32), "asked us")
    with pytest.raises(error):
        await create(desk, [BOTH[0], photo(second, 2)])
    assert desk.files() == 0
    assert not desk.placement.stations


async def test_the_entry_that_can_t_serve_is_named(desk: Desk) -> None:
    with pytest.raises(NoFaceFound, match=r"^sourceImage\[1\]: "):
        await create(desk, [BOTH[0], photo("nobody", 2)])
    with pytest.raises(SourceRejected, match="another person"):
        await create(desk, [*BOTH, photo("stranger", 2)])


@pytest.mark.parametrize("desk", [{"likeness": "required"}], indirect=True)
async def test_each_face_needs_a_record_of_its_own(desk: Desk) -> None:
    await registered(desk, EILEEN)
    with pytest.raises(VerificationRequired):
        await create(desk)
    await registered(desk, GRACE)
    assert (await create(desk)).session.state is State.LIVE


@pytest.mark.parametrize("who", [EILEEN, GRACE])
async def test_whoever_withdraws_ends_the_session(desk: Desk, who: bytes) -> None:
    record = await registered(desk, who)
    view, other = await create(desk), await desk.create()
    told = await desk.likenesses.export(TENANT.id, record.id)
    assert [one["id"] for one in told["sessions"]] == [view.session.id]
    await desk.likenesses.revoke(record.id, by="the person")
    assert (await desk.until(view, State.FAILED)).reason is Reason.CONSENT_WITHDRAWN
    assert (await desk.session(other)).state is State.LIVE
    with pytest.raises(FaceBlocked, match="withdrawn"):
        await desk.join(view)


async def test_a_face_that_was_blocked_meanwhile_is_not_worn_again(desk: Desk) -> None:
    view = await create(desk)
    await desk.service.end(view.session.id, Reason.EVERYBODY_LEFT)
    await desk.blocked.add(np.array(LOOKS[GRACE][0], np.float32), "asked us")
    with pytest.raises(FaceBlocked):
        await desk.join(view)


@pytest.mark.parametrize("order", [1, -1])
async def test_an_upload_that_was_blocked_meanwhile_is_not_merged_into_another(
    desk: Desk, order: int
) -> None:
    uploads = [await desk.sources.upload(TENANT.id, data) for data in (EILEEN, GRACE)]
    photos = [SourceRequest(one.id) for one in uploads][::order]
    await desk.service.create(TENANT, photos, 2)
    assert len(desk.imaging.merged) == 1
    await desk.blocked.add(np.array(LOOKS[GRACE][0], np.float32), "asked us")
    with pytest.raises(FaceBlocked):
        await desk.service.create(TENANT, photos, 2)
    assert len(desk.imaging.merged) == 1, "nothing is made of it"


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("by", ["source", "record", "cast"])
async def test_whichever_face_is_killed_the_session_is_covered(
    desk: Desk, number: int, by: str
) -> None:
    view = await create(desk)
    face = await desk.store.source((await faces(desk, view))[number])
    assert face is not None
    target = {"source": face.id, "record": face.likeness_id, "cast": view.session.source_id}[by]
    await desk.service.kills.throw(Kill(Scope.LIKENESS, str(target)))
    await covered(desk)
    with pytest.raises(TenantBlocked):
        await desk.join(view)


async def covered(desk: Desk) -> None:
    async def look() -> bool:
        return desk.station.halted

    await eventually(look)


@pytest.mark.parametrize("who", [EILEEN, GRACE])
async def test_a_face_that_is_killed_elsewhere_is_covered_in_a_cast_too(
    desk: Desk, who: bytes
) -> None:
    uploaded = await desk.sources.upload(TENANT.id, who)
    await create(desk)
    await desk.service.kills.throw(Kill(Scope.LIKENESS, uploaded.id))
    await covered(desk)


@pytest.mark.parametrize("number", [0, 1])
async def test_a_face_that_nobody_can_tell_is_killed_by_its_source(desk: Desk, number: int) -> None:
    desk.pages |= {"https://example.com/one.jpg": JPEG, "https://example.com/two.jpg": TWO_FACES}
    view = await create(desk, [photo("one", 1), photo("two", 2)])
    await desk.service.kills.throw(Kill(Scope.LIKENESS, (await faces(desk, view))[number]))
    await covered(desk)


async def test_erasing_one_face_takes_the_cast_that_holds_it(desk: Desk) -> None:
    record = await registered(desk, GRACE)
    view = await create(desk)
    sessions, sources = await desk.likenesses.erase(TENANT.id, record.id)
    assert sessions == [view.session.id]
    for source_id in sources:
        await desk.service.end(view.session.id, Reason.CONSENT_WITHDRAWN)
        await desk.sources.erase(source_id)
    assert await desk.store.source(view.session.source_id) is None
    assert desk.files() == 2, "her upload, which no session wore, and the other face"


async def test_an_update_changes_the_cast_and_drops_the_old_one(desk: Desk) -> None:
    view = await desk.create()
    await desk.service.update(TENANT, view.session.id, BOTH, ORDER)
    assert packed(desk)["face1.npz"] == GRACE
    assert desk.files() == 3
    await desk.service.update(TENANT, view.session.id, [FACE])
    assert desk.files() == 1
    await desk.service.close(TENANT, view.session.id)
    assert desk.files() == 0


async def test_an_upload_in_a_cast_stays_and_one_that_is_deleted_lasts_with_its_session(
    desk: Desk,
) -> None:
    kept = await desk.sources.upload(TENANT.id, EILEEN)
    gone = await desk.sources.upload(TENANT.id, GRACE)
    photos = [SourceRequest(kept.id, (), 1), SourceRequest(gone.id, (), 2)]
    view = await create(desk, photos)
    await desk.sources.delete(TENANT.id, gone.id)
    assert await desk.store.source(gone.id) is not None, "its licence is asked at each join"
    await desk.service.close(TENANT, view.session.id)
    assert await desk.store.source(gone.id) is None
    assert [one.id for one in await desk.sources.listed(TENANT.id)] == [kept.id]
    assert desk.files() == 1


async def test_one_upload_may_be_worn_by_two(desk: Desk) -> None:
    kept = await desk.sources.upload(TENANT.id, EILEEN)
    await create(desk, [SourceRequest(kept.id, (), 1), SourceRequest(kept.id, (), 2)])
    assert packed(desk)["face0.npz"] == packed(desk)["face1.npz"] == EILEEN


async def test_what_nobody_can_join_any_more_is_swept_with_its_faces(desk: Desk) -> None:
    view = await create(desk)
    await desk.service.end(view.session.id, Reason.EVERYBODY_LEFT)
    await asyncio.sleep(0)
    assert await desk.sources.sweep() == 0
    desk.now += 10_000
    await desk.sources.sweep()
    assert desk.files() == 0


async def test_the_shape_reaches_the_station(desk: Desk) -> None:
    await desk.service.create(TENANT, [FACE], 2, shape=0.25)
    assert desk.station.brief.shape == 0.25


@pytest.mark.parametrize("desk", [{"swap": SwapSettings(shape=0.5)}], indirect=True)
async def test_without_a_word_the_shape_is_the_installation_s(desk: Desk) -> None:
    view = await desk.create()
    assert desk.station.brief.shape == 0.5
    assert view.session.shape is None

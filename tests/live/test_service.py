import asyncio
import json

import pytest
from tests.live.desk import FACE, OFFER, OTHER, TENANT, URL, Desk
from tests.live.fakes import BROKEN, EILEEN, JPEG

from mien.errors import (
    BadCredentials,
    FetchFailed,
    Forbidden,
    ImageRejected,
    MediaRejected,
    NoCapacity,
    NotFound,
    QuotaExceeded,
    SessionClosed,
    SourceRejected,
    TooFrequent,
)
from mien.live.placement import EndReason
from mien.live.records import Tenant
from mien.live.service import SessionView
from mien.live.session import Reason, State
from mien.live.sources import SourceRequest
from mien.live.tokens import MediaToken
from mien.trust.audit import KEY_FILE, LOG_FILE, read_key, verify_log


async def test_create_places_the_session_with_its_source(desk: Desk) -> None:
    view = await desk.create()
    session = view.session
    assert session.state is State.LIVE
    assert (session.front_uid, session.algorithm_uid) == (1, 3)
    brief = desk.station.brief
    assert (brief.session_id, brief.channel_id) == (session.id, session.channel_id)
    assert brief.quality == 2
    assert desk.station.sources == [JPEG]
    assert await desk.session(view) == session


async def test_the_media_token_is_for_this_channel_and_user(desk: Desk) -> None:
    view = await desk.create()
    grant = desk.grant(view)
    assert (grant.channel, grant.uid, grant.expire_s) == (view.session.channel_id, 1, 3600)
    again = await desk.service.info(TENANT, view.session.id)
    assert again.media_token == view.media_token, "made anew, and the same"


async def test_a_long_session_can_renew_its_token(desk: Desk) -> None:
    view = await desk.create()
    desk.now += 1801
    renewed = await desk.service.info(TENANT, view.session.id)
    assert renewed.media_token != view.media_token
    desk.now += 1900
    with pytest.raises(BadCredentials):
        desk.grant(view)
    assert desk.grant(renewed).channel == view.session.channel_id


async def test_near_points_reach_the_imaging(desk: Desk) -> None:
    near = ((1, 2), (3, 4), (5, 6), (7, 8))
    await desk.create(SourceRequest(URL, near))
    assert desk.imaging.near == [near]


async def test_without_room_create_is_refused_before_the_face_is_fetched(desk: Desk) -> None:
    desk.placement.limit = 0
    with pytest.raises(NoCapacity):
        await desk.create()
    assert desk.imaging.prepared == []


async def test_room_that_is_lost_meanwhile_leaves_nothing_behind(desk: Desk) -> None:
    desk.placement.limit = 1
    answers = await asyncio.gather(desk.create(), desk.create(), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["NoCapacity", "SessionView"]
    assert desk.files() == 1
    await desk.service.close(TENANT, desk.station.brief.session_id)
    desk.placement.vanishes = True
    with pytest.raises(NoCapacity):
        await desk.create()
    assert desk.files() == 0
    desk.placement.vanishes = False
    await desk.create()


async def test_a_bad_source_makes_no_session(desk: Desk) -> None:
    desk.pages[URL] = BROKEN
    with pytest.raises(ImageRejected):
        await desk.create()
    with pytest.raises(FetchFailed):
        await desk.create(SourceRequest("https://example.com/nothing"))
    assert desk.placement.stations == []


async def test_no_credit_no_session(desk: Desk) -> None:
    poor = Tenant("t1", "client", "d" * 64, False, 0, 1.0)
    with pytest.raises(QuotaExceeded):
        await desk.service.create(poor, [FACE], 2)


@pytest.mark.parametrize("options", [{"limits": {"creates_per_minute": 3}}])
async def test_fifty_creates_at_once_harm_nobody(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.create() for _ in range(50)), return_exceptions=True)
    kinds = [type(answer) for answer in answers]
    assert kinds.count(TooFrequent) == 47
    assert kinds.count(SessionView) == 2
    assert len(desk.imaging.prepared) == 2, "no face is prepared for nothing"
    desk.placement.limit = 3
    await desk.service.create(OTHER, [FACE], 2)


async def test_join_answers_and_info_has_the_figures(desk: Desk) -> None:
    view = await desk.create()
    session, answer = await desk.service.join(desk.grant(view), "join", OFFER)
    assert (session.id, answer.peer_id) == (view.session.id, "peer1")
    assert (await desk.service.info(TENANT, session.id)).statistics == {"fps": 20.0}


async def test_tokens_are_bound_to_channel_and_user(desk: Desk) -> None:
    first, second = await desk.create(), await desk.create()
    with pytest.raises(Forbidden):
        desk.service.admit(first.media_token, second.session.channel_id)
    with pytest.raises(Forbidden):
        await desk.service.join(desk.grant(first), "join", OFFER, uid=3)
    await desk.service.join(desk.grant(first), "join", OFFER, uid=1)
    foreign = MediaToken("app", first.session.channel_id, 3, 0, 1, 1)
    with pytest.raises(Forbidden):
        await desk.service.join(foreign, "join", OFFER)
    unknown = MediaToken("app", "20990101000000000_0000", 1, 0, 1, 1)
    with pytest.raises(NotFound):
        await desk.service.join(unknown, "join", OFFER)


async def test_a_bad_offer_harms_nothing(desk: Desk) -> None:
    view = await desk.create()
    with pytest.raises(MediaRejected):
        await desk.service.join(desk.grant(view), "join", "garbage")
    assert await desk.join(view) == "peer1"


async def test_trickle_and_hang_up_reach_the_station(desk: Desk) -> None:
    view = await desk.create()
    peer, grant = await desk.join(view), desk.grant(view)
    await desk.service.trickle(grant, peer, "a=candidate:1")
    assert desk.station.fragments == ["a=candidate:1"]
    await desk.service.hang_up(grant, peer)
    for attempt in (
        desk.service.hang_up(grant, peer),
        desk.service.trickle(grant, peer, "a=candidate:1"),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_update_changes_the_face_and_drops_the_old_one(desk: Desk) -> None:
    view = await desk.create()
    desk.pages[URL] = EILEEN
    await desk.service.update(TENANT, view.session.id, [SourceRequest(URL)])
    assert desk.station.sources == [JPEG, EILEEN]
    assert desk.files() == 1
    assert (await desk.session(view)).state is State.LIVE


async def test_a_bad_update_leaves_the_old_face_running(desk: Desk) -> None:
    view = await desk.create()
    desk.pages["https://example.com/broken"] = BROKEN
    for url, error in (("https://example.com/broken", ImageRejected), ("https://x", FetchFailed)):
        with pytest.raises(error):
            await desk.service.update(TENANT, view.session.id, [SourceRequest(url)])
    assert len(desk.station.sources) == 1
    assert (await desk.session(view)).source_id == view.session.source_id
    assert desk.files() == 1


async def test_the_face_of_an_interrupted_session_can_be_changed(desk: Desk) -> None:
    view = await desk.create()
    desk.station.end(EndReason.WORKER_LOST)
    await desk.until(view, State.FAILED)
    desk.pages[URL] = EILEEN
    await desk.service.update(TENANT, view.session.id, [SourceRequest(URL)])
    await desk.join(view)
    assert desk.placement.stations[0].sources != desk.station.sources


async def test_an_uploaded_source_outlives_its_sessions(desk: Desk) -> None:
    source = await desk.sources.upload("t1", JPEG)
    view = await desk.create(SourceRequest(source.id))
    await desk.service.close(TENANT, view.session.id)
    assert [kept.id for kept in await desk.sources.listed("t1")] == [source.id]
    with pytest.raises(NotFound):
        await desk.service.create(OTHER, [SourceRequest(source.id)], 2)


async def test_a_deleted_source_lives_as_long_as_its_session(desk: Desk) -> None:
    source = await desk.sources.upload("t1", JPEG)
    view = await desk.create(SourceRequest(source.id))
    await desk.sources.delete("t1", source.id)
    assert await desk.sources.listed("t1") == []
    desk.station.end(EndReason.WORKER_LOST)
    await desk.until(view, State.FAILED)
    await desk.join(view)
    await desk.service.close(TENANT, view.session.id)
    assert desk.files() == 0


async def test_close_is_final_and_idempotent(desk: Desk) -> None:
    view = await desk.create()
    for _ in range(2):
        await desk.service.close(TENANT, view.session.id)
    session = await desk.session(view)
    assert (session.state, session.reason) == (State.FINISHED, Reason.CLOSED)
    assert desk.station.ended.result() is EndReason.CLOSED
    assert desk.placement.capacity().live == 0
    for attempt in (
        desk.service.join(desk.grant(view), "join", OFFER),
        desk.service.update(TENANT, view.session.id, [FACE]),
        desk.service.trickle(desk.grant(view), "peer1", "a=x"),
    ):
        with pytest.raises(SessionClosed):
            await attempt
    assert desk.files() == 0


async def test_a_foreign_session_is_untouchable_and_looks_like_none(desk: Desk) -> None:
    view = await desk.create()
    with pytest.raises(NotFound) as unknown:
        await desk.service.info(TENANT, "f" * 24)
    for attempt in (
        desk.service.info(OTHER, view.session.id),
        desk.service.close(OTHER, view.session.id),
        desk.service.update(OTHER, view.session.id, [FACE]),
    ):
        with pytest.raises(NotFound, match=str(unknown.value)):
            await attempt
    assert (await desk.session(view)).state is State.LIVE


async def test_nobody_joins(desk: Desk) -> None:
    view = await desk.create()
    await asyncio.sleep(0.15)
    assert (await desk.session(view)).state is State.LIVE, "the clock stands still"
    desk.now += 0.3
    assert (await desk.until(view, State.FAILED)).reason is Reason.NOBODY_JOINED
    assert desk.placement.capacity().live == 0


async def test_everybody_leaves(desk: Desk) -> None:
    view = await desk.create()
    peer = await desk.join(view)
    desk.now += 100
    await asyncio.sleep(0.15)
    assert (await desk.session(view)).state is State.LIVE, "somebody is there"
    await desk.service.hang_up(desk.grant(view), peer)
    await asyncio.sleep(0.15)
    assert (await desk.session(view)).state is State.LIVE, "the grace time has just begun"
    desk.now += 0.3
    assert (await desk.until(view, State.FINISHED)).reason is Reason.EVERYBODY_LEFT


async def test_a_station_that_counts_peers_is_believed(desk: Desk) -> None:
    view = await desk.create()
    await desk.join(view)
    desk.station.statistics = {"peers": 1}
    await asyncio.sleep(0.15)
    desk.station.statistics = {"peers": 0}
    desk.now += 0.3
    assert (await desk.until(view, State.FINISHED)).reason is Reason.EVERYBODY_LEFT


async def test_a_camera_that_went_before_its_user_is_the_reason(desk: Desk) -> None:
    view = await desk.create()
    desk.station.statistics = {"peers": 1, "state": "camera_lost"}
    await asyncio.sleep(0.15)
    desk.station.statistics = {"peers": 0, "state": "waiting"}
    desk.now += 0.3
    assert (await desk.until(view, State.FAILED)).reason is Reason.CAMERA_GONE


async def test_a_face_that_the_worker_refuses_leaves_nothing_behind(desk: Desk) -> None:
    view = await desk.create()
    desk.station.refuses = True
    with pytest.raises(SourceRejected):
        await desk.service.update(TENANT, view.session.id, [FACE])
    assert desk.files() == 1
    desk.placement.refuses = True
    with pytest.raises(SourceRejected):
        await desk.create()
    assert desk.files() == 1


async def test_what_nobody_can_join_any_more_is_swept(desk: Desk) -> None:
    view, kept = await desk.create(), await desk.create()
    desk.placement.stations[0].end(EndReason.WORKER_LOST)
    await desk.until(view, State.FAILED)
    await desk.join(kept)
    desk.now += 3599
    assert await desk.sources.sweep() == 0
    desk.now += 2
    assert await desk.sources.sweep() == 1
    assert desk.files() == 1
    assert (await desk.session(kept)).state is State.LIVE


async def test_the_audit_log_tells_a_session_s_life(desk: Desk) -> None:
    view = await desk.create()
    await desk.service.update(TENANT, view.session.id, [FACE])
    await desk.service.close(TENANT, view.session.id)
    folder = desk.settings.data_dir
    lines = [json.loads(line) for line in (folder / LOG_FILE).read_text().splitlines()]
    assert [line["event"] for line in lines] == [
        "likeness.attested",
        "session.created",
        "session.placed",
        "likeness.attested",
        "session.source_changed",
        "session.closed",
    ]
    assert {line["session"] for line in lines if "session" in line} == {view.session.id}
    assert lines[0]["tenant"] == lines[1]["tenant"] == TENANT.id
    assert verify_log(folder / LOG_FILE, read_key(folder / KEY_FILE).public_key()).intact

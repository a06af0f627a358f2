"""Sessions over the Agora network as the service sees them: credentials, briefs, lost workers."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from tests.live.desk import FACE, TENANT, Desk, eventually, opened_desk

from mien.errors import BadCredentials, ParameterError
from mien.live import agora_seat
from mien.live.placement import EndReason
from mien.live.service import MOST_REVIVALS, SessionView
from mien.live.session import Reason, State
from mien.live.tokens import verify
from mien.settings import AgoraSettings

APP_ID, CERTIFICATE = "970CA35de60c44645bbae8a215061b33", "5CFd2fd1755d40ecb72977518be15d3b"
ACCOUNT = AgoraSettings.model_validate({"app_id": APP_ID, "app_certificate": CERTIFICATE})


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    # The SDK itself is first asked for in a worker, and these are in memory.
    monkeypatch.setattr(agora_seat, "is_installed", lambda: True)
    async with opened_desk(tmp_path, agora=ACCOUNT, join_grace_s=30.0) as desk:
        yield desk


async def create(desk: Desk) -> SessionView:
    return await desk.service.create(TENANT, [FACE], 2, "agora")


async def test_both_users_get_true_credentials(desk: Desk) -> None:
    view = await create(desk)
    assert view.app_id == APP_ID
    front = verify(view.media_token, app_id=APP_ID, certificate=CERTIFICATE, now=desk.now)
    assert (front.channel, front.uid) == (view.session.channel_id, 1)
    assert sorted(front.privileges) == [1, 2, 3, 4]
    seat = desk.station.brief.agora
    assert seat is not None
    token = seat.token(desk.now, 7)
    ours = verify(token, app_id=APP_ID, certificate=CERTIFICATE, now=desk.now)
    assert (ours.channel, ours.uid, ours.salt) == (view.session.channel_id, 3, 7)
    assert CERTIFICATE not in repr(desk.station.brief)
    assert agora_seat.AgoraSeat.from_json(seat.as_json()) == seat
    assert (await desk.service.info(TENANT, view.session.id)).app_id == APP_ID


async def test_its_token_opens_no_peer_of_ours_and_a_plain_session_stays_plain(desk: Desk) -> None:
    view = await create(desk)
    with pytest.raises(BadCredentials):
        desk.service.admit(view.media_token, view.session.channel_id)
    plain = await desk.service.create(TENANT, [FACE], 2)
    assert plain.app_id != APP_ID
    assert desk.placement.stations[-1].brief.agora is None
    assert desk.service.admit(plain.media_token, plain.session.channel_id).uid == 1


async def test_a_lost_worker_is_followed_by_another_but_not_for_ever(desk: Desk) -> None:
    view = await create(desk)

    async def stations(count: int) -> bool:
        return len(desk.placement.stations) == count

    for count in range(2, MOST_REVIVALS + 2):
        desk.station.end(EndReason.WORKER_LOST)
        await eventually(partial(stations, count))
        assert (await desk.session(view)).state is State.LIVE
        assert desk.station.brief.agora == desk.placement.stations[0].brief.agora
    desk.station.end(EndReason.WORKER_LOST)
    assert (await desk.until(view, State.FAILED)).reason is Reason.WORKER_LOST
    assert len(desk.placement.stations) == MOST_REVIVALS + 1


@pytest.mark.parametrize(
    "account, says", [(AgoraSettings(app_id=None), "APP_ID"), (ACCOUNT, "agora-python-server-sdk")]
)
async def test_what_is_missing_is_said(tmp_path: Path, account: AgoraSettings, says: str) -> None:
    async with opened_desk(tmp_path, agora=account) as desk:
        with pytest.raises(ParameterError, match=says):
            await create(desk)
        assert desk.placement.stations == []
        assert desk.files() == 0

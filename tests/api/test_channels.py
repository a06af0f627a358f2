from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.conftest import OFFER, House

from mien.live.placement import EndReason

FRAGMENT = {"content-type": "application/trickle-ice-sdpfrag"}


async def join(house: House, session: dict[str, Any], **more: Any) -> Any:
    body = {"sdp": OFFER, **more}
    return await house.http.post(session["join_url"], json=body, headers=house.media(session))


async def test_join_answers(house: House) -> None:
    session = await house.create()
    answer = await join(house, session, uid="1", unknown="field")
    assert answer.status_code == 200
    assert answer.json() == {
        "code": 1000,
        "msg": "OK",
        "data": {
            "peer_id": "peer1",
            "sdp": "v=0\r\ns=answer to join\r\n",
            "uid": 1,
            "algorithm_user_id": "3",
            "ice_servers": [],
        },
    }
    assert house.placement.stations[0].offers[0].sdp == OFFER


@pytest.mark.parametrize("uid", [None, 0, 1, "1", "0"])
async def test_a_user_id_may_be_said(house: House, uid: Any) -> None:
    assert (await join(house, await house.create(), uid=uid)).status_code == 200


async def test_another_user_id_is_refused(house: House) -> None:
    answer = await join(house, await house.create(), uid=7)
    assert (answer.status_code, answer.json()["code"]) == (403, 1009)


@pytest.mark.parametrize("uid", ["a", -1, 1.5, True, "٣", 1 << 32, [1], "1" * 11])
async def test_a_wrong_user_id_is_named(house: House, uid: Any) -> None:
    answer = await join(house, await house.create(), uid=uid)
    assert (answer.status_code, answer.json()["code"]) == (400, 1003)
    assert answer.json()["msg"].startswith("uid")


@pytest.mark.parametrize("sdp", [None, "", 5, [OFFER], {"type": "offer"}])
async def test_a_wrong_sdp_field_is_named(house: House, sdp: Any) -> None:
    answer = await join(house, await house.create(), sdp=sdp)
    assert (answer.status_code, answer.json()["code"]) == (400, 1003)
    assert answer.json()["msg"].startswith("sdp")


async def test_sdp_of_garbage_and_of_a_megabyte(house: House) -> None:
    session = await house.create()
    assert (await join(house, session, sdp="garbage")).json()["code"] == 1003
    for length in (64 * 1024 + 1, 1 << 20):
        answer = await join(house, session, sdp=OFFER + "a" * length)
        assert (answer.status_code, answer.json()["code"]) == (413, 1003)
    at_most = OFFER + "a" * (64 * 1024 - len(OFFER))
    assert (await join(house, session, sdp=at_most)).status_code == 200


async def test_tokens(house: House) -> None:
    first, second = await house.create(), await house.create()
    body = {"sdp": OFFER}
    for headers, status, code in (
        ({}, 401, 1102),
        (house.key, 401, 1102),
        ({"Authorization": "Bearer 007abc"}, 401, 1101),
        ({"Authorization": "Basic abc"}, 401, 1101),
        (house.media(second), 403, 1009),
    ):
        answer = await house.http.post(first["join_url"], json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert ("www-authenticate" in answer.headers) == (status == 401)
    house.clock.now += 3600
    assert (await join(house, first)).json()["code"] == 1101


async def test_an_unknown_channel_has_no_valid_token(house: House) -> None:
    session = await house.create()
    url = "/v1/channels/20990101000000000_0001/join"
    answer = await house.http.post(url, json={"sdp": OFFER}, headers=house.media(session))
    assert (answer.status_code, answer.json()["code"]) == (403, 1009)
    await house.services.store.delete_session(session["_id"])
    gone = await join(house, session)
    assert (gone.status_code, gone.json()["code"]) == (404, 1008)


async def test_no_room_says_when_to_come_back(house: House) -> None:
    session = await house.create()
    house.placement.stations[0].end(EndReason.WORKER_LOST)
    house.placement.limit = 0
    answer = await join(house, session)
    assert (answer.status_code, answer.json()["code"]) == (503, 1215)
    assert answer.headers["retry-after"] == "5"


async def test_trickle_and_leave(house: House) -> None:
    session = await house.create()
    peer = (await join(house, session)).json()["data"]["peer_id"]
    url = f"/v1/channels/{session['channel_id']}/peers/{peer}"
    headers = house.media(session)
    answer = await house.http.patch(url, content="a=candidate:1", headers=headers | FRAGMENT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert house.placement.stations[0].fragments == ["a=candidate:1"]
    bad = await house.http.patch(url, content="garbage", headers=headers | FRAGMENT)
    assert (bad.status_code, bad.json()["code"]) == (400, 1003)
    untyped = await house.http.patch(url, content="a=candidate:1", headers=headers)
    assert untyped.status_code == 415
    assert (await house.http.delete(url)).status_code == 401
    assert (await house.http.delete(url, headers=headers)).json() == {"code": 1000, "msg": "OK"}
    assert (await house.http.delete(url, headers=headers)).status_code == 404


@pytest.mark.parametrize(
    "options",
    [{"ice": {"turn_urls": ["turn:turn.example"], "turn_secret": "s", "stun_urls": ["stun:s"]}}],
)
async def test_ice_servers_are_told_everywhere(house: House) -> None:
    session = await house.create()
    url = f"/v1/channels/{session['channel_id']}/ice"
    told = (await house.http.get(url, headers=house.media(session))).json()["data"]["ice_servers"]
    assert told[0] == {"urls": ["stun:s"]}
    assert told[1]["username"] == f"{int(house.clock.now) + 3600}:{session['channel_id']}"
    assert told == session["ice_servers"]
    assert told == (await join(house, session)).json()["data"]["ice_servers"]
    assert house.placement.stations[0].offers[0].ice_servers == tuple(told)
    assert (await house.http.get(url)).status_code == 401


@given(sdp=st.text(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
async def test_any_text_as_sdp_gets_an_answer(house: House, sdp: str) -> None:
    if not house.placement.stations:
        await house.create()
    brief = house.placement.stations[0].brief
    info = await house.http.post(
        "/api/open/v3/faceswap/live/info", json={"_id": brief.session_id}, headers=house.key
    )
    answer = await join(house, info.json()["data"], sdp=sdp)
    assert answer.status_code in (200, 400)
    assert answer.json()["code"] in (1000, 1003)

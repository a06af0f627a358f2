from typing import Any

import pytest
from tests.api.conftest import OFFER, House

SDP = {"content-type": "application/sdp"}
FRAGMENT = {"content-type": "application/trickle-ice-sdpfrag"}

both = pytest.mark.parametrize("kind", ["whip", "whep"])


async def post(house: House, session: dict[str, Any], kind: str, **changes: Any) -> Any:
    sent = {"content": OFFER, "headers": house.media(session) | SDP} | changes
    return await house.http.post(session[f"{kind}_url"], **sent)


@both
async def test_an_offer_is_answered_as_the_rfc_has_it(house: House, kind: str) -> None:
    session = await house.create()
    answer = await post(house, session, kind)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/sdp"
    assert answer.headers["location"] == f"/v1/channels/{session['channel_id']}/{kind}/peer1"
    assert answer.headers["etag"] == '"peer1"'
    assert "link" not in answer.headers
    assert answer.text == f"v=0\r\ns=answer to {kind}\r\n"
    assert house.placement.stations[0].offers[0].kind == kind


@pytest.mark.parametrize(
    "options",
    [{"ice": {"turn_urls": ["turn:t.example"], "turn_secret": "s", "stun_urls": ["stun:s"]}}],
)
@both
async def test_ice_servers_are_linked(house: House, kind: str) -> None:
    session = await house.create()
    links = (await post(house, session, kind)).headers.get_list("link")
    turn = session["ice_servers"][1]
    assert links == [
        '<stun:s>; rel="ice-server"',
        f'<turn:t.example>; rel="ice-server"; username="{turn["username"]}"; '
        f'credential="{turn["credential"]}"; credential-type="password"',
    ]


@both
async def test_candidates_are_patched_under_the_right_etag(house: House, kind: str) -> None:
    session = await house.create()
    made = await post(house, session, kind)
    url, etag = made.headers["location"], made.headers["etag"]
    headers = house.media(session) | FRAGMENT

    async def patch(**more: str) -> int:
        answer = await house.http.patch(url, content="a=candidate:1", headers=headers | more)
        return int(answer.status_code)

    assert await patch() == 428
    assert await patch(**{"if-match": '"other"'}) == 412
    assert await patch(**{"if-match": "*"}) == 422
    assert await patch(**{"if-match": etag, "content-type": "application/sdp"}) == 415
    assert house.placement.stations[0].fragments == []
    assert await patch(**{"if-match": etag}) == 204
    assert house.placement.stations[0].fragments == ["a=candidate:1"]


@both
async def test_an_ice_restart_is_refused_in_words(house: House, kind: str) -> None:
    session = await house.create()
    url = (await post(house, session, kind)).headers["location"]
    headers = house.media(session) | FRAGMENT | {"if-match": "*"}
    answer = await house.http.patch(url, content="a=ice-ufrag:x", headers=headers)
    assert "ICE restart is not supported" in answer.json()["msg"]


@both
async def test_the_peer_is_deleted(house: House, kind: str) -> None:
    session = await house.create()
    url = (await post(house, session, kind)).headers["location"]
    assert (await house.http.delete(url)).status_code == 401
    assert house.placement.stations[0].peers == {"peer1"}
    assert (await house.http.delete(url, headers=house.media(session))).status_code == 200
    assert house.placement.stations[0].peers == set()
    assert (await house.http.delete(url, headers=house.media(session))).status_code == 404


@both
async def test_wrong_requests(house: House, kind: str) -> None:
    session, other = await house.create(), await house.create()
    token = house.media(session)
    json_type = {"content-type": "application/json"}
    assert (await post(house, session, kind, headers=token)).status_code == 415
    assert (await post(house, session, kind, headers=token | json_type)).status_code == 415
    typed = token | {"content-type": "Application/SDP; charset=utf-8"}
    assert (await post(house, session, kind, headers=typed)).status_code == 201
    assert (await post(house, session, kind, content="garbage")).status_code == 400
    assert (await post(house, session, kind, content="")).status_code == 400
    assert (await post(house, session, kind, content=b"\xff\xfe")).status_code == 400
    assert (await post(house, session, kind, content="v" * 65_537)).status_code == 413
    assert (await post(house, session, kind, content="v" * (1 << 20))).status_code == 413
    assert (await post(house, session, kind, headers=SDP)).status_code == 401
    foreign = house.media(other) | SDP
    assert (await post(house, session, kind, headers=foreign)).status_code == 403


@both
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods(house: House, kind: str, method: str) -> None:
    session = await house.create()
    answer = await house.http.request(method, session[f"{kind}_url"], headers=house.media(session))
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
    assert answer.json()["code"] == 1003


@both
async def test_options_need_no_credentials(house: House, kind: str) -> None:
    session = await house.create()
    answer = await house.http.options(session[f"{kind}_url"])
    assert answer.status_code == 204
    assert answer.headers["accept-post"] == "application/sdp"

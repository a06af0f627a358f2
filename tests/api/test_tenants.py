"""Two tenants of one server: what is one's can't be told from what is not there by the other."""

import json
from typing import Any

import httpx
import pytest
from tests.api.conftest import (
    CLOSE,
    CREATE,
    FACE_URL,
    GET_TOKEN,
    INFO,
    OFFER,
    UPDATE,
    House,
)
from tests.live.fakes import JPEG

from mien.live.records import Tenant

NO_SESSION = "0" * 24
NO_SOURCE = "src_" + "0" * 32
NO_CHANNEL = "20990101000000000_0000"


@pytest.fixture
async def other(house: House) -> dict[str, str]:
    digest = house.services.accounts.digest("other key")
    await house.services.store.put_tenant(Tenant("other", "other", digest, False, 100, 1.0))
    return {"x-api-key": "other key"}


def told(answer: httpx.Response) -> tuple[int, Any, list[str]]:
    """All that an answer says, but for the request's id and the id that was asked for."""
    headers = sorted(name for name in answer.headers if name != "x-request-id")
    return answer.status_code, answer.json(), headers


async def test_another_s_session_answers_as_none(house: House, other: dict[str, str]) -> None:
    session = (await house.create())["_id"]
    for path, more in ((INFO, {}), (CLOSE, {}), (UPDATE, {"sourceImage": [FACE_URL]})):
        answers = [
            told(await house.http.post(path, json={"_id": one, **more}, headers=other))
            for one in (session, NO_SESSION)
        ]
        assert answers[0] == answers[1], path
        assert answers[0][1]["code"] == 1008
    by_get = [
        told(await house.http.get(INFO, params={"_id": one}, headers=other))
        for one in (session, NO_SESSION)
    ]
    assert by_get[0] == by_get[1]
    assert (await house.call(INFO, {"_id": session}))["data"]["faceswap_status"] == 2


async def test_another_s_source_answers_as_none(house: House, other: dict[str, str]) -> None:
    upload = await house.http.post("/v1/sources", files={"file": JPEG}, headers=house.key)
    source = upload.json()["data"]["id"]
    session = (await house.call(CREATE, {"sourceImage": [FACE_URL]}, other))["data"]["_id"]
    deletes, creates, updates = [], [], []
    for one in (source, NO_SOURCE):
        deletes.append(told(await house.http.delete(f"/v1/sources/{one}", headers=other)))
        body: dict[str, Any] = {"sourceImage": [one]}
        creates.append(told(await house.http.post(CREATE, json=body, headers=other)))
        body["_id"] = session
        updates.append(told(await house.http.post(UPDATE, json=body, headers=other)))
    for pair in (deletes, creates, updates):
        assert pair[0] == pair[1]
        assert pair[0][1]["code"] == 1008
    assert (await house.http.get("/v1/sources", headers=other)).json()["data"] == []
    assert len((await house.http.get("/v1/sources", headers=house.key)).json()["data"]) == 1


async def test_another_s_channel_answers_as_none(house: House, other: dict[str, str]) -> None:
    mine = await house.create()
    theirs = (await house.call(CREATE, {"sourceImage": [FACE_URL]}, other))["data"]
    bearer = house.media(theirs)
    calls: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("POST", "join", {"json": {"sdp": OFFER}}),
        ("GET", "ice", {}),
        ("GET", "statement", {}),
        ("DELETE", "peers/peer1", {}),
        ("POST", "whip", {"content": OFFER, "headers": {"content-type": "application/sdp"}}),
    )
    for method, what, more in calls:
        more["headers"] = bearer | more.get("headers", {})
        answers = [
            told(await house.http.request(method, f"/v1/channels/{channel}/{what}", **more))
            for channel in (mine["channel_id"], NO_CHANNEL)
        ]
        assert answers[0] == answers[1], what
        assert answers[0][1]["code"] == 1009, what


async def test_a_block_is_told_to_key_token_and_media_token(
    house: House, other: dict[str, str]
) -> None:
    pair = {"clientId": "other", "clientSecret": "other key"}
    token = (await house.http.post(GET_TOKEN, json=pair)).json()["token"]
    session = (await house.call(CREATE, {"sourceImage": [FACE_URL]}, other))["data"]
    await house.services.store.change_tenant("other", blocked=True)
    for headers in (other, {"Authorization": f"Bearer {token}"}):
        assert (await house.call(INFO, {"_id": session["_id"]}, headers))["code"] == 1200
    join = await house.http.post(
        session["join_url"], json={"sdp": OFFER}, headers=house.media(session)
    )
    assert (join.status_code, join.json()["code"]) == (403, 1200)
    assert (await house.http.post(GET_TOKEN, json=pair)).json()["code"] == 1200


async def test_a_tenant_s_own_rate_of_detects(house: House, other: dict[str, str]) -> None:
    await house.services.store.change_tenant("other", detects=1)
    codes = []
    for _ in range(2):
        answer = await house.http.post("/detect", json={"image_url": FACE_URL}, headers=other)
        codes.append(answer.json().get("code", 1000))
    assert codes == [1000, 1005]
    mine = await house.http.post("/detect", json={"image_url": FACE_URL}, headers=house.key)
    assert json.loads(mine.text)["error_code"] == 0

"""What was granted, through the API: which code says that it is used up, and what goes on."""

from typing import Any

import pytest
from tests.api.conftest import CLOSE, CREATE, FACE_URL, GET_TOKEN, INFO, UPDATE, House
from tests.live.fakes import EILEEN, JPEG

from mien.live.accounts import DEFAULT_TENANT

FACE = {"sourceImage": [FACE_URL]}
NEWER = "/interface/detect-api/detect_faces"


async def granted(house: House, **quota: Any) -> None:
    await house.services.store.change_tenant(DEFAULT_TENANT, **quota)


async def created(house: House, times: int) -> list[int]:
    return [(await house.call(CREATE, FACE))["code"] for _ in range(times)]


async def test_sessions_at_once(house: House) -> None:
    house.placement.limit = 9
    await granted(house, sessions=2)
    first = (await house.create())["_id"]
    assert await created(house, 2) == [1000, 1006]
    # What runs goes on: it is looked at, changed, and closed.
    for path, more in ((INFO, {}), (UPDATE, FACE), (CLOSE, {})):
        assert (await house.call(path, {"_id": first, **more}))["code"] == 1000
    assert await created(house, 2) == [1000, 1006]


async def test_no_room_is_another_code_than_no_quota(house: House) -> None:
    house.placement.limit = 1
    await granted(house, sessions=2)
    assert await created(house, 2) == [1000, 1215]


async def test_minutes(house: House) -> None:
    house.placement.limit = 9
    await granted(house, metered=True, credit=1, used_s=59.0)
    assert await created(house, 1) == [1000]
    await granted(house, used_s=60.0)
    assert await created(house, 1) == [1006]
    # It may still ask and detect.
    assert (await house.call("/detect", {"image_url": FACE_URL}))["error_code"] == 0


async def test_creates_and_updates_share_a_minute(house: House) -> None:
    house.placement.limit = 9
    await granted(house, creates=2)
    session = (await house.create())["_id"]
    assert (await house.call(UPDATE, {"_id": session, **FACE}))["code"] == 1000
    assert (await house.call(UPDATE, {"_id": session, **FACE}))["code"] == 1005
    assert await created(house, 1) == [1005]
    for path in (INFO, CLOSE):
        assert (await house.call(path, {"_id": session}))["code"] == 1000


async def test_detects_and_uploads_share_a_minute(house: House) -> None:
    await granted(house, detects=3)
    assert (await house.call("/detect", {"image_url": FACE_URL}))["error_code"] == 0
    assert (await house.call(NEWER, {"url": FACE_URL}))["error_code"] == 0
    files = {"file": JPEG}
    assert (await house.http.post("/v1/sources", files=files, headers=house.key)).is_success
    refused = await house.http.post("/v1/sources", files=files, headers=house.key)
    assert (refused.status_code, refused.json()["code"]) == (429, 1005)
    assert int(refused.headers["retry-after"]) > 0
    for path, body in (("/detect", {"image_url": FACE_URL}), (NEWER, {"url": FACE_URL})):
        answer = await house.http.post(path, json=body, headers=house.key)
        assert (answer.json()["error_code"], answer.json()["code"]) == (1, 1005)
    assert await created(house, 1) == [1000], "creates are counted apart"


async def test_a_quota_of_none_lets_nothing_through(house: House) -> None:
    await granted(house, sessions=0)
    assert await created(house, 1) == [1006]
    await granted(house, sessions=None, creates=0)
    assert await created(house, 1) == [1005]


async def test_a_block_is_told_before_any_quota(house: House) -> None:
    await granted(house, sessions=0, creates=0, detects=0, metered=True, credit=0, blocked=True)
    assert await created(house, 1) == [1200]
    pair = {
        "clientId": house.services.installation.client_id,
        "clientSecret": house.key["x-api-key"],
    }
    assert (await house.call(GET_TOKEN, pair))["code"] == 1200


@pytest.mark.parametrize("options", [{"likeness": "required"}])
async def test_what_is_refused_for_another_reason_costs_no_session(house: House) -> None:
    house.web.pages[FACE_URL] = EILEEN
    await granted(house, sessions=1)
    assert await created(house, 3) == [1004, 1004, 1004]

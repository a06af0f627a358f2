import json
from dataclasses import replace
from typing import Any

import pytest
from tests.api.conftest import CREATE, FACE_URL, GET_TOKEN, QUOTA, House

UNLIMITED = {
    "credit": 100,
    "minutes": None,
    "minutes_used": 0.0,
    "sessions": 0,
    "sessions_limit": None,
}
BODY = {"sourceImage": [{"path": FACE_URL}]}


async def credit(house: House, headers: dict[str, str]) -> Any:
    return (await house.http.get(QUOTA, headers=headers)).json()


def pair(house: House) -> dict[str, str]:
    kept = house.services.installation
    return {"clientId": kept.client_id, "clientSecret": kept.client_secret}


async def token(house: House) -> str:
    answer = await house.http.post(GET_TOKEN, json=pair(house))
    text: str = answer.json()["token"]
    return text


async def test_get_token_answers_in_both_places(house: House) -> None:
    answer = await house.http.post(GET_TOKEN, json=pair(house))
    assert answer.status_code == 200
    body = answer.json()
    assert body == {
        "code": 1000,
        "msg": "OK",
        "token": body["token"],
        "data": {"token": body["token"], "expire": 31_536_000},
    }
    assert body["token"].count(".") == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"clientSecret": "wrong"}, 1101),
        ({"clientId": "wrong"}, 1101),
        ({"clientId": ""}, 1003),
        ({"clientSecret": None}, 1003),
        ({"clientSecret": 5}, 1003),
        ({"clientId": ["a"]}, 1003),
        ({"clientId": "\ud800"}, 1003),
    ],
)
async def test_get_token_refuses(house: House, change: dict[str, Any], code: int) -> None:
    body = json.dumps(pair(house) | change).encode()
    answer = await house.http.post(
        GET_TOKEN, content=body, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (200, code)
    assert "token" not in answer.json()
    if code == 1003:
        assert next(iter(change)) in answer.json()["msg"]


@pytest.mark.parametrize("missing", ["clientId", "clientSecret"])
async def test_get_token_names_the_missing_field(house: House, missing: str) -> None:
    body = {key: value for key, value in pair(house).items() if key != missing}
    answer = (await house.http.post(GET_TOKEN, json=body)).json()
    assert answer["code"] == 1003
    assert missing in answer["msg"]


async def test_each_way_to_say_who_one_is(house: House) -> None:
    key = house.services.installation.client_secret
    for headers in (
        {"x-api-key": key},
        {"Authorization": f"Bearer {await token(house)}"},
        {"Authorization": f"bearer {key}"},
        {"Authorization": "", "x-api-key": key},
        {"Authorization": "Bearer ", "x-api-key": key},
        {"Authorization": f"Bearer {key}", "x-api-key": "wrong"},
    ):
        assert await credit(house, headers) == {"code": 1000, "msg": "OK", "data": UNLIMITED}


async def test_authorization_decides_over_the_key(house: House) -> None:
    for bad in ("Bearer wrong", "Bearer a.b.c", "Basic abc", "wrong"):
        headers = {"Authorization": bad, **house.key}
        assert (await credit(house, headers))["code"] == 1101


async def test_missing_and_wrong_credentials(house: House) -> None:
    assert (await credit(house, {}))["code"] == 1102
    assert (await credit(house, {"x-api-key": " "}))["code"] == 1102
    assert (await credit(house, {"x-api-key": "wrong"}))["code"] == 1101


async def test_an_expired_token_is_told_by_its_code(house: House) -> None:
    headers = {"Authorization": f"Bearer {await token(house)}"}
    house.clock.now += 31_536_001
    assert (await credit(house, headers))["code"] == 1101


async def test_every_documented_call_wants_credentials(house: House) -> None:
    guarded = 0
    for path, operations in house.app.openapi()["paths"].items():
        for method, operation in operations.items():
            if not operation.get("security"):
                continue
            guarded += 1
            answer = await house.http.request(method, path.replace("{", "x").replace("}", "x"))
            assert answer.json()["code"] == 1102, (method, path)
            assert answer.status_code == (401 if path.startswith("/v1") else 200)
    # Whoever doubts a file or an installation may ask: these are free for all.
    open_paths = {
        "/v1/compliance",
        "/api/open/v3/getToken",
        "/v1/provenance/detect",
        "/v1/provenance/keys",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    total = sum(len(operations) for operations in house.app.openapi()["paths"].values())
    assert guarded == total - len(open_paths)


async def test_a_blocked_account(house: House) -> None:
    await change_tenant(house, blocked=True)
    assert (await house.call(CREATE, BODY))["code"] == 1200
    assert (await house.http.get("/v1/sources", headers=house.key)).status_code == 403
    assert (await house.http.post(GET_TOKEN, json=pair(house))).json()["code"] == 1200


async def test_no_credit(house: House) -> None:
    await change_tenant(house, credit=0)
    assert (await credit(house, house.key))["data"]["credit"] == 0
    assert (await house.call(CREATE, BODY))["code"] == 1006


async def test_a_metered_account_sees_its_minutes(house: House) -> None:
    await change_tenant(house, metered=True, credit=10, used_s=125.0, sessions=3)
    await house.create()
    assert (await credit(house, house.key))["data"] == {
        "credit": 8,
        "minutes": 10,
        "minutes_used": 2.1,
        "sessions": 1,
        "sessions_limit": 3,
    }
    await change_tenant(house, used_s=600.0)
    assert (await credit(house, house.key))["data"]["credit"] == 0
    assert (await house.call(CREATE, BODY))["code"] == 1006


async def change_tenant(house: House, **changes: Any) -> None:
    tenant = await house.services.store.tenant("default")
    assert tenant is not None
    await house.services.store.put_tenant(replace(tenant, **changes))

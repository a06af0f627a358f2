import stat

from tests.api.conftest import CREATE, FACE_URL, House

from mien.live.installation import OPERATOR_FILE


def bearer(house: House) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.services.operator_token}"}


async def test_only_the_operator_gets_in(house: House) -> None:
    for headers, status, code in (
        ({}, 401, 1102),
        (house.key, 401, 1102),
        ({"Authorization": f"Bearer {house.key['x-api-key']}"}, 401, 1101),
        (bearer(house), 200, 1000),
    ):
        answer = await house.http.get("/v1/operator/kills", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    file = house.services.settings.data_dir / OPERATOR_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert house.services.operator_token not in repr(house.services)


async def test_kill_and_revive(house: House) -> None:
    await house.create()
    body = {"scope": "tenant", "target": "default"}
    killed = await house.http.post("/v1/operator/kill", json=body, headers=bearer(house))
    assert killed.json()["code"] == 1000
    (station,) = house.placement.stations
    assert station.halted, "before the answer, not at the next look"
    refused = await house.call(CREATE, {"sourceImage": [FACE_URL]})
    assert refused["code"] == 1200
    assert "operator has stopped" in refused["msg"]
    listed = await house.http.get("/v1/operator/kills", headers=bearer(house))
    assert listed.json()["data"] == [body]
    for status in (200, 404):
        revived = await house.http.post("/v1/operator/revive", json=body, headers=bearer(house))
        assert revived.status_code == status
        assert not station.halted
    assert (await house.call(CREATE, {"sourceImage": [FACE_URL]}))["code"] == 1000
    wrong = await house.http.post(
        "/v1/operator/kill", json={"scope": "all", "target": "x"}, headers=bearer(house)
    )
    assert (wrong.status_code, wrong.json()["code"]) == (400, 1003)

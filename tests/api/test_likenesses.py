import asyncio
import os
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from tests.api.conftest import INFO, House
from tests.live.fakes import EILEEN, GRACE, JPEG

from mien.media.recording import RecordingWriter

CREATED = {"subject": "Eileen Collins", "basis": "written_licence", "adult": True}


async def uploaded(house: House, data: bytes = EILEEN) -> str:
    answer = await house.http.post("/v1/sources", files={"file": data}, headers=house.key)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["id"])


async def registered(house: House, **more: Any) -> Any:
    body = {**CREATED, "source": await uploaded(house), **more}
    return await house.http.post("/v1/likenesses", json=body, headers=house.key)


async def test_a_face_is_registered_looked_at_and_listed(house: House) -> None:
    answer = await registered(
        house, evidence="ab" * 32, scope=["live"], valid_until="2030-01-01T00:00:00Z"
    )
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["id"].startswith("lik_")
    assert (data["subject"], data["basis"], data["scope"]) == (
        *("Eileen Collins", "written_licence"),
        ["live"],
    )
    assert data["valid_until"] == datetime(2030, 1, 1, tzinfo=UTC).timestamp()
    assert data["genuine"] is True
    path = f"/v1/likenesses/{data['id']}"
    assert (await house.http.get(path, headers=house.key)).json()["data"] == data
    listed = (await house.http.get("/v1/likenesses", headers=house.key)).json()["data"]
    assert listed == [data]


@pytest.mark.parametrize(
    "more",
    [
        {"adult": False},
        {"basis": "attested"},
        {"basis": "hearsay"},
        {"scope": []},
        {"subject": ""},
        {"evidence": "abc"},
        {"valid_until": "2030-01-01T00:00:00"},
    ],
)
async def test_what_is_no_registration(house: House, more: dict[str, Any]) -> None:
    answer = await registered(house, **more)
    assert answer.status_code == 400
    assert answer.json()["code"] == 1003


async def test_a_picture_without_a_known_face_and_an_unknown_source(house: House) -> None:
    body = {**CREATED, "source": await uploaded(house, JPEG)}
    assert (
        await house.http.post("/v1/likenesses", json=body, headers=house.key)
    ).status_code == 400
    body["source"] = "src_unknown"
    assert (
        await house.http.post("/v1/likenesses", json=body, headers=house.key)
    ).status_code == 404


async def test_revoking_ends_the_session_that_wears_the_face(house: House) -> None:
    data = (await registered(house, evidence="ab" * 32)).json()["data"]
    house.web.pages["https://example.com/eileen.jpg"] = EILEEN
    session = await house.create(sourceImage=["https://example.com/eileen.jpg"])
    path = f"/v1/likenesses/{data['id']}"
    assert (await house.http.post(f"{path}/revoke", headers=house.key)).status_code == 200
    about = {"_id": session["_id"]}
    async with asyncio.timeout(15):
        while not (told := (await house.call(INFO, about))["data"])["reason"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert told["reason"] == "consent withdrawn"
    again = await house.call(
        "/api/open/v3/faceswap/live/create", {"sourceImage": ["https://example.com/eileen.jpg"]}
    )
    assert again["code"] == 1009


async def test_erasing_ends_the_session_and_forgets(house: House) -> None:
    data = (await registered(house, evidence="ab" * 32)).json()["data"]
    house.web.pages["https://example.com/eileen.jpg"] = EILEEN
    session = await house.create(sourceImage=["https://example.com/eileen.jpg"])
    path = f"/v1/likenesses/{data['id']}"
    told = (await house.http.get(f"{path}/export", headers=house.key)).json()["data"]
    assert [one["id"] for one in told["sessions"]] == [session["_id"]]
    assert (await house.http.get(f"{path}/clip", headers=house.key)).status_code == 404
    assert (await house.http.delete(path, headers=house.key)).status_code == 200
    assert (await house.http.get(path, headers=house.key)).status_code == 404
    ended = (await house.call(INFO, {"_id": session["_id"]}))["data"]
    assert ended["reason"] == "consent withdrawn"


async def test_erasing_deletes_the_recordings_that_show_the_face(house: House) -> None:
    record = (await registered(house)).json()["data"]["id"]
    url = f"/v1/likenesses/{record}"
    session = await house.create(sourceImage=[await uploaded(house)], record=True)
    place = house.placement.stations[-1].brief.record_to
    assert place is not None
    writer = RecordingWriter(place.create(os.urandom), (160, 120), 5.0)
    writer.picture(np.full((120, 160, 3), 90, np.uint8), 5.0)
    writer.close()
    listed = (await house.http.get("/v1/recordings", headers=house.key)).json()["data"]
    told = (await house.http.get(f"{url}/export", headers=house.key)).json()["data"]
    assert told["recordings"] == [listed[0]["id"]]
    assert (await house.http.delete(url, headers=house.key)).status_code == 200
    info = (await house.call(INFO, {"_id": session["_id"]}))["data"]
    assert info["reason"] == "consent withdrawn"
    for _ in range(200):
        listed = (await house.http.get("/v1/recordings", headers=house.key)).json()["data"]
        if not listed:
            break
        await asyncio.sleep(0.02)
    assert listed == []
    assert not await asyncio.to_thread(place.path.exists)


@pytest.mark.parametrize("options", [{"likeness": "required"}])
async def test_where_records_are_required_create_answers_1004(house: House) -> None:
    house.web.pages["https://example.com/grace.jpg"] = GRACE
    answer = await house.call(
        "/api/open/v3/faceswap/live/create", {"sourceImage": ["https://example.com/grace.jpg"]}
    )
    assert answer["code"] == 1004
    assert "likeness record" in answer["msg"]


async def test_a_link_shows_what_is_asked_and_takes_a_refusal(house: House) -> None:
    record = (await registered(house)).json()["data"]
    link = await house.http.post(f"/v1/likenesses/{record['id']}/invite", headers=house.key)
    url, code = link.json()["data"]["url"], link.json()["data"]["qr_svg"]
    base, _, token = url.partition("/consent/#")
    assert base == "http://mien"
    assert code.startswith("<svg")
    assert token not in code
    person = {"Authorization": f"Bearer {token}"}
    about = (await house.http.get("/v1/consent", headers=person)).json()["data"]
    assert about == {
        "subject": "Eileen Collins",
        "asked_by": "default",
        "scope": ["live", "file", "recording"],
        "valid_until": None,
        "state": "open",
    }
    asked = (await house.http.post("/v1/consent/challenge", headers=person)).json()["data"]
    assert len(asked["phrase"]) == 4
    assert len(asked["turns"]) == 3
    assert (await house.http.post("/v1/consent/withdraw", headers=person)).status_code == 200
    about = (await house.http.get("/v1/consent", headers=person)).json()["data"]
    assert about["state"] == "withdrawn"
    kept = (await house.http.get(f"/v1/likenesses/{record['id']}", headers=house.key)).json()
    assert kept["data"]["revoked_at"] == house.clock.now


async def test_without_the_link_nothing_is_told(house: House) -> None:
    assert (await house.http.get("/v1/consent")).status_code == 401
    wrong = {"Authorization": "Bearer nothing"}
    assert (await house.http.get("/v1/consent", headers=wrong)).status_code == 401
    # A tenant's own key opens no link.
    assert (await house.http.get("/v1/consent", headers=house.key)).status_code == 401


async def test_the_page_is_there(house: House) -> None:
    page = await house.http.get("/consent/")
    assert page.status_code == 200
    assert "May your face be used?" in page.text


async def linked(house: House) -> dict[str, str]:
    """What a person sends who was invited."""
    record = (await registered(house)).json()["data"]
    link = await house.http.post(f"/v1/likenesses/{record['id']}/invite", headers=house.key)
    token = link.json()["data"]["url"].partition("#")[2]
    return {"Authorization": f"Bearer {token}"}


async def asked(house: House, person: dict[str, str], times: int = 1) -> list[int]:
    answers = [await house.http.get("/v1/consent", headers=person) for _ in range(times)]
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize("options", [{"limits": {"link_calls_per_minute": 3}}])
async def test_each_link_has_a_rate_of_its_own(house: House) -> None:
    one, other = await linked(house), await linked(house)
    assert await asked(house, one, 5) == [200, 200, 200, 429, 429]
    assert await asked(house, other) == [200]
    refused = (await house.http.get("/v1/consent", headers=one)).json()
    assert refused["code"] == 1005


@pytest.mark.parametrize("options", [{"limits": {"detects_per_minute": 2}}])
async def test_who_guesses_links_stands_in_nobody_s_way(house: House) -> None:
    person = await linked(house)
    guesses = [{"Authorization": f"Bearer guess{number}"} for number in range(4)]
    told = [(await asked(house, guess))[0] for guess in guesses]
    assert told == [401, 401, 429, 429]
    assert await asked(house, person, 3) == [200, 200, 200]
    assert (await house.http.post("/v1/consent/withdraw", headers=person)).status_code == 200


@pytest.mark.parametrize("options", [{"limits": {"detects_per_minute": 2}}])
async def test_clips_of_all_links_together_have_a_bound(house: House) -> None:
    # One upload is left a minute, so one record with two links.
    record = (await registered(house)).json()["data"]
    codes = []
    for _ in range(3):
        link = await house.http.post(f"/v1/likenesses/{record['id']}/invite", headers=house.key)
        token = link.json()["data"]["url"].partition("#")[2]
        person = {"Authorization": f"Bearer {token}"}
        clip = await house.http.post("/v1/consent/clip", headers=person, content=b"clip")
        codes.append(clip.json()["code"])
    assert codes == [1003, 1003, 1005], "without a challenge, then not even looked at"

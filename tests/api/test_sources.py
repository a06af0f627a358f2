import asyncio
import base64
from typing import Any

import pytest
from tests.api.conftest import CLOSE, CREATE, FACE_URL, House
from tests.live.fakes import BROKEN, FACE, JPEG, NO_FACE, TWO_FACES

from mien.live.records import Tenant

URL = "/v1/sources"


async def upload(house: House, data: bytes = JPEG, **more: Any) -> Any:
    files = {"file": ("face.jpg", data, "image/jpeg")}
    return await house.http.post(URL, files=files, headers=house.key, **more)


async def test_a_file_becomes_a_source(house: House) -> None:
    answer = await upload(house, TWO_FACES)
    assert answer.status_code == 200
    body = answer.json()
    assert body == {
        "code": 1000,
        "msg": "OK",
        "data": {
            "id": body["data"]["id"],
            "width": 100,
            "height": 80,
            "face": {
                "landmarks": [list(point) for point in FACE.landmarks],
                "region": list(FACE.region),
            },
            "faces": 2,
            "preview": "data:image/jpeg;base64," + base64.b64encode(JPEG).decode(),
            "notes": ["A larger picture would be sharper."],
        },
    }


@pytest.mark.parametrize(
    "image", [FACE_URL, "data:image/jpeg;base64," + base64.b64encode(JPEG).decode()]
)
async def test_json_becomes_a_source(house: House, image: str) -> None:
    answer = await house.http.post(URL, json={"image": image}, headers=house.key)
    assert answer.json()["code"] == 1000
    assert house.imaging.prepared == [JPEG]


async def test_a_source_can_be_used_listed_and_deleted(house: House) -> None:
    first = (await upload(house)).json()["data"]
    house.clock.now += 1
    second = (await upload(house)).json()["data"]
    listed = await house.http.get(URL, headers=house.key)
    assert listed.json() == {"code": 1000, "msg": "OK", "data": [second, first]}

    session = await house.create(sourceImage=[{"path": first["id"]}])
    assert len(house.imaging.prepared) == 2, "it is prepared already"
    deleted = await house.http.delete(f"{URL}/{first['id']}", headers=house.key)
    assert deleted.json() == {"code": 1000, "msg": "OK"}
    assert (await house.http.get(URL, headers=house.key)).json()["data"] == [second]
    assert (await house.http.delete(f"{URL}/{first['id']}", headers=house.key)).status_code == 404
    create = await house.call(CREATE, {"sourceImage": [first["id"]]})
    assert create["code"] == 1008

    folder = house.services.settings.data_dir / "sources"
    path = folder / f"{first['id']}.sealed"
    assert await asyncio.to_thread(path.exists)
    await house.call(CLOSE, {"_id": session["_id"]})
    assert not await asyncio.to_thread(path.exists)


async def test_another_tenants_sources_are_invisible(house: House) -> None:
    source = (await upload(house)).json()["data"]
    digest = house.services.accounts.digest("other key")
    await house.services.store.put_tenant(Tenant("other", "other", digest, False, 100, 1.0))
    other = {"x-api-key": "other key"}
    assert (await house.http.get(URL, headers=other)).json()["data"] == []
    assert (await house.http.delete(f"{URL}/{source['id']}", headers=other)).status_code == 404
    assert (await house.call(CREATE, {"sourceImage": [source["id"]]}, other))["code"] == 1008
    assert (await house.http.get(URL, headers=house.key)).json()["data"] == [source]


@pytest.mark.parametrize("data", [NO_FACE, BROKEN, b"", b"text"])
async def test_an_unusable_picture(house: House, data: bytes) -> None:
    answer = await upload(house, data)
    assert (answer.status_code, answer.json()["code"]) == (400, 1016)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"image": 5}', b'{"image": ""}', b'{"image": null}', b"\xff"],
)
async def test_wrong_json_names_the_field(house: House, body: bytes) -> None:
    answer = await house.http.post(URL, content=body, headers=house.key)
    assert (answer.status_code, answer.json()["code"]) == (400, 1003)
    assert answer.json()["msg"].startswith("image")


async def test_wrong_forms(house: House) -> None:
    for sent in (
        {"files": {"other": ("a.jpg", JPEG)}},
        {"data": {"file": "text"}, "files": {"x": b""}},
        {"content": b"garbage", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"garbage", "headers": {"content-type": "multipart/form-data"}},
    ):
        headers = house.key | sent.pop("headers", {})  # type: ignore[operator]
        answer = await house.http.post(URL, headers=headers, **sent)
        assert (answer.status_code, answer.json()["code"]) == (400, 1003)


@pytest.mark.parametrize("options", [{"limits": {"image_bytes": 100}}])
async def test_a_file_above_the_limit(house: House) -> None:
    assert (await upload(house, JPEG.ljust(100))).status_code == 200
    answer = await upload(house, JPEG.ljust(101))
    assert (answer.status_code, answer.json()["code"]) == (413, 1003)


@pytest.mark.parametrize("options", [{"limits": {"detects_per_minute": 1}}])
async def test_too_many_uploads(house: House) -> None:
    assert (await upload(house)).status_code == 200
    answer = await upload(house)
    assert (answer.status_code, answer.json()["code"]) == (429, 1005)
    assert answer.headers["retry-after"] == "10"

"""sourceImage, targetImage and face_mode: how a request says who wears which face."""

import io
import zipfile
from typing import Any

import pytest
from tests.api.conftest import CREATE, FACE_URL, UPDATE, House
from tests.live.fakes import EILEEN, GRACE

EILEEN_URL, GRACE_URL = "https://example.com/eileen.jpg", "https://example.com/grace.jpg"
TWO = [EILEEN_URL, GRACE_URL]


@pytest.fixture(autouse=True)
def pages(house: House) -> None:
    house.web.pages |= {EILEEN_URL: EILEEN, GRACE_URL: GRACE}


def worn(house: House) -> tuple[str, list[bytes]]:
    """The mode and the faces that the newest station was given last."""
    data = house.placement.stations[-1].sources[-1]
    assert data is not None
    if not data.startswith(b"PK"):
        return "alone", [data]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = sorted(name for name in parts.namelist() if name.startswith("face"))
        return parts.read("mode").decode(), [parts.read(name) for name in names]


@pytest.mark.parametrize(
    ("body", "mode", "faces"),
    [
        ({"sourceImage": TWO}, "alone", [EILEEN + GRACE]),
        ({"sourceImage": TWO, "face_mode": "largest"}, "alone", [EILEEN + GRACE]),
        ({"sourceImage": TWO, "face_mode": None, "targetImage": []}, "alone", [EILEEN + GRACE]),
        ({"sourceImage": TWO, "face_mode": "all"}, "all", [EILEEN + GRACE]),
        ({"sourceImage": TWO[:1], "face_mode": "all"}, "all", [EILEEN]),
        ({"sourceImage": TWO, "face_mode": "order"}, "order", [EILEEN, GRACE]),
        (
            {
                "sourceImage": [
                    {"path": EILEEN_URL, "person": 2},
                    {"path": GRACE_URL, "person": 1},
                    {"path": EILEEN_URL, "person": 2},
                ],
                "face_mode": "order",
            },
            "order",
            [GRACE, EILEEN * 2],
        ),
        ({"sourceImage": TWO, "targetImage": TWO[::-1]}, "chosen", [EILEEN, GRACE]),
        (
            {
                "sourceImage": [{"path": url, "person": 5} for url in TWO],
                "targetImage": [{"path": FACE_URL, "opts": "1,2:3,4:5,6:7,8"}],
                "face_mode": "chosen",
            },
            "chosen",
            [EILEEN + GRACE],
        ),
    ],
)
async def test_create_and_update_say_who_wears_which(
    house: House, body: dict[str, Any], mode: str, faces: list[bytes]
) -> None:
    await house.create(**body)
    assert worn(house) == (mode, faces)
    other = await house.create()
    assert (await house.call(UPDATE, {"_id": other["_id"], **body}))["code"] == 1000
    assert worn(house) == (mode, faces)


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ({"sourceImage": [FACE_URL] * 9, "face_mode": "order"}, 1007, "9 faces"),
        ({"sourceImage": TWO, "targetImage": TWO * 5}, 1007, "targetImage has 10 faces"),
        ({"sourceImage": TWO, "targetImage": TWO[:1]}, 1003, "send one for each"),
        ({"sourceImage": TWO, "face_mode": "chosen"}, 1003, "send one for each"),
        ({"sourceImage": TWO, "targetImage": TWO, "face_mode": "all"}, 1003, "chosen only"),
        ({"sourceImage": TWO, "face_mode": "everybody"}, 1003, "face_mode"),
        ({"sourceImage": TWO, "face_mode": 1}, 1003, "face_mode"),
        ({"sourceImage": TWO, "targetImage": FACE_URL}, 1003, "targetImage"),
        (
            {"sourceImage": TWO, "targetImage": [FACE_URL, {"path": ""}]},
            1003,
            "targetImage[1].path",
        ),
        (
            {"sourceImage": TWO, "targetImage": [FACE_URL, {"path": FACE_URL, "opts": "1,2"}]},
            1003,
            "targetImage[1].opts",
        ),
        (
            {"sourceImage": [{"path": FACE_URL, "person": 1}, FACE_URL]},
            1003,
            "every entry a person, or none",
        ),
        (
            {"sourceImage": [{"path": FACE_URL, "person": n} for n in (1, 2)]},
            1003,
            "use order or chosen",
        ),
        ({"sourceImage": [{"path": FACE_URL, "person": 0}]}, 1003, "sourceImage[0].person"),
        ({"sourceImage": [{"path": FACE_URL, "person": True}]}, 1003, "sourceImage[0].person"),
        ({"sourceImage": TWO, "shape": 1.5}, 1003, "shape"),
        ({"sourceImage": TWO, "shape": "1"}, 1003, "shape"),
    ],
)
async def test_what_does_not_fit_is_refused_with_what_to_do(
    house: House, body: dict[str, Any], code: int, says: str
) -> None:
    answer = await house.call(CREATE, body)
    assert answer["code"] == code
    assert says in answer["msg"]
    assert house.placement.stations == []
    assert not house.imaging.prepared, "nothing is fetched for a request that can't be"


async def test_a_bad_update_leaves_the_old_cast_running(house: House) -> None:
    session = await house.create(sourceImage=TWO, face_mode="order")
    body = {"_id": session["_id"], "sourceImage": TWO, "targetImage": [FACE_URL]}
    assert (await house.call(UPDATE, body))["code"] == 1003
    assert worn(house) == ("order", [EILEEN, GRACE])
    assert len(house.placement.stations[0].sources) == 1


@pytest.mark.parametrize("shape", [0, 0.4, 1])
async def test_the_shape_reaches_the_station(house: House, shape: float) -> None:
    await house.create(shape=shape)
    assert house.placement.stations[-1].brief.shape == shape


async def test_the_description_tells_of_them(house: House) -> None:
    schemas = (await house.http.get("/openapi.json")).json()["components"]["schemas"]
    for body in ("CreateBody", "UpdateBody"):
        fields = schemas[body]["properties"]
        assert all(fields[name]["description"] for name in ("sourceImage", "targetImage"))
        assert fields["face_mode"]["anyOf"][0]["enum"] == ["largest", "all", "order", "chosen"]
    assert "person" in schemas["SourceImage"]["properties"]
    assert "person" not in schemas["Picture"]["properties"]

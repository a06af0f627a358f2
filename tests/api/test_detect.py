import base64
from typing import Any
from uuid import UUID

import pytest
from tests.api.conftest import FACE_URL, House
from tests.live.fakes import BROKEN, FACE, GIF, JPEG, NO_FACE, SMALL_FACE, TWO_FACES

FIRST = "/detect"
NEWER = "/interface/detect-api/detect_faces"
CLIP_URL = "https://example.com/clip.gif"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def detect(house: House, path: str, status: int = 200, **body: Any) -> Any:
    answer = await house.http.post(path, json=body, headers=house.key)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_first_form(house: House) -> None:
    body = await detect(house, FIRST, image_url=FACE_URL, single_face=True, unknown=1)
    assert body["error_code"] == 0
    assert body["error_msg"] == "SUCCESS"
    assert body["landmarks"] == [[[10, 10], [30, 10], [20, 20], [14, 30], [0, 0], [0, 0]]]
    assert body["landmarks_str"] == ["10,10:30,10:20,20:14,30"]
    assert body["region"] == [[5, 2, 30, 36]]
    assert isinstance(body["seconds"], float)
    assert str(UUID(body["trx_id"])) == body["trx_id"]


async def test_the_first_form_takes_base64(house: House) -> None:
    for img in (encoded(TWO_FACES), "data:image/jpeg;base64," + encoded(TWO_FACES)):
        assert len((await detect(house, FIRST, img=img))["landmarks"]) == 2
    assert len((await detect(house, FIRST, img=img, single_face=True))["landmarks"]) == 1


async def test_the_newer_form(house: House) -> None:
    body = await detect(house, NEWER, img=encoded(TWO_FACES))
    assert body == {
        "error_code": 0,
        "error_msg": "SUCCESS",
        "faces_obj": {
            "0": {
                "landmarks": [[list(p) for p in f.landmarks] for f in (FACE, SMALL_FACE)],
                "landmarks_str": ["10,10:30,10:20,20:20,28", "60,60:64,60:62,62:62,65"],
                "region": [[5, 2, 30, 36], [58, 57, 8, 12]],
                "removed": [],
                "frame_time": None,
                "face_urls": None,
                "crop_region": None,
                "crop_landmarks": None,
            }
        },
    }


async def test_the_newer_form_reads_frames_of_what_moves(house: House) -> None:
    house.web.pages[CLIP_URL] = GIF
    body = await detect(house, NEWER, url=CLIP_URL, num_frames=3, img="ignored")
    assert list(body["faces_obj"]) == ["0", "1", "2"]
    assert [frame["frame_time"] for frame in body["faces_obj"].values()] == [0.0, 0.1, 0.2]
    await detect(house, NEWER, url=CLIP_URL)
    await detect(house, NEWER, url=FACE_URL, num_frames=100)
    assert house.imaging.asked_frames == [3, 5, 1]


async def test_the_newer_form_cuts_faces_out(house: House) -> None:
    body = await detect(house, NEWER, url=FACE_URL, return_face_url=True)
    frame = body["faces_obj"]["0"]
    assert frame["face_urls"] == "data:image/jpeg;base64," + encoded(JPEG)
    assert frame["crop_region"] == [[5, 2, 30, 36]]
    assert frame["crop_landmarks"] == "5,8:25,8:15,18:15,26:9,28:21,28"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Either 'url' or 'img' parameter must be provided"),
        ({"url": "", "img": ""}, "Either 'url' or 'img' parameter must be provided"),
        ({"url": "ftp://example.com/a"}, "Invalid URL format"),
        ({"url": "https://example.com/gone"}, "Failed to download media"),
        ({"img": encoded(NO_FACE)}, "No faces detected"),
        ({"img": encoded(BROKEN)}, "Failed to process media"),
        ({"img": encoded(b"text")}, "Media type detection failed"),
        ({"img": "no base64!"}, "img: "),
    ],
)
async def test_the_newer_form_refuses(house: House, body: dict[str, Any], message: str) -> None:
    answer = await detect(house, NEWER, 400, **body)
    assert answer["error_code"] == 1
    assert answer["error_msg"].startswith(message)
    assert answer["faces_obj"] == {}


@pytest.mark.parametrize(
    "body", [{}, {"image_url": "x"}, {"img": encoded(NO_FACE)}, {"img": encoded(BROKEN)}]
)
async def test_the_first_form_refuses(house: House, body: dict[str, Any]) -> None:
    answer = await detect(house, FIRST, 400, **body)
    assert answer["error_code"] == 1
    assert answer["error_msg"]


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        (FIRST, "single_face", "true"),
        (FIRST, "single_face", 1),
        (FIRST, "image_url", 5),
        (FIRST, "img", ["x"]),
        (NEWER, "url", {}),
        (NEWER, "img", 5),
        (NEWER, "single_face", 0),
        (NEWER, "return_face_url", "no"),
        (NEWER, "num_frames", 0),
        (NEWER, "num_frames", 101),
        (NEWER, "num_frames", "5"),
        (NEWER, "num_frames", 2.5),
    ],
)
async def test_wrong_types_name_the_field(house: House, path: str, field: str, value: Any) -> None:
    answer = await detect(house, path, 400, **{"img": encoded(JPEG), field: value})
    assert (answer["code"], answer["error_code"]) == (1003, 1)
    assert answer["error_msg"].startswith(field)


async def test_credentials_are_wanted_in_both_forms_words(house: House) -> None:
    for path in (FIRST, NEWER):
        answer = (await house.http.post(path, json={"img": encoded(JPEG)})).json()
        assert (answer["code"], answer["error_code"]) == (1102, 1)


@pytest.mark.parametrize("options", [{"limits": {"image_bytes": 50, "video_bytes": 60}}])
async def test_limits(house: House) -> None:
    for path, limit in ((FIRST, 50), (NEWER, 60)):
        await detect(house, path, img=encoded(JPEG.ljust(limit)))
        await detect(house, path, 413, img=encoded(JPEG.ljust(limit + 1)))


@pytest.mark.parametrize("options", [{"limits": {"detects_per_minute": 1}}])
async def test_too_often(house: House) -> None:
    await detect(house, FIRST, image_url=FACE_URL)
    assert (await detect(house, NEWER, url=FACE_URL))["code"] == 1005

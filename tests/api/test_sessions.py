import asyncio
import base64
import re
from typing import Any

import pytest
from tests.api.conftest import CLOSE, CREATE, FACE_URL, INFO, OFFER, UPDATE, House
from tests.live.fakes import BROKEN, GIF, JPEG, NO_FACE, STRANGER

from mien.errors import VerificationRequired
from mien.live.placement import EndReason
from mien.live.tokens import verify


def inline(data: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


DATA_URI = inline(JPEG)


async def test_create_gives_what_clients_read(house: House) -> None:
    answer = await house.call(
        CREATE,
        {
            "sourceImage": [{"path": FACE_URL, "opts": "1,2:3,4:5,6:7,8"}],
            "face_enhance": 1,
            "faceswap_quality": 3,
            "stream_type": "webrtc",
            "unknown": {"fields": ["are", "ignored"]},
        },
    )
    assert (answer["code"], answer["msg"]) == (1000, "OK")
    data = answer["data"]
    assert re.fullmatch(r"[0-9a-f]{24}", data["_id"])
    assert int(data["_id"][:8], 16) == int(house.clock.now)
    assert re.fullmatch(r"20270115080000250_\d{4}", data["channel_id"])
    assert re.fullmatch(r"[0-9a-f]{32}", data["app_id"])
    assert data["front_user_id"] == "1"
    assert data["algorithm_user_id"] == "3"
    assert data["faceswap_status"] == 2
    assert data["ice_servers"] == []
    for kind in ("join", "whip", "whep"):
        assert data[f"{kind}_url"] == f"/v1/channels/{data['channel_id']}/{kind}"
    assert house.imaging.near == [((1, 2), (3, 4), (5, 6), (7, 8))]
    assert house.placement.stations[0].brief.quality == 3


async def test_the_media_token_is_an_access_token_2(house: House) -> None:
    data = await house.create()
    kept = house.services.installation
    token = verify(
        data["front_rtc_token"],
        app_id=data["app_id"],
        certificate=kept.app_certificate,
        now=house.clock.now,
    )
    assert (token.channel, token.uid, token.expire_s) == (data["channel_id"], 1, 3600)
    assert set(token.privileges) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    "images",
    [
        [{"path": FACE_URL}],
        [FACE_URL],
        [DATA_URI],
        [{"path": DATA_URI.partition(",")[2]}],
        [{"path": FACE_URL, "opts": None}],
        [{"path": FACE_URL, "opts": ""}],
        [{"path": FACE_URL, "opts": "1,2:3,4:5,6:7,8:9,10:11,12", "more": 1}],
    ],
)
async def test_every_form_of_source_image(house: House, images: list[Any]) -> None:
    assert (await house.call(CREATE, {"sourceImage": images}))["code"] == 1000
    assert house.imaging.prepared == [JPEG]


async def test_several_photos_become_one_face(house: House) -> None:
    photos = [{"path": FACE_URL, "opts": "1,2:3,4:5,6:7,8"}, DATA_URI, *([FACE_URL] * 6)]
    data = await house.create(sourceImage=photos)
    assert house.imaging.near == [((1, 2), (3, 4), (5, 6), (7, 8)), *([()] * 7)]
    assert house.imaging.merged == [[JPEG] * 8]
    assert house.placement.stations[0].sources == [JPEG * 8]
    folder = house.services.settings.data_dir / "sources"
    assert len(await asyncio.to_thread(lambda: list(folder.iterdir()))) == 1, "no part is left"
    answer = await house.call(UPDATE, {"_id": data["_id"], "sourceImage": [FACE_URL, FACE_URL]})
    assert answer["code"] == 1000
    assert house.imaging.merged[1] == [JPEG, JPEG]


@pytest.mark.parametrize(
    ("images", "code", "says"),
    [
        ([FACE_URL, inline(STRANGER)], 1016, "another person"),
        ([FACE_URL, inline(NO_FACE)], 1016, "sourceImage[1]: "),
        ([FACE_URL, FACE_URL, inline(BROKEN)], 1016, "sourceImage[2]: "),
        ([FACE_URL, {"path": FACE_URL, "opts": "1,2"}], 1003, "sourceImage[1].opts"),
        ([FACE_URL, "not base64!"], 1003, "sourceImage[1].path"),
        ([FACE_URL, "src_" + "0" * 32], 1008, ""),
    ],
)
async def test_one_bad_photo_of_several_is_named(
    house: House, images: list[Any], code: int, says: str
) -> None:
    answer = await house.call(CREATE, {"sourceImage": images})
    assert answer["code"] == code
    assert says in answer["msg"]
    assert house.placement.stations == []


async def test_uploaded_faces_are_merged_and_kept(house: House) -> None:
    url, body = "/v1/sources", {"image": DATA_URI}
    answers = [await house.http.post(url, json=body, headers=house.key) for _ in range(2)]
    await house.create(sourceImage=[answer.json()["data"]["id"] for answer in answers])
    assert house.imaging.merged == [[JPEG, JPEG]]
    listed = await house.http.get(url, headers=house.key)
    assert len(listed.json()["data"]) == 2


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, 1003, "sourceImage"),
        ({"sourceImage": None}, 1003, "sourceImage"),
        ({"sourceImage": []}, 1003, "sourceImage"),
        ({"sourceImage": FACE_URL}, 1003, "sourceImage"),
        ({"sourceImage": {"path": FACE_URL}}, 1003, "sourceImage"),
        ({"sourceImage": [5]}, 1003, "sourceImage[0]"),
        ({"sourceImage": [None]}, 1003, "sourceImage[0]"),
        ({"sourceImage": [""]}, 1003, "sourceImage[0].path"),
        ({"sourceImage": [{}]}, 1003, "sourceImage[0].path"),
        ({"sourceImage": [{"path": 5}]}, 1003, "sourceImage[0].path"),
        ({"sourceImage": [{"path": FACE_URL, "opts": [1]}]}, 1003, "sourceImage[0].opts"),
        ({"sourceImage": [{"path": FACE_URL, "opts": "1,2"}]}, 1003, "sourceImage[0].opts"),
        ({"sourceImage": [{"path": "not base64!"}]}, 1003, "sourceImage[0].path"),
        ({"sourceImage": [FACE_URL] * 9}, 1007, ""),
        ({"sourceImage": [FACE_URL], "face_enhance": "1"}, 1003, "face_enhance"),
        ({"sourceImage": [FACE_URL], "face_enhance": True}, 1003, "face_enhance"),
        ({"sourceImage": [FACE_URL], "face_enhance": 2}, 1003, "face_enhance"),
        ({"sourceImage": [FACE_URL], "faceswap_quality": 0}, 1003, "faceswap_quality"),
        ({"sourceImage": [FACE_URL], "faceswap_quality": 2.0}, 1003, "faceswap_quality"),
        ({"sourceImage": [FACE_URL], "faceswap_quality": "2"}, 1003, "faceswap_quality"),
        ({"sourceImage": [FACE_URL], "stream_type": "rtmp"}, 1003, "stream_type"),
        ({"sourceImage": [FACE_URL], "stream_type": 1}, 1003, "stream_type"),
        ({"sourceImage": [FACE_URL], "stream_type": "agora"}, 1003, "stream_type: agora is"),
        ({"sourceImage": [FACE_URL], "stream_type": "livekit"}, 1003, "stream_type: livekit is"),
        ({"sourceImage": ["https://example.com/gone"]}, 1003, ""),
        ({"sourceImage": ["src_" + "0" * 32]}, 1008, ""),
        ([], 1003, ""),
        ("text", 1003, ""),
        (None, 1003, ""),
    ],
)
async def test_create_refuses(house: House, body: Any, code: int, field: str) -> None:
    answer = await house.call(CREATE, body)
    assert answer["code"] == code
    assert answer["msg"].startswith(field)
    assert "data" not in answer
    assert house.placement.stations == []


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"a":', b"[" * 100_000, b"nope", b""])
async def test_a_body_that_is_no_json(house: House, body: bytes) -> None:
    headers = {"content-type": "application/json", **house.key}
    answer = await house.http.post(CREATE, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (200, 1003)


async def test_json_is_read_also_without_its_type(house: House) -> None:
    body = b'{"sourceImage": ["%s"]}' % FACE_URL.encode()
    answer = await house.http.post(CREATE, content=body, headers=house.key)
    assert answer.json()["code"] == 1000


@pytest.mark.parametrize("picture", [NO_FACE, BROKEN, b"text"])
async def test_an_unusable_source(house: House, picture: bytes) -> None:
    house.web.pages[FACE_URL] = picture
    answer = await house.call(CREATE, {"sourceImage": [FACE_URL]})
    assert answer["code"] == 1016
    assert len(answer["msg"]) > 20


async def test_what_to_do_is_said_once(house: House) -> None:
    body = {"sourceImage": [FACE_URL], "targetImage": [FACE_URL], "face_mode": "all"}
    said = (await house.call(CREATE, body))["msg"]
    assert said.endswith("goes with face_mode chosen only; leave one of them out.")
    said = (await house.call(CREATE, {"sourceImage": 7}))["msg"]
    assert said.endswith("Check the request's fields against /docs.")


async def test_a_face_that_needs_verification(house: House) -> None:
    house.web.pages[FACE_URL] = VerificationRequired("This face has no likeness record.")
    assert (await house.call(CREATE, {"sourceImage": [FACE_URL]}))["code"] == 1004


async def test_no_room(house: House) -> None:
    house.placement.limit = 0
    answer = await house.http.post(CREATE, json={"sourceImage": [FACE_URL]}, headers=house.key)
    assert (answer.status_code, answer.json()["code"]) == (200, 1215)
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("options", [{"limits": {"creates_per_minute": 2}}])
async def test_too_often(house: House) -> None:
    codes = [(await house.call(CREATE, {"sourceImage": [FACE_URL]}))["code"] for _ in range(4)]
    assert codes == [1000, 1000, 1005, 1005]


@pytest.mark.parametrize("options", [{"when_full": "queue"}])
async def test_a_full_server_may_queue(house: House) -> None:
    house.placement.limit = 1
    first, second = await house.create(), await house.create()
    assert (first["faceswap_status"], second["faceswap_status"]) == (2, 1)
    info = await house.call(INFO, {"_id": second["_id"]})
    assert info["data"]["faceswap_status"] == 1


async def test_info_tells_create_s_fields_and_the_figures(house: House) -> None:
    data = await house.create()
    info = (await house.call(INFO, {"_id": data["_id"]}))["data"]
    assert info | data == info
    assert info["statistics"] == {"fps": 20.0}
    assert (info["reason"], info["created_at"]) == (None, house.clock.now)
    by_get = await house.http.get(INFO, params={"_id": data["_id"]}, headers=house.key)
    assert by_get.json()["data"] == info
    assert (await house.http.get(INFO, headers=house.key)).json()["code"] == 1003


async def test_update(house: House) -> None:
    data = await house.create()
    house.web.pages["https://example.com/new"] = GIF
    new = [{"path": "https://example.com/new", "opts": "1,2:3,4:5,6:7,8"}]
    answer = await house.call(UPDATE, {"_id": data["_id"], "sourceImage": new})
    assert answer == {"code": 1000, "msg": "OK"}
    assert house.imaging.prepared == [JPEG, GIF]
    assert len(house.placement.stations[0].sources) == 2


@pytest.mark.parametrize(
    ("source", "code"), [("https://x.example/", 1003), ("aGVsbG8=", 1016), ("", 1003)]
)
async def test_a_bad_update_changes_nothing(house: House, source: str, code: int) -> None:
    data = await house.create()
    answer = await house.call(UPDATE, {"_id": data["_id"], "sourceImage": [source]})
    assert answer["code"] == code
    assert len(house.placement.stations[0].sources) == 1


async def test_close_twice_then_nothing_more(house: House) -> None:
    data = await house.create()
    for _ in range(2):
        assert await house.call(CLOSE, {"_id": data["_id"]}) == {"code": 1000, "msg": "OK"}
    info = (await house.call(INFO, {"_id": data["_id"]}))["data"]
    assert (info["faceswap_status"], info["reason"]) == (3, "closed by client")
    update = await house.call(UPDATE, {"_id": data["_id"], "sourceImage": [FACE_URL]})
    assert update["code"] == 1008
    join = await house.http.post(data["join_url"], json={"sdp": OFFER}, headers=house.media(data))
    assert (join.status_code, join.json()["code"]) == (410, 1008)


async def ended(house: House, session_id: str) -> dict[str, Any]:
    """The session's info, once it says why it ended."""
    async with asyncio.timeout(15):
        while True:
            info: dict[str, Any] = (await house.call(INFO, {"_id": session_id}))["data"]
            if info["reason"]:
                return info
            await asyncio.sleep(0.01)


async def test_a_lost_worker_is_told_honestly_and_a_join_revives(house: House) -> None:
    data = await house.create()
    house.placement.stations[0].end(EndReason.WORKER_LOST)
    info = await ended(house, data["_id"])
    assert (info["faceswap_status"], info["reason"]) == (4, "worker lost")
    join = await house.http.post(data["join_url"], json={"sdp": OFFER}, headers=house.media(data))
    assert join.status_code == 200
    assert (await house.call(INFO, {"_id": data["_id"]}))["data"]["faceswap_status"] == 2


@pytest.mark.parametrize("path", [UPDATE, CLOSE, INFO])
@pytest.mark.parametrize(
    ("wrong", "code"),
    [("f" * 24, 1008), ("", 1003), (5, 1003), (None, 1003), (["x"], 1003), ("x" * 65, 1003)],
)
async def test_a_wrong_id(house: House, path: str, wrong: Any, code: int) -> None:
    answer = await house.call(path, {"_id": wrong, "sourceImage": [FACE_URL]})
    assert answer["code"] == code
    if code == 1003:
        assert answer["msg"].startswith("_id")


async def test_a_uri_that_can_not_be_fetched_is_never_explained(house: House) -> None:
    texts = set()
    for url in ("http://127.0.0.1/", "https://gone.example/", "http://[::1]:22/"):
        texts.add((await house.call(CREATE, {"sourceImage": [url]}))["msg"])
    assert len(texts) == 1

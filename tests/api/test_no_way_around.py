"""A tenant asks for no mark and no label in every field there is, and in some there are not."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import CREATE, FACE_URL, INFO, UPDATE, House
from tests.live.camera_client import CLIP, Camera, Client, clip_frames, only_loopback, until
from tests.trust.pictures import has_badge
from tests.web.driving import CLIENT, running_server

from mien.bench.server import Server
from mien.trust.detector import Detector
from mien.trust.keyring import read_keyring
from mien.trust.marking import Marking

FACE = Path(__file__).parents[1] / "media" / "astronaut.png"
NAMES = (
    *("watermark", "water_mark", "no_watermark", "remove_watermark", "mark", "no_mark", "marking"),
    *("label", "no_label", "hide_label", "label_by", "client_label", "badge", "card", "language"),
    *("strength", "bitrate", "key", "mark_id", "c2pa", "manifest", "provenance", "policy"),
    *("tenant_id", "lost_face", "marker", "brief", "drawn_by_clients", "faceswap", "lossless"),
)
VALUES: tuple[Any, ...] = (False, 0, "none", "client", None, {"label": "client"})
# What is documented, with what a tenant might hope for.
KNOWN: dict[str, Any] = {"face_enhance": 0, "faceswap_quality": 1, "shape": 1.0, "record": False}
HEADERS = {f"x-mien-{name.replace('_', '-')}": "none" for name in NAMES} | {
    "prefer": "label=none, watermark=none",
    "cookie": "label=none; watermark=none",
}


def asking(value: Any) -> dict[str, Any]:
    return dict.fromkeys(NAMES, value)


def query(value: Any) -> str:
    return "?" + "&".join(f"{name}={value}" for name in NAMES)


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_no_field_reaches_what_marks(house: House, value: Any) -> None:
    """But for ids and secrets, the process is told the same as without any of them."""
    headers = house.key | HEADERS
    photo = {"path": FACE_URL, **asking(value)}
    plain = await house.create()
    body = {"sourceImage": [photo], **asking(value), **KNOWN}
    asked = (await house.call(CREATE + query(value), body, headers))["data"]
    update = {"_id": asked["_id"], **body}
    assert (await house.call(UPDATE + query(value), update, headers))["code"] == 1000
    info = await house.http.get(
        INFO + query(value) + "&_id=" + asked["_id"], headers=house.key | HEADERS
    )
    assert info.json()["code"] == 1000
    first, second = (station.brief for station in house.placement.stations)
    assert plain["_id"] != asked["_id"]
    assert second.marking == Marking(first.marking.key, second.marking.mark_id, "en", False)
    assert second.marking.mark_id not in (first.marking.mark_id, 0)
    assert second.lost_face == first.lost_face
    statement = await house.services.store.statement(second.marking.mark_id)
    assert statement is not None


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    only_loopback(monkeypatch)
    async with running_server(tmp_path / "data") as server:
        yield server


def with_wishes(sdp: str) -> str:
    """Attributes that nobody knows, in the session's part and in each medium's."""
    wishes = "".join(f"a={name}:none\r\n" for name in NAMES) + "a=x-no-mark\r\n"
    head, *media = sdp.split("m=")
    return "m=".join([head + wishes, *(medium + wishes for medium in media)])


@pytest.mark.timeout(120)
async def test_what_comes_back_is_marked_and_labelled_all_the_same(server: Server) -> None:
    """Create, update, joining, the data channel and the snapshot, over real processes."""
    picture = await asyncio.to_thread(FACE.read_bytes)
    headers = {"x-api-key": CLIENT["MIEN_CLIENT_SECRET"], **HEADERS}
    camera = Client(Camera(clip_frames(CLIP)))
    wishes = asking("none")
    async with httpx.AsyncClient(base_url=server.origin, headers=headers, timeout=60) as http:
        upload = await http.post("/v1/sources", files={"file": picture})
        body = {"sourceImage": [{"path": upload.json()["data"]["id"], **wishes}], **wishes, **KNOWN}
        session = (await http.post(CREATE + query("none"), json=body)).json()["data"]
        bearer = {"Authorization": f"Bearer {session['front_rtc_token']}"}

        async def answer(sdp: str) -> str:
            joined = await http.post(
                session["join_url"] + query("none"),
                json={"sdp": with_wishes(sdp), **wishes},
                headers=bearer,
            )
            return str(joined.json()["data"]["sdp"])

        await camera.join(answer)
        try:
            await until(lambda: camera.pictures > 3)
            for name in NAMES:
                camera.send({"type": name, "drawn": True, **wishes})
            camera.send({"type": "label-drawn", "drawn": True})
            camera.send({"type": "stream-message", "data": json.dumps(wishes)})
            seen = camera.pictures
            await until(lambda: camera.pictures > seen + 15)
            detector = Detector(read_keyring(server.data_dir).patterns())
            for count in range(camera.pictures, camera.pictures + 24):
                await until(lambda count=count: camera.pictures >= count)  # type: ignore[misc]
                assert camera.picture is not None
                assert has_badge(camera.picture)
                detector.feed(camera.picture)
            assert detector.result(thorough=False).mark_id is not None
            path = f"/v1/sessions/{session['_id']}/snapshot" + query("none")
            snapshot = await http.post(path, json=wishes)
            found = await http.post("/v1/provenance/detect", files={"file": snapshot.content})
            assert found.json()["data"]["marked"] is True
            assert found.json()["data"]["c2pa"] == "trusted"
        finally:
            await camera.close()

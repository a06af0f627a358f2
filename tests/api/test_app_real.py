"""The same application over real processes: real pictures, real session descriptions."""

import asyncio
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import pytest
from aiortc import RTCPeerConnection
from tests.api.conftest import CLOSE, CREATE, INFO, UPDATE

from mien.api.app import create_app
from mien.api.assembly import build_services
from mien.api.services import Services, World
from mien.live.imaging_process import ImagingProcess
from mien.live.local import LocalPlacement, LocalStation
from mien.settings import Settings

MEDIA = Path(__file__).parents[1] / "media"


class RealHouse:
    """A running application and its key."""

    def __init__(
        self, http: httpx.AsyncClient, placement: LocalPlacement, services: Services
    ) -> None:
        self.http = http
        self.placement = placement
        self.key = {"x-api-key": services.installation.client_secret}
        self.operator_token = services.operator_token

    async def call(self, path: str, body: Any) -> Any:
        return (await self.http.post(path, json=body, headers=self.key)).json()

    async def upload(self, name: str) -> Any:
        data = await asyncio.to_thread((MEDIA / name).read_bytes)
        answer = await self.http.post("/v1/sources", files={"file": data}, headers=self.key)
        return answer.json()

    async def until(self, session_id: str, status: int) -> Any:
        for _ in range(200):
            data = (await self.call(INFO, {"_id": session_id}))["data"]
            if data["faceswap_status"] == status:
                return data
            await asyncio.sleep(0.05)
        raise AssertionError(data)


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[RealHouse]:
    settings = Settings(data_dir=tmp_path / "data", max_sessions=2)
    placement = LocalPlacement(settings)
    world = World(clock=time.time, monotonic=time.monotonic, random=secrets.token_bytes)
    services = build_services(settings, placement, ImagingProcess(settings), world)
    app = create_app(services)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://mien", timeout=60) as http,
    ):
        yield RealHouse(http, placement, services)


async def offer() -> str:
    """A browser's offer: a camera and a microphone both ways, and a channel for events."""
    peer = RTCPeerConnection()
    for kind in ("video", "audio"):
        peer.addTransceiver(kind, "sendrecv")
    peer.createDataChannel("events")
    await peer.setLocalDescription(await peer.createOffer())
    sdp: str = peer.localDescription.sdp
    await peer.close()
    return sdp


async def test_a_session_from_upload_to_close(real: RealHouse) -> None:
    source = (await real.upload("astronaut.png"))["data"]
    assert (source["width"], source["height"], source["faces"]) == (512, 512, 1)
    left_eye, right_eye, nose = source["face"]["landmarks"][:3]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert max(left_eye[1], right_eye[1]) < nose[1]

    session = (await real.call(CREATE, {"sourceImage": [source["id"]]}))["data"]
    bearer = {"Authorization": f"Bearer {session['front_rtc_token']}"}
    sdp = {"sdp": await offer()}
    joined = await real.http.post(session["join_url"], json=sdp, headers=bearer)
    assert joined.status_code == 200, joined.text
    answer = joined.json()["data"]["sdp"]
    assert "m=video" in answer and "m=audio" in answer and "m=application" in answer
    garbage = await real.http.post(session["join_url"], json={"sdp": "v=0\r\nx"}, headers=bearer)
    assert (garbage.status_code, garbage.json()["code"]) == (400, 1003)

    other = (await real.upload("grace_hopper.jpg"))["data"]
    body = {"_id": session["_id"], "sourceImage": [{"path": other["id"]}]}
    assert (await real.call(UPDATE, body))["code"] == 1000
    bad = {"_id": session["_id"], "sourceImage": ["aGVsbG8="]}
    assert (await real.call(UPDATE, bad))["code"] == 1016
    await kill_and_join_again(real, session, bearer, sdp)
    assert (await real.call(CLOSE, {"_id": session["_id"]}))["code"] == 1000
    await real.until(session["_id"], 3)
    assert real.placement.capacity().live == 0


async def kill_and_join_again(
    real: RealHouse, session: dict[str, Any], bearer: dict[str, str], sdp: dict[str, str]
) -> None:
    (station,) = real.placement._stations
    assert isinstance(station, LocalStation)
    os.kill(station.pid, signal.SIGKILL)
    assert (await real.until(session["_id"], 4))["reason"] == "worker lost"
    joined = await real.http.post(session["join_url"], json=sdp, headers=bearer)
    assert joined.status_code == 200, joined.text
    assert (await real.until(session["_id"], 2))["reason"] is None


async def test_a_killed_face_is_known_again_in_another_picture(real: RealHouse) -> None:
    source = (await real.upload("astronaut.png"))["data"]["id"]
    body = {"scope": "likeness", "target": source}
    operator = {"Authorization": f"Bearer {real.operator_token}"}
    kill = await real.http.post("/v1/operator/kill", json=body, headers=operator)
    assert kill.json()["code"] == 1000
    picture = cv2.imread(str(MEDIA / "astronaut.png"))
    assert picture is not None
    brighter = cv2.convertScaleAbs(cv2.flip(picture[:400, 60:400], 1), alpha=1.15)
    files = {"file": cv2.imencode(".jpg", brighter)[1].tobytes()}
    again = await real.http.post("/v1/sources", files=files, headers=real.key)
    assert (again.status_code, again.json()["code"]) == (403, 1200)
    assert (await real.upload("grace_hopper.jpg"))["code"] == 1000
    revived = await real.http.post("/v1/operator/revive", json=body, headers=operator)
    assert revived.json()["code"] == 1000
    once_more = await real.http.post("/v1/sources", files=files, headers=real.key)
    assert once_more.json()["code"] == 1000

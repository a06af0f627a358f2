import secrets
import time
from pathlib import Path
from typing import Any

import pytest
from tests.api.conftest import CREATE, FACE_URL, House

from mien.live.certificates import open_identity
from mien.live.signing import Signing
from mien.settings import Settings
from mien.trust.marking import Marker
from mien.trust.registry import mark_name, session_digest
from mien.trust.session_statement import read_statement
from mien.trust.statement_keys import StatementKeys
from mien.vision.image import decode_image, encode_jpeg

DETECT = "/v1/provenance/detect"
MEDIA = Path(__file__).parents[1] / "media"
HOPPER = (MEDIA / "grace_hopper.jpg").read_bytes()


async def ask(house: House, data: bytes, status: int = 200) -> Any:
    answer = await house.http.post(DETECT, files={"file": ("x", data)})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_live_frame_leads_to_its_session_s_statement_without_credentials(
    house: House,
) -> None:
    session = await house.create()
    marking = house.placement.stations[-1].brief.marking
    frame = Marker(marking).apply(decode_image(HOPPER), 9.0, 1e6)
    found = (await ask(house, encode_jpeg(frame)))["data"]
    assert found["marked"] is True
    assert found["mark_id"] == mark_name(marking.mark_id)
    assert found["confidence"] > 0.999999
    assert found["c2pa"] == "absent"
    assert found["statement"]["session"] == session_digest(session["_id"])
    assert found["statement"]["made"] == "live"
    assert "in a live session" in found["text"]
    # Nothing that leads to the session, its account or a person.
    assert session["_id"] not in str(found)
    assert set(found["statement"]) == {"session", "made", "made_at", "engine_version"}


async def test_a_signed_picture_s_manifest_is_read(house: House, tmp_path: Path) -> None:
    await house.create()
    marking = house.placement.stations[-1].brief.marking
    statement = await house.services.store.statement(marking.mark_id)
    assert statement is not None
    frame = encode_jpeg(Marker(marking).apply(decode_image(HOPPER), 9.0, 1e6))
    # Signed elsewhere: the house's clock is ahead of the one that c2pa looks at.
    elsewhere = open_identity(Settings(data_dir=tmp_path / "elsewhere"), time.time)
    signed = Signing(elsewhere).picture(frame, statement)
    found = (await ask(house, signed))["data"]
    assert found["c2pa"] == "valid"
    assert found["manifest"]["mark_id"] == found["mark_id"] == mark_name(marking.mark_id)
    changed = (await ask(house, signed[:-40] + bytes([signed[-40] ^ 1]) + signed[-39:]))["data"]
    assert (changed["c2pa"], changed["manifest"]) == ("invalid", None)


async def test_an_unmarked_picture(house: House) -> None:
    found = (await ask(house, HOPPER))["data"]
    assert (found["marked"], found["mark_id"], found["statement"]) == (False, None, None)
    assert found["false_positive_rate"] == 1e-6


@pytest.mark.parametrize("data", [b"", b"nothing", b"\xff\xd8\xffbroken", b"GIF89a"])
async def test_what_cannot_be_read(house: House, data: bytes) -> None:
    answer = await ask(house, data, 400)
    assert answer["code"] == 1016
    assert answer["msg"]


async def test_a_form_without_a_file(house: House) -> None:
    bodies: list[dict[str, Any]] = [{"data": {"file": "text"}}, {"json": {}}, {"content": b"0"}]
    for body in bodies:
        answer = await house.http.post(DETECT, **body)
        assert (answer.status_code, answer.json()["code"]) == (400, 1003)


@pytest.mark.parametrize("options", [{"limits": {"detects_per_minute": 2}}])
async def test_strangers_share_one_allowance(house: House) -> None:
    for _ in range(2):
        await house.http.post(DETECT, json={})
    answer = await house.http.post(DETECT, json={})
    assert (answer.status_code, answer.json()["code"]) == (429, 1005)
    # A tenant's own calls are counted apart.
    assert (await house.call(CREATE, {"sourceImage": [{"path": FACE_URL}]}))["code"] == 1000


async def test_no_field_of_create_turns_marking_off(house: House) -> None:
    wishes = {
        key: value
        for value in (False, "off", None, 0)
        for key in ("watermark", "mark", "marking", "label", "badge", "disclosure", "policy")
    }
    await house.create(**wishes, marking_key=secrets.token_hex(32), mark_id=0)
    marking = house.placement.stations[-1].brief.marking
    Marker(marking).self_test()
    assert await house.services.store.statement(marking.mark_id) is not None
    assert marking.mark_id != 0


async def test_the_page_is_there(house: House) -> None:
    page = await house.http.get("/verify/")
    assert page.status_code == 200
    assert "Was this made here?" in page.text
    for part, kind in (("verify.js", "text/javascript"), ("verify.css", "text/css")):
        answer = await house.http.get(f"/verify/{part}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)


async def test_a_player_gets_the_statement_and_anybody_the_keys(house: House) -> None:
    session, other = await house.create(), await house.create()
    path = f"/v1/channels/{session['channel_id']}/statement"
    answer = await house.http.get(path, headers=house.media(session))
    published = await house.http.get("/v1/provenance/keys", headers={"Origin": "null"})
    assert published.headers["content-type"] == "application/jwk-set+json"
    assert published.headers["access-control-allow-origin"] == "*"
    keys = StatementKeys.from_jwks(published.json())
    statement = read_statement(answer.json()["data"]["statement"], keys)
    assert statement.session == session_digest(session["_id"])
    assert statement.iss == f"mien-{house.services.installation.app_id}"
    assert all("d" not in key for key in published.json()["keys"])
    for headers, status in (({}, 401), (house.key, 401), (house.media(other), 403)):
        assert (await house.http.get(path, headers=headers)).status_code == status

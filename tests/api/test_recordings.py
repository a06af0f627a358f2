import asyncio
import io
import os
import time
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest
from tests.api.conftest import CLOSE, CREATE, FACE_URL, House
from tests.live.fakes import JPEG

from mien.live.certificates import CHAIN, KEY, open_identity
from mien.media.recording import RecordingWriter
from mien.settings import C2paSettings, RecordingSettings, Settings
from mien.trust.credentials import archive, read
from mien.trust.registry import Statement
from mien.vision.image import encode_jpeg


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """A certificate by the real clock: the house's is ahead of the one that c2pa looks at."""
    made = tmp_path / "certificates"
    open_identity(Settings(data_dir=made), time.time)
    return {"c2pa": C2paSettings(cert=made / CHAIN, key=made / KEY)}


async def recorded(house: House) -> tuple[str, bytes]:
    """A finished recording's id and bytes."""
    session = await house.create(record=True)
    place = house.placement.stations[-1].brief.record_to
    assert place is not None
    writer = RecordingWriter(place.create(os.urandom), (160, 120), 5.0)
    writer.picture(np.full((120, 160, 3), 90, np.uint8), 5.0)
    writer.close()
    await house.call(CLOSE, {"_id": session["_id"]})
    for _ in range(500):
        listed = await house.http.get("/v1/recordings", headers=house.key)
        (one,) = listed.json()["data"]
        if one["ready"]:
            assert one["session_id"] == session["_id"]
            with place.open() as file:
                return one["id"], file.read() or b""
        await asyncio.sleep(0.01)
    raise AssertionError("it was never ready")


async def test_a_recording_is_listed_fetched_in_ranges_and_deleted(house: House) -> None:
    recording, data = await recorded(house)
    url = f"/v1/recordings/{recording}"
    whole = await house.http.get(url, headers=house.key)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.content == data
    assert read(data, "").state == "valid"
    part = await house.http.get(url, headers={**house.key, "Range": "bytes=4-11"})
    assert (part.status_code, part.content) == (206, data[4:12])
    assert part.headers["content-range"] == f"bytes 4-11/{len(data)}"
    end = await house.http.get(url, headers={**house.key, "Range": "bytes=-9"})
    assert (end.status_code, end.content) == (206, data[-9:])
    beyond = await house.http.get(url, headers={**house.key, "Range": f"bytes={len(data)}-"})
    assert beyond.status_code == 416
    assert (await house.http.delete(url, headers=house.key)).json()["code"] == 1000
    again = await house.http.get(url, headers=house.key)
    assert (again.status_code, again.json()["code"]) == (404, 1008)


async def test_nobody_gets_it_without_credentials(house: House) -> None:
    recording, _ = await recorded(house)
    for path in ("/v1/recordings", f"/v1/recordings/{recording}"):
        answer = await house.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, 1102)
    assert (await house.http.delete(f"/v1/recordings/{recording}")).status_code == 401


@pytest.mark.parametrize("options", [{"recording": RecordingSettings(allow=False)}])
async def test_where_nothing_may_be_recorded(house: House) -> None:
    body = {"sourceImage": [{"path": FACE_URL}], "record": True}
    answer = await house.call(CREATE, body)
    assert answer["code"] == 1009
    assert "records no sessions" in answer["msg"]


async def test_a_snapshot_is_signed(house: House) -> None:
    session = await house.create()
    station = house.placement.stations[-1]
    station.picture = encode_jpeg(np.full((120, 160, 3), 90, np.uint8))
    url = f"/v1/sessions/{session['_id']}/snapshot"
    answer = await house.http.post(url, headers=house.key)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    found = read(answer.content, "")
    assert (found.state, found.mark_id) == ("valid", station.brief.marking.mark_id)
    assert b"componentOf" not in answer.content
    assert (await house.http.post(url)).status_code == 401
    missing = await house.http.post("/v1/sessions/none/snapshot", headers=house.key)
    assert (missing.status_code, missing.json()["code"]) == (404, 1008)
    await house.call(CLOSE, {"_id": session["_id"]})
    assert (await house.http.post(url, headers=house.key)).status_code == 404


async def test_a_snapshot_keeps_what_the_photo_says(house: House) -> None:
    statement = Statement(5, "a" * 32, "file", 1_700_000_000.0, "1.0")
    photo = encode_jpeg(np.full((120, 160, 3), 60, np.uint8))
    house.imaging.said[JPEG] = (archive(house.services.signing.picture(photo, statement)),)
    session = await house.create()
    picture = encode_jpeg(np.full((120, 160, 3), 90, np.uint8))
    house.placement.stations[-1].picture = picture
    url = f"/v1/sessions/{session['_id']}/snapshot"
    answer = await house.http.post(url, headers=house.key)
    with c2pa.Reader("image/jpeg", io.BytesIO(answer.content)) as reader:
        [ingredient] = reader.get_active_manifest()["ingredients"]
        assert ("a" * 32) in reader.json()
    assert (ingredient["title"], ingredient["relationship"]) == ("source", "componentOf")

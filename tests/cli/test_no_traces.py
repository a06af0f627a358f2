"""What the real server leaves behind of people: in its log, and on its disk."""

import asyncio
import base64
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import av
import httpx
import numpy as np
import pytest
from PIL import Image
from tests.cli.test_serve import Serving
from tests.live.camera_client import Camera, Client, Microphone, clip_frames, only_loopback
from tests.live.consent_clip import recorded, turning

from mien.live.identities import open_identity
from mien.trust.sealing import KEY_FILE, open_seal

FACESWAP = "/api/open/v3/faceswap/live"
SECRET, QUERY, PLACE, SUBJECT, WORDS = (
    f"{name}-that-nobody-may-read" for name in ("secret", "query", "place", "subject", "words")
)
GIVEN = {
    "MIEN_CLIENT_ID": "traces",
    "MIEN_CLIENT_SECRET": SECRET,
    "MIEN_LOG_LEVEL": "debug",
    "MIEN_FETCH_ALLOW_NETWORKS": '["127.0.0.0/8"]',
}
# Where a secret must lie so that the server has it at its next start; readable by its owner only.
HOMES = {"installation.json": {"secret"}}
MAGIC = {
    "JPEG": re.compile(rb"\xff\xd8\xff[\xdb\xe0\xe1\xee]"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "zip": re.compile(rb"PK\x03\x04.{22,60}\.npy", re.DOTALL),
    "MP4": re.compile(rb"....ftyp(isom|iso5|mp42)|....moovmvhd|moof....mfhd", re.DOTALL),
    "WebM": re.compile(rb"\x1a\x45\xdf\xa3.{0,40}webm", re.DOTALL),
}


@dataclass
class Traces:
    """What is looked for: text, bytes, and what they are."""

    wanted: dict[str, bytes] = field(default_factory=dict)

    def text(self, name: str, value: str) -> None:
        assert len(value) > 8, name
        self.wanted[name] = value.encode()

    def media(self, name: str, data: bytes) -> None:
        """A piece out of the middle, as it is and as base64 of any alignment."""
        middle = len(data) // 2 // 3 * 3
        self.wanted[name] = data[middle : middle + 24]
        for shift in range(3):
            piece = base64.b64encode(data[middle + shift : middle + shift + 24])
            self.wanted[f"{name} in base64 {shift}"] = piece[:32]

    def found_in(self, data: bytes) -> list[str]:
        return [name for name, value in self.wanted.items() if value in data]


@pytest.fixture
def portrait() -> bytes:
    """A JPEG of the woman who turns her head, whose EXIF says where she lives."""
    exif = Image.Exif()
    exif[0x010E] = PLACE
    file = io.BytesIO()
    Image.fromarray(turning()[0][:, :, ::-1]).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


@pytest.fixture
def pictures(portrait: bytes) -> Iterator[str]:
    """The address of a server that has the picture under a signed URL."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if QUERY in self.path else 403)
            self.send_header("content-length", str(len(portrait)))
            self.end_headers()
            self.wfile.write(portrait)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/face.jpg"
        server.shutdown()


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    places = {"TMPDIR": "temporary", "HOME": "home", "XDG_CACHE_HOME": "home"}
    folders = {name: str(tmp_path / folder) for name, folder in places.items()}
    for folder in folders.values():
        Path(folder).mkdir(exist_ok=True)
    made = Serving(tmp_path / "data", "--port", "0", **folders, **GIVEN)
    yield made
    made.kill()


@pytest.mark.timeout(240)
async def test_no_face_embedding_token_picture_or_query_is_logged_or_readable_on_the_disk(
    serving: Serving,
    tmp_path: Path,
    portrait: bytes,
    pictures: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only_loopback(monkeypatch)
    told = await asyncio.to_thread(serving.told)
    origin, traces = told["API"].removesuffix("/docs"), Traces()
    for name, value in (("secret", SECRET), ("query", QUERY), ("place", PLACE)):
        traces.text(name, value)
    traces.text("subject", SUBJECT)
    traces.text("somebody's words", WORDS)
    traces.media("picture", portrait)
    async with httpx.AsyncClient(base_url=origin, timeout=90) as http:
        caller = Caller(http, traces)
        await caller.sign_in()
        await caller.blunder()
        source = await caller.upload(portrait, f"{pictures}?signature={QUERY}")
        await caller.consent(source, tmp_path)
        await caller.live(f"{pictures}?signature={QUERY}&again")
    data_dir = tmp_path / "data"
    for sealed in ("sources", "recordings", "evidence"):
        assert list((data_dir / sealed).glob("*.sealed")), f"nothing was kept in {sealed}"
    for pid in (serving.process.pid, *children(serving.process.pid)):
        assert core_limit(pid) <= 1
    # While it runs: what a stop would tidy away is looked at too.
    look_at_the_disk(tmp_path, traces)
    assert serving.end() == 0
    assert list((tmp_path / "home").rglob("*")) == []
    embedding = opened_embedding(data_dir, source)
    for at in range(0, len(embedding) - 16, 16):
        traces.wanted[f"embedding at {at}"] = embedding[at : at + 16]
    look_at_the_disk(tmp_path, traces)
    look_at_the_log(serving.log, traces, embedding)
    key = (data_dir / KEY_FILE).read_bytes()
    log = serving.log.read_bytes()
    assert not any(form in log for form in (key, key.hex().encode(), base64.b64encode(key)))


class Caller:
    """Somebody who does all that can be done, and some of it wrong."""

    def __init__(self, http: httpx.AsyncClient, traces: Traces) -> None:
        self.http, self.traces = http, traces

    async def post(self, path: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.http.post(path, **more)).json()
        assert answer["code"] == 1000, answer
        return answer

    async def sign_in(self) -> None:
        pair = {"clientId": "traces", "clientSecret": SECRET}
        token = (await self.post("/api/open/v3/getToken", json=pair))["token"]
        self.traces.text("token", token)
        self.http.headers["authorization"] = f"Bearer {token}"

    async def blunder(self) -> None:
        """Mistakes, which logs like to tell in full."""
        http, bad = self.http, {"authorization": f"Bearer {WORDS}"}
        create = f"{FACESWAP}/create"
        assert (await http.get(f"/v1/sources?key={QUERY}", headers=bad)).status_code == 401
        pair = {"clientId": "traces", "clientSecret": WORDS}
        assert (await http.post("/api/open/v3/getToken", json=pair)).json()["code"] == 1101
        for body in (f'{{"sourceImage": ["{WORDS}"', f'{{"sourceImage": "{WORDS}"}}'):
            await http.post(create, content=body, headers={"content-type": "application/json"})
        for path in (WORDS, f"data:image/png;base64,{WORDS}", f"https://{WORDS}.invalid/?{QUERY}"):
            answer = await http.post(create, json={"sourceImage": [path]})
            assert answer.json()["code"] != 1000
        await http.post("/v1/sources", files={"file": (WORDS, WORDS.encode() * 90)})
        await http.post(f"/v1/channels/none/join?access_token={QUERY}", json={"sdp": WORDS})

    async def upload(self, portrait: bytes, url: str) -> str:
        image = base64.b64encode(portrait).decode()
        for body in ({"img": image}, {"image_url": url}):
            answer = (await self.http.post("/detect", json=body)).json()
            assert answer["error_code"] == 0, answer
        answer = await self.post("/v1/sources", files={"file": ("portrait.jpg", portrait)})
        preview = base64.b64decode(answer["data"]["preview"].partition(",")[2])
        self.traces.media("preview", preview)
        return str(answer["data"]["id"])

    async def consent(self, source: str, folder: Path) -> None:
        about = {"source": source, "subject": SUBJECT, "basis": "self", "adult": True}
        record = (await self.post("/v1/likenesses", json=about))["data"]["id"]
        url = (await self.post(f"/v1/likenesses/{record}/invite"))["data"]["url"]
        link = url.partition("#")[2]
        self.traces.text("link", link)
        bearer = {"authorization": f"Bearer {link}"}
        await self.post("/v1/consent/challenge", headers=bearer)
        # The turns that the clip shows.
        with closing(sqlite3.connect(folder / "data" / "mien.sqlite3")) as database, database:
            database.execute("UPDATE consents SET turns = ?", ('["left", "right", "left"]',))
        clip = recorded(folder / "clip.webm", turning(), 12)
        (folder / "clip.webm").unlink()
        self.traces.media("consent clip", clip)
        judged = await self.post("/v1/consent/clip", content=clip, headers=bearer)
        assert judged["data"]["accepted"], judged

    async def live(self, url: str) -> None:
        """A recorded session, seen by a browser, whose face is changed on the way."""
        body: dict[str, Any] = {"sourceImage": [url], "record": True}
        session = (await self.post(f"{FACESWAP}/create", json=body))["data"]
        self.traces.text("media token", session["front_rtc_token"])
        client = Client(Camera(clip_frames()), Microphone())

        async def answer(sdp: str) -> str:
            bearer = {"authorization": f"Bearer {session['front_rtc_token']}"}
            joined = await self.post(session["join_url"], json={"sdp": sdp}, headers=bearer)
            return str(joined["data"]["sdp"])

        await client.join(answer)
        update = {"_id": session["_id"], "sourceImage": [url]}
        await self.post(f"{FACESWAP}/update", json=update)
        await self._recorded(session["_id"], 25)
        await client.close()
        await self.post(f"{FACESWAP}/close", json={"_id": session["_id"]})
        self.traces.media("recording", await self._recording())

    async def _recorded(self, session: str, frames: int) -> None:
        for _ in range(300):
            info = (await self.post(f"{FACESWAP}/info", json={"_id": session}))["data"]
            if info["statistics"].get("recorded_frames", 0) >= frames:
                return
            await asyncio.sleep(0.2)
        raise AssertionError(info)

    async def _recording(self) -> bytes:
        for _ in range(100):
            (one,) = (await self.http.get("/v1/recordings")).json()["data"]
            if one["ready"]:
                data = (await self.http.get(f"/v1/recordings/{one['id']}")).content
                with av.open(io.BytesIO(data), "r") as film:
                    assert len(list(film.decode(video=0))) >= 25
                return data
            await asyncio.sleep(0.1)
        raise AssertionError("it was never ready")


def children(pid: int) -> list[int]:
    found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    assert found, "the server has workers"
    return found


def core_limit(pid: int) -> int:
    """How many bytes of the process's memory may be written into a core file."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("Max core file size")]
    soft = line.split()[4]
    return 1 << 62 if soft == "unlimited" else int(soft)


def opened_embedding(data_dir: Path, source: str) -> bytes:
    with closing(sqlite3.connect(data_dir / "mien.sqlite3")) as database:
        (sealed,) = database.execute("SELECT identity FROM sources WHERE id = ?", (source,))
    seal = open_seal(data_dir, lambda count: bytes(count))
    embedding = open_identity(seal, source, sealed[0])
    assert embedding is not None
    return embedding.tobytes()


def look_at_the_disk(folder: Path, traces: Traces) -> None:
    """Everything but the log; pictures, films and prepared faces by how they begin."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "log"]
    assert len(files) > 10
    for path in files:
        data = path.read_bytes()
        assert set(traces.found_in(data)) <= HOMES.get(path.name, set()), path.name
        # A few random bytes may look like the beginning of a JPEG, in a long sealed file.
        kinds = [kind for kind in MAGIC if kind != "JPEG" or not path.name.endswith(".sealed")]
        assert [kind for kind in kinds if MAGIC[kind].search(data)] == [], path.name


def look_at_the_log(log: Path, traces: Traces, embedding: bytes) -> None:
    data = log.read_bytes()
    assert len(data.splitlines()) > 20
    assert {json.loads(line)["event"] for line in data.splitlines()} >= {"request"}
    assert traces.found_in(data) == []
    assert [kind for kind, magic in MAGIC.items() if magic.search(data)] == []
    # Nor as numbers, however they are rounded.
    for value in np.frombuffer(embedding, np.float32)[:40]:
        assert f"{value:.5f}"[:7].encode() not in data
    assert b"base64," not in data
    assert b"BEGIN" not in data


def test_the_looking_finds_what_it_looks_for(tmp_path: Path, portrait: bytes) -> None:
    traces = Traces()
    traces.media("picture", portrait)
    for name in range(11):
        (tmp_path / str(name)).write_bytes(b"nothing")
    look_at_the_disk(tmp_path, traces)
    encoded = base64.b64encode(b"x" + portrait)
    for left in (portrait, encoded, b"1234ftypisom", b"\x89PNG\r\n\x1a\n"):
        (tmp_path / "left").write_bytes(left)
        with pytest.raises(AssertionError):
            look_at_the_disk(tmp_path, traces)

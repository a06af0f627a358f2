"""Manifests signed and read with the real library, and a real time-stamp authority."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import c2pa
import pytest
from PIL import Image

from mien.live.certificates import open_identity, trust_anchors
from mien.live.signing import NO_TIME, Signing
from mien.settings import C2paSettings, Settings
from mien.trust import credentials
from mien.trust.credentials import (
    ABSENT,
    OFFLINE,
    Identity,
    SigningFailed,
    archive,
    mime_of,
    read,
    sign,
)
from mien.trust.manifest import DigitalSource, Ingredient, manifest_of
from mien.trust.registry import Statement

MEDIA = Path(__file__).parents[1] / "media"
STATEMENT = Statement(0xC0FFEE, "ab" * 16, "file", 1_800_000_000.0, "0.1.0")
NOW = 1_795_000_000.0


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def identity(settings: Settings) -> Identity:
    return open_identity(settings, time.time)


def signed(
    path: Path, identity: Identity, inputs: tuple[tuple[Ingredient, Path], ...] = ()
) -> bytes:
    output = BytesIO()
    with path.open("rb") as data:
        sign(data, output, manifest_of(STATEMENT, edits=bool(inputs)), identity, inputs)
    return output.getvalue()


@pytest.fixture(params=["jpg", "png", "webp", "gif", "mp4"])
def media(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "mp4":
        return MEDIA / "blink.mp4"
    path = tmp_path / f"picture.{request.param}"
    with Image.open(MEDIA / "astronaut.png") as picture:
        picture.convert("RGB").save(path)
    return path


def test_every_container_is_signed_and_one_flipped_byte_is_found(
    media: Path, identity: Identity, settings: Settings
) -> None:
    data = signed(media, identity, (("target", media),))
    anchors = trust_anchors(settings)
    found = read(data, anchors)
    assert (found.state, found.mark_id, found.session) == ("trusted", 0xC0FFEE, "ab" * 16)
    assert found.signed_by == "Mien development signer"
    changed = bytearray(data)
    changed[len(data) * 3 // 4] ^= 1
    assert read(bytes(changed), anchors).state == "invalid"
    assert read(media, anchors) == ABSENT


def test_who_is_not_on_the_list_is_valid_only(
    identity: Identity, tmp_path: Path, settings: Settings
) -> None:
    stranger = Settings(data_dir=tmp_path)
    open_identity(stranger, lambda: NOW)
    data = signed(MEDIA / "grace_hopper.jpg", identity)
    assert read(data, trust_anchors(stranger)).state == "valid"
    listed = Settings(
        data_dir=tmp_path, c2pa=C2paSettings(trust=settings.data_dir / "c2pa-development-ca.pem")
    )
    assert read(data, trust_anchors(listed)).state == "trusted"


def test_what_a_manifest_says_and_that_it_names_nobody(identity: Identity, tmp_path: Path) -> None:
    named = tmp_path / "Jane Doe, passport.jpg"
    named.write_bytes((MEDIA / "grace_hopper.jpg").read_bytes())
    data = signed(named, identity, (("target", named), ("source", named)))
    with c2pa.Context.from_dict(OFFLINE) as context:
        reader = c2pa.Reader("image/jpeg", BytesIO(data), context=context)
        text = reader.json()
    assert "Jane" not in text
    manifest = next(iter(json.loads(text)["manifests"].values()))
    assert [one["title"] for one in manifest["ingredients"]] == ["target", "source"]
    assert "thumbnail" not in text
    said = {one["label"]: one["data"] for one in manifest["assertions"]}
    opened, swapped = said["c2pa.actions.v2"]["actions"]
    assert (opened["action"], swapped["action"]) == ("c2pa.opened", "c2pa.edited")
    assert swapped["digitalSourceType"] == DigitalSource.MESH.value
    assert swapped["digitalSourceType"].endswith("/compositeSynthetic")
    assert swapped["softwareAgent"] == {"name": "Mien", "version": "0.1.0"}


def test_an_input_s_own_manifest_is_kept(identity: Identity, tmp_path: Path) -> None:
    camera = tmp_path / "camera.jpg"
    camera.write_bytes(signed(MEDIA / "grace_hopper.jpg", identity))
    data = signed(camera, identity, (("target", camera),))
    with c2pa.Context.from_dict(OFFLINE) as context:
        reader = c2pa.Reader("image/jpeg", BytesIO(data), context=context)
        store = json.loads(reader.json())
    assert len(store["manifests"]) == 2
    active = store["manifests"][store["active_manifest"]]
    assert active["ingredients"][0]["active_manifest"] in store["manifests"]


def test_a_target_that_can_carry_no_manifest_is_named_all_the_same(
    identity: Identity, tmp_path: Path
) -> None:
    """Matroska, and an MP4 that is damaged where nobody but c2pa looks."""
    matroska, damaged = tmp_path / "clip.mkv", tmp_path / "clip.mp4"
    matroska.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(400))
    damaged.write_bytes((MEDIA / "blink.mp4").read_bytes()[:200] + b"\xff" * 300)
    assert mime_of(matroska.read_bytes()[:12]) is None
    for target in (matroska, damaged):
        inputs: tuple[tuple[Ingredient, Path], ...] = (("target", target), ("source", target))
        data = signed(MEDIA / "blink.mp4", identity, inputs)
        with c2pa.Context.from_dict(OFFLINE) as context:
            text = c2pa.Reader("video/mp4", BytesIO(data), context=context).json()
        manifest = next(iter(json.loads(text)["manifests"].values()))
        assert [one["title"] for one in manifest["ingredients"]] == ["target", "source"]
        assert read(data, "").state == "valid"


def test_what_can_carry_no_manifest(identity: Identity, tmp_path: Path) -> None:
    path = tmp_path / "picture.bmp"
    with Image.open(MEDIA / "astronaut.png") as picture:
        picture.convert("RGB").save(path)
    assert mime_of(path.read_bytes()[:12]) is None
    assert read(path, "") == ABSENT
    with pytest.raises(SigningFailed, match="can't carry"):
        signed(path, identity)
    before = path.read_bytes()
    assert "no C2PA manifest" in str(Signing(identity).file(path, STATEMENT))
    assert path.read_bytes() == before


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xffnothing", b"\0\0\0\x08ftypmp42", b"RIFF"])
def test_damaged_files_have_no_manifest(data: bytes) -> None:
    assert read(data, "") == ABSENT


def test_damage_inside_the_manifest_is_found(identity: Identity, settings: Settings) -> None:
    data = bytearray(signed(MEDIA / "grace_hopper.jpg", identity))
    at = data.index(credentials.JUMBF) + 400
    data[at : at + 64] = bytes(64)
    assert read(bytes(data), trust_anchors(settings)).state == "invalid"


TSA = """
[tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[ext]
basicConstraints = critical, CA:false
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
"""


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An RFC 3161 authority on loopback, which answers with `openssl ts`."""
    folder = tmp_path_factory.mktemp("tsa")
    config = folder / "tsa.cnf"
    config.write_text(TSA.format(folder=folder))
    (folder / "serial").write_text("01\n")
    ca = ["-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.pem")]
    make = f"req -x509 -newkey rsa:2048 -nodes -days 30 -config {config}"
    openssl(*make.split(), "-subj", "/O=Test/CN=Root", "-extensions", "root", *ca)
    leaf = ["-keyout", str(folder / "tsa.key"), "-out", str(folder / "tsa.csr")]
    ask = f"req -newkey rsa:2048 -nodes -config {config}"
    openssl(*ask.split(), "-subj", "/O=Test/CN=TSA", *leaf)
    issue = f"x509 -req -days 20 -extfile {config} -extensions ext -set_serial 7"
    by = f"-CA {folder}/ca.pem -CAkey {folder}/ca.key -in {folder}/tsa.csr -out {folder}/tsa.pem"
    openssl(*issue.split(), *by.split())

    class Responder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query, reply = folder / "q.tsq", folder / "r.tsr"
            query.write_bytes(self.rfile.read(int(self.headers["content-length"])))
            command = f"ts -reply -config {config} -section tsa"
            openssl(*command.split(), "-queryfile", str(query), "-out", str(reply))
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(reply.stat().st_size))
            self.end_headers()
            self.wfile.write(reply.read_bytes())

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Responder)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_time_stamp_is_in_the_manifest(
    identity: Identity, settings: Settings, authority: str
) -> None:
    data = signed(MEDIA / "grace_hopper.jpg", replace(identity, time_stamps=authority))
    found = read(data, trust_anchors(settings))
    assert found.state == "trusted"
    assert found.signed_at is not None


def test_an_authority_that_is_gone_costs_the_time_and_not_the_file(
    identity: Identity, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes((MEDIA / "grace_hopper.jpg").read_bytes())
    signing = Signing(replace(identity, time_stamps="http://127.0.0.1:9/"))
    assert signing.file(path, STATEMENT) == NO_TIME
    found = read(path, trust_anchors(settings))
    assert (found.state, found.signed_at) == ("trusted", None)


def test_what_a_picture_says_is_kept_without_the_picture(identity: Identity) -> None:
    """And goes on into what is made from it, whether it fitted its picture or not."""
    picture = signed(MEDIA / "grace_hopper.jpg", identity)
    changed = bytearray(picture)
    changed[-2000] ^= 1
    pixels = (MEDIA / "grace_hopper.jpg").read_bytes()[-4000:-2500]
    manifest = manifest_of(replace(STATEMENT, made="live"), edits=False)
    failures = []
    for one in (picture, bytes(changed)):
        kept = archive(one)
        assert 1000 < len(kept) < len(picture) / 2
        assert pixels in one
        assert pixels not in kept
        output = BytesIO()
        data = BytesIO((MEDIA / "head_turns.mp4").read_bytes())
        sign(data, output, manifest, identity, archived=[kept])
        with c2pa.Reader("video/mp4", BytesIO(output.getvalue())) as reader:
            assert reader.get_validation_state() == "Valid"
            [ingredient] = reader.get_active_manifest()["ingredients"]
        assert (ingredient["title"], ingredient["relationship"]) == ("source", "componentOf")
        assert ingredient["active_manifest"]
        found = ingredient["validation_results"]["activeManifest"]["failure"]
        failures.append({failure["code"] for failure in found})
    assert failures[1] - failures[0] == {"assertion.dataHash.mismatch"}


def test_a_picture_that_says_nothing_usable_leaves_nothing(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = (MEDIA / "grace_hopper.jpg").read_bytes()
    for data in (plain, b"", b"jumb", plain[:2000] + b"jumb" * 500, b"BM" + b"jumb" * 9):
        assert archive(data) == b""
    monkeypatch.setattr(credentials, "MOST_ARCHIVED", 100)
    assert archive(signed(MEDIA / "grace_hopper.jpg", identity)) == b""

import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mien.live.governance import POLICY_FILE, install_policy
from mien.trust.audit import open_audit_log
from mien.trust.policy import Policy

ROOT = Path(__file__).parents[2]
FACE = ROOT / "tests" / "media" / "astronaut.png"


class Serving:
    """`mien serve` in a process of its own, told what to do through its command line only."""

    def __init__(self, data_dir: Path, *more: str, **environment: str) -> None:
        command = [sys.executable, "-c", "from mien.cli.app import main; main()", "serve"]
        self.log = data_dir.parent / "log"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--data-dir", str(data_dir), *more],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "MIEN_WARM_WORKERS": "1", **environment},
            )

    def told(self) -> dict[str, str]:
        """What it prints when it is ready, by name."""
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline() for _ in range(5)]
        assert lines[0] == "Mien is ready.\n", self.log.read_text()
        return {name: value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    made = Serving(tmp_path / "data", "--port", "0")
    yield made
    made.kill()


def test_first_call_to_last(serving: Serving, tmp_path: Path) -> None:
    told = serving.told()
    address = re.fullmatch(r"(http://127\.0\.0\.1:\d+)/studio/#token=(\S+)", told["Studio"])
    assert address is not None
    origin, token = address.groups()
    with httpx.Client(base_url=origin, timeout=30) as http:
        pair = {"clientId": told["Client id"], "clientSecret": told["Client secret"]}
        assert http.post("/api/open/v3/getToken", json=pair).json()["code"] == 1000
        bearer = {"Authorization": f"Bearer {token}"}
        assert http.get("/v1/sources", headers=bearer).json()["data"] == []
        assert http.get("/studio/").status_code == 200
        assert http.get("/readyz").json() == {"status": "ready"}
        files = {"file": FACE.read_bytes()}
        source = http.post("/v1/sources", files=files, headers=bearer).json()["data"]
        path = "/api/open/v3/faceswap/live/create"
        create = http.post(path, json={"sourceImage": [source["id"]]}, headers=bearer).json()
        assert create["data"]["faceswap_status"] == 2
        assert "mien_sessions_live 1.0" in http.get("/metrics").text
        assert http.get("/healthz", headers={"X-Long": "x" * 40_000}).status_code == 400
    assert serving.end() == 0
    check_log(serving.log, told["Client secret"], token)
    check_modes(tmp_path / "data")
    again = Serving(tmp_path / "data", "--port", "0")
    try:
        kept = again.told()
        assert (kept["Client id"], kept["Client secret"]) == tuple(pair.values())
        origin = kept["API"].removesuffix("/docs")
        info = {"_id": create["data"]["_id"]}
        key = {"x-api-key": kept["Client secret"]}
        url = f"{origin}/api/open/v3/faceswap/live/info"
        data = httpx.get(url, params=info, headers=key).json()["data"]
        assert (data["faceswap_status"], data["reason"]) == (4, "server restarted")
        assert [
            kept["id"] for kept in httpx.get(f"{origin}/v1/sources", headers=key).json()["data"]
        ]
        assert again.end(signal.SIGINT) == 0
    finally:
        again.kill()


def check_log(log: Path, *secrets: str) -> None:
    lines = log.read_text().splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines), "JSON a line"
    assert not any(secret in line for line in lines for secret in secrets)
    assert any(json.loads(line)["event"] == "request" for line in lines)
    assert not any(json.loads(line).get("level") == "error" for line in lines)


def check_modes(data_dir: Path) -> None:
    for name in ("installation.json", "token-key.pem"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600


def test_credentials_of_the_environment(tmp_path: Path) -> None:
    given = {"MIEN_CLIENT_ID": "mine", "MIEN_CLIENT_SECRET": "my own secret"}
    serving = Serving(tmp_path / "data", "--port", "0", **given)
    try:
        told = serving.told()
        assert (told["Client id"], told["Client secret"]) == ("mine", "my own secret")
    finally:
        serving.kill()


def test_a_taken_port_is_told_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        serving = Serving(tmp_path / "data", "--port", port)
        assert serving.process.wait(30) == 1
        assert "Choose another with --port" in serving.log.read_text()
        assert not (tmp_path / "data").exists()
        serving.kill()


def test_a_data_directory_that_cannot_be_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    refused = Serving(tmp_path / "data", "--port", "0")
    assert refused.process.wait(30) == 1
    refused.kill()
    said = refused.log.read_text()
    assert said.startswith(f"Can't write to the data directory {tmp_path / 'data'}: File exists.")
    assert "--data-dir" in said and "Traceback" not in said


def test_a_label_in_an_unknown_language_is_told_and_nothing_is_served(tmp_path: Path) -> None:
    refused = Serving(tmp_path / "data", "--port", "0", MIEN_LABEL_LANGUAGE="xx")
    assert refused.process.wait(30) == 1
    assert refused.process.stdout is not None
    refused.process.stdout.close()
    said = refused.log.read_text()
    assert "use one of en, de" in said
    assert "Traceback" not in said


def test_a_policy_that_was_changed_refuses_to_start(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    log = open_audit_log(data_dir, lambda: 1.0)
    install_policy(data_dir, Policy(gate="required"), Ed25519PrivateKey.generate(), log)
    path = data_dir / POLICY_FILE
    path.write_bytes(path.read_bytes().replace(b'"required"', b'"off"'))
    serving = Serving(data_dir, "--port", "0")
    try:
        assert serving.process.wait(30) == 1
        assert serving.log.read_text() == (
            "The policy was changed after it was signed; sign it again.\n"
        )
    finally:
        serving.kill()


def test_a_signed_policy_decides_before_the_environment(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    policy = Policy(likeness="required", gate="off", lost_face="hold")
    log = open_audit_log(data_dir, lambda: 1.0)
    install_policy(data_dir, policy, Ed25519PrivateKey.generate(), log)
    serving = Serving(data_dir, "--port", "0", MIEN_LIKENESS="implicit", MIEN_LOST_FACE="pass")
    try:
        origin = serving.told()["API"].removesuffix("/docs")
        statement = httpx.get(f"{origin}/v1/compliance").json()["statement"]
        assert statement["policy"] == {"signed": True, "digest": policy.digest}
        states = {one["id"]: one["state"] for one in statement["requirements"]}
        assert (states["R8"], states["R9"], states["R12"]) == ("on", "off", "on")
    finally:
        serving.kill()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mien test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(Encoding.PEM))
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key_file.write_bytes(key.private_bytes(*plain))
    return cert_file, key_file


def test_https_by_its_own(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    given = {"MIEN_TLS_CERT": str(cert), "MIEN_TLS_KEY": str(key)}
    serving = Serving(tmp_path / "data", "--port", "0", **given)
    try:
        origin = serving.told()["API"].removesuffix("/docs")
        assert origin.startswith("https://127.0.0.1:")
        trusted = ssl.create_default_context(cafile=str(cert))
        assert httpx.get(f"{origin}/healthz", verify=trusted).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{origin.replace('https', 'http')}/healthz")
        assert serving.end() == 0
    finally:
        serving.kill()


@pytest.mark.parametrize("missing", ["MIEN_TLS_CERT", "MIEN_TLS_KEY"])
def test_half_a_certificate_is_told_and_nothing_is_served(tmp_path: Path, missing: str) -> None:
    cert, key = certificate(tmp_path)
    given = {"MIEN_TLS_CERT": str(cert), "MIEN_TLS_KEY": str(key)}
    del given[missing]
    refused = Serving(tmp_path / "data", "--port", "0", **given)
    assert refused.process.wait(30) == 1
    assert "Both name PEM files" in refused.log.read_text()
    assert not (tmp_path / "data").exists()
    refused.kill()


@pytest.mark.parametrize(("proxies", "scheme"), [(None, "https"), ('["10.0.0.9"]', "http")])
def test_a_proxy_is_believed_where_it_is_named(
    tmp_path: Path, proxies: str | None, scheme: str
) -> None:
    given = {} if proxies is None else {"MIEN_PROXIES": proxies}
    serving = Serving(tmp_path / "data", "--port", "0", **given)
    try:
        told = serving.told()
        with httpx.Client(base_url=told["API"].removesuffix("/docs"), timeout=30) as http:
            key = {"x-api-key": told["Client secret"]}
            image = {"file": FACE.read_bytes()}
            source = http.post("/v1/sources", files=image, headers=key).json()["data"]["id"]
            asked = {"subject": "Eileen", "source": source, "basis": "self", "adult": True}
            made = http.post("/v1/likenesses", json=asked, headers=key).json()["data"]["id"]
            outside = {**key, "Host": "faces.example", "X-Forwarded-Proto": "https"}
            link = http.post(f"/v1/likenesses/{made}/invite", headers=outside).json()["data"]
        url = link["url"]
        assert url.startswith(f"{scheme}://faces.example/consent/")
    finally:
        serving.kill()

import json
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from mien.cli.app import main
from mien.live.governance import POLICY_FILE, install_policy
from mien.trust.audit import KEY_FILE, open_audit_log, read_key
from mien.trust.policy import Policy
from mien.trust.signed_json import is_signed


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["compliance", "--data-dir", str(folder), *arguments])


def install(folder: Path, policy: Policy) -> None:
    log = open_audit_log(folder, lambda: 1.0)
    install_policy(folder, policy, Ed25519PrivateKey.generate(), log)


def test_the_statement_is_signed_by_the_installation(tmp_path: Path) -> None:
    install(tmp_path, Policy(likeness="required", gate="off"))
    answer = run(tmp_path, "--json")
    assert answer.exit_code == 0, answer.output
    signed = json.loads(answer.stdout)
    key = read_key(tmp_path / KEY_FILE).public_key()
    assert b64decode(signed["key"]) == key.public_bytes_raw()
    assert is_signed(signed["statement"], signed["signature"], key)
    states = {one["id"]: one["state"] for one in signed["statement"]["requirements"]}
    assert (states["R7"], states["R8"], states["R9"]) == ("on", "on", "off")


def test_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_GATE", "required")
    lines = run(tmp_path / "new").stdout.splitlines()
    assert len(lines) == 14
    assert lines[6].split()[:2] == ["R7", "on"]
    assert lines[8].split()[:2] == ["R9", "on"]
    assert lines[-1].startswith("Encrypted at rest: prepared source faces, previews, recordings")


def test_nothing_is_stated_under_a_broken_policy(tmp_path: Path) -> None:
    install(tmp_path, Policy())
    (tmp_path / POLICY_FILE).write_text("{}")
    answer = run(tmp_path, "--json")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "no signed policy" in answer.stderr

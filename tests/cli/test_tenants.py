import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import main
from mien.trust.audit import KEY_FILE, LOG_FILE, read_key, verify_log


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["tenants", *arguments])


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_a_tenant_from_first_to_last(data_dir: Path) -> None:
    added = run("add", "acme", "--minutes", "90", "--sessions", "2", "--detects", "5", "--json")
    assert added.exit_code == 0, added.output
    made = json.loads(added.stdout)
    assert set(made) == {"id", "client_id", "client_secret"}
    (row,) = json.loads(run("list", "--json").stdout)
    assert row == {
        "id": "acme",
        "client_id": made["client_id"],
        "blocked": False,
        "minutes": 90,
        "minutes_used": 0.0,
        "sessions": 2,
        "creates": None,
        "detects": 5,
        "old_secret_until": None,
    }
    assert run("block", "acme").exit_code == 0
    rotated = json.loads(run("rotate", "acme", "--keep-hours", "1", "--json").stdout)
    assert rotated["client_secret"] != made["client_secret"]
    (row,) = json.loads(run("list", "--json").stdout)
    assert row["blocked"] and row["old_secret_until"].endswith("Z")
    assert run("unblock", "acme").exit_code == 0
    assert run("revoke", "acme").exit_code == 0
    assert run("limit", "acme", "--minutes", "10").exit_code == 0
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["blocked"], row["old_secret_until"], row["minutes"]) == (False, None, 10)
    everything = b"".join(file.read_bytes() for file in data_dir.iterdir())
    for secret in (made["client_secret"], rotated["client_secret"]):
        assert secret.encode() not in everything, "only its digest is kept"
        assert secret not in run("list").stdout
    assert verify_log(data_dir / LOG_FILE, read_key(data_dir / KEY_FILE).public_key()).intact


def test_in_words(data_dir: Path) -> None:
    told = run("add", "acme", "--data-dir", str(data_dir)).stdout
    assert "Client secret:" in told and "not shown again" in told
    assert run("list").stdout.splitlines()[0].startswith("id    client_id ")


@pytest.mark.parametrize(
    "call", [("block", "nobody"), ("rotate", "nobody"), ("add", "No Name"), ("limit", "nobody")]
)
def test_what_can_t_be_done_is_said(call: tuple[str, str]) -> None:
    answer = run(*call)
    assert answer.exit_code == 1
    assert answer.stderr.strip().endswith((".", "list`."))
    assert "Traceback" not in answer.output

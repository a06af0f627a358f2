from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import main
from mien.trust.audit import KEY_FILE, LOG_FILE, read_key, verify_log


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_kill_list_and_revive(data_dir: Path) -> None:
    assert run("kill", "tenant", "acme").exit_code == 0
    assert run("kill", "all").exit_code == 0
    assert run("kill", "list").stdout.splitlines() == ["all", "tenant acme"]
    assert run("revive", "all").exit_code == 0
    assert run("revive", "tenant", "acme").exit_code == 0
    assert run("kill", "list").stdout.strip() == "Nothing is stopped."
    assert verify_log(data_dir / LOG_FILE, read_key(data_dir / KEY_FILE).public_key()).lines == 4


def test_what_can_t_be_done_is_said() -> None:
    assert "scope: one of all, tenant" in run("kill", "everybody").stderr
    again = run("revive", "all")
    assert (again.exit_code, "was not stopped" in again.stderr) == (1, True)

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import main
from mien.trust.audit import LOG_FILE, open_audit_log


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["audit", *arguments])


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_DIR", str(tmp_path))
    log = open_audit_log(tmp_path, lambda: 1000.0)
    for number in range(3):
        log.append("session.created", session=f"s{number}")
    return tmp_path


def test_an_untouched_log(data_dir: Path) -> None:
    answer = run("verify")
    assert answer.exit_code == 0
    assert "Intact: 3 lines, 0 checkpoints, 3 lines after the last" in answer.stdout
    report = json.loads(run("verify", "--json").stdout)
    assert (report["intact"], report["lines"], report["broken_line"]) == (True, 3, None)


def test_a_changed_byte(data_dir: Path) -> None:
    log = data_dir / LOG_FILE
    log.write_bytes(log.read_bytes().replace(b"s1", b"s7"))
    answer = run("verify")
    assert answer.exit_code == 1
    assert "CHANGED at line 2" in answer.stdout
    assert json.loads(run("verify", "--json").stdout)["intact"] is False


def test_a_checkpoint_kept_elsewhere_finds_a_cut_end(data_dir: Path) -> None:
    kept = run("checkpoint").stdout.strip()
    assert kept.startswith("4:")
    assert run("verify", "--checkpoint", kept).exit_code == 0
    log = data_dir / LOG_FILE
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:2]))
    assert run("verify").exit_code == 0
    answer = run("verify", "--checkpoint", kept)
    assert answer.exit_code == 1
    assert "ends before the checkpoint" in answer.stdout


@pytest.mark.parametrize("text", ["", "5", "5:abc", "x:" + "0" * 64])
def test_a_checkpoint_of_another_form(data_dir: Path, text: str) -> None:
    answer = run("verify", "--checkpoint", text)
    assert answer.exit_code == 2
    assert "LINE:HASH" in answer.stderr


def test_no_log_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DATA_DIR", str(tmp_path))
    answer = run("verify")
    assert answer.exit_code == 2
    assert answer.stderr
    assert list(tmp_path.iterdir()) == []

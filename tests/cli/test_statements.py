import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import main
from mien.trust.audit import LOG_FILE
from mien.trust.statement_keys import KEYS_FILE, open_statement_keys


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["statements", *arguments])


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_DIR", str(tmp_path))
    return tmp_path


def test_without_keys_none_are_made(data_dir: Path) -> None:
    answer = run("keys")
    assert answer.exit_code == 1
    assert KEYS_FILE in answer.stderr
    assert list(data_dir.iterdir()) == []


def test_a_key_is_rotated_and_the_log_says_so(data_dir: Path) -> None:
    before = open_statement_keys(data_dir).newest.thumbprint()
    answer = run("rotate")
    newest = open_statement_keys(data_dir).newest.thumbprint()
    assert answer.stdout.split() == [before, newest] == run("keys").stdout.split()
    line = json.loads((data_dir / LOG_FILE).read_text())
    assert (line["event"], line["key"]) == ("statements.key_rotated", newest)
    (data_dir / KEYS_FILE).write_text("{}")
    assert run("rotate").exit_code == 1

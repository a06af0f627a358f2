import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import main
from mien.live.marks import mark_for_file
from mien.live.store import Store
from mien.settings import Settings
from mien.trust.audit import KEY_FILE, LOG_FILE, read_key, verify_log
from mien.trust.keyring import KEYRING_FILE, read_keyring
from mien.trust.registry import MarkUse, mark_name


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["marks", *arguments])


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_DIR", str(tmp_path))
    return tmp_path


def test_without_keys_none_are_made(data_dir: Path) -> None:
    answer = run("keys")
    assert answer.exit_code == 1
    assert "no keys for marks" in answer.stderr
    assert list(data_dir.iterdir()) == []


def test_a_rotated_key_marks_from_then_on_and_the_log_says_so(data_dir: Path) -> None:
    before, _ = mark_for_file(Settings())
    answer = run("rotate")
    assert answer.exit_code == 0
    keyring = read_keyring(data_dir)
    assert [key.secret for key in keyring.keys][:1] == [before.key]
    assert mark_for_file(Settings())[0].key == keyring.newest.secret != before.key
    assert answer.stdout == run("keys").stdout
    assert [line.split()[0] for line in answer.stdout.splitlines()] == [k.id for k in keyring.keys]
    line = json.loads((data_dir / LOG_FILE).read_text())
    assert (line["event"], line["key"]) == ("marks.key_rotated", keyring.newest.id)
    assert verify_log(data_dir / LOG_FILE, read_key(data_dir / KEY_FILE).public_key()).intact


def test_no_key_is_shown(data_dir: Path) -> None:
    run("rotate")
    secret = read_keyring(data_dir).newest.secret.hex()
    assert secret not in run("keys").stdout + run("rotate").stdout
    assert secret not in (data_dir / LOG_FILE).read_text()
    assert (data_dir / KEYRING_FILE).stat().st_mode & 0o777 == 0o600


def test_who_had_a_mark_is_told_to_whoever_has_the_data_directory(data_dir: Path) -> None:
    marking, _ = mark_for_file(Settings())
    name = mark_name(marking.mark_id)

    async def keep() -> None:
        store = Store(Settings().resolved_database_url)
        await store.open()
        await store.add_use(MarkUse(marking.mark_id, "a" * 24, "acme", "lik_1", 1_800_000_000.0))
        await store.close()

    assert json.loads(run("show", name).stdout)["uses"] == []
    asyncio.run(keep())
    told = json.loads(run("show", name).stdout)
    assert told["statement"]["made"] == "file"
    assert told["uses"] == [
        {
            "session": "a" * 24,
            "tenant": "acme",
            "likeness": "lik_1",
            "since": "2027-01-15T08:00:00+00:00",
        }
    ]
    for wrong, why in (("0" * 12, "no such mark"), ("xyz", "12 hex digits")):
        answer = run("show", wrong)
        assert answer.exit_code == 1
        assert why in answer.stderr

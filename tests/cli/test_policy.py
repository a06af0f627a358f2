import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import main
from mien.live.governance import POLICY_FILE
from mien.trust.audit import KEY_FILE, LOG_FILE, read_key, verify_log
from mien.trust.policy import Policy


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["policy", *arguments])


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def sign(folder: Path, key: str = "key.pem", **change: object) -> Result:
    draft = folder / "policy-draft.json"
    if not draft.exists():
        assert run("init", "--key", key).exit_code == 0
    draft.write_text(json.dumps(json.loads(draft.read_text()) | change))
    return run("sign", str(draft), "--key", key)


def test_from_a_key_to_a_policy_in_force(data_dir: Path, tmp_path: Path) -> None:
    made = run("init", "--key", "key.pem")
    assert made.exit_code == 0, made.output
    assert "mien policy sign policy-draft.json --key key.pem" in made.stdout
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "policy-draft.json").read_text()) == Policy().as_json()
    assert not data_dir.exists(), "nothing is in force yet"
    signed = sign(tmp_path, likeness="required", recording_days=1)
    assert signed.exit_code == 0, signed.output
    assert run("check").exit_code == 0
    told = json.loads(run("show", "--json").stdout)
    assert told["source"] == "signed policy"
    assert told["policy"] == Policy(likeness="required", recording_days=1.0).as_json()
    assert told["digest"] in run("check").stdout
    log = data_dir / LOG_FILE
    assert json.loads(log.read_text())["digest"] == told["digest"]
    assert verify_log(log, read_key(data_dir / KEY_FILE).public_key()).intact


def test_without_one_the_settings_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_GATE", "off")
    told = json.loads(run("show", "--json").stdout)
    assert (told["source"], told["digest"]) == ("settings", None)
    assert told["policy"] == Policy(gate="off").as_json()
    assert run("show").stdout.splitlines()[0] == "From: settings"
    none = run("check")
    assert none.exit_code == 1
    assert "mien policy init" in none.stderr


def test_a_changed_policy_is_found(data_dir: Path, tmp_path: Path) -> None:
    sign(tmp_path, gate="required")
    path = data_dir / POLICY_FILE
    path.write_bytes(path.read_bytes().replace(b'"required"', b'"off"'))
    for command in ("check", "show"):
        answer = run(command)
        assert answer.exit_code == 1
        assert "changed after it was signed" in answer.stderr


def test_another_key_signs_nothing_here(data_dir: Path, tmp_path: Path) -> None:
    sign(tmp_path, gate="required")
    before = (data_dir / POLICY_FILE).read_bytes()
    assert run("init", "other.json", "--key", "other.pem").exit_code == 0
    answer = run("sign", "other.json", "--key", "other.pem")
    assert answer.exit_code == 1
    assert "another key" in answer.stderr
    assert (data_dir / POLICY_FILE).read_bytes() == before


def test_a_draft_of_nonsense_is_not_signed(data_dir: Path, tmp_path: Path) -> None:
    for change in ({"watermark": "off"}, {"label": "none"}):
        answer = sign(tmp_path, **change)
        assert answer.exit_code == 1
        assert not (data_dir / POLICY_FILE).exists()
        (tmp_path / "policy-draft.json").unlink()
        (tmp_path / "key.pem").unlink()


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    run("init", "--key", "key.pem")
    before = (tmp_path / "key.pem").read_bytes()
    for call in (("--key", "key.pem"), ("--key", "new.pem"), ("other.json", "--key", "key.pem")):
        answer = run("init", *call)
        assert answer.exit_code == 1
        assert "is there already" in answer.stderr
    assert (tmp_path / "key.pem").read_bytes() == before


def test_files_that_are_not_there_are_said(tmp_path: Path) -> None:
    assert run("sign", "nothing.json", "--key", "nothing.pem").exit_code == 1
    run("init", "--key", "key.pem")
    (tmp_path / "key.pem").write_text("no key")
    answer = run("sign", "policy-draft.json", "--key", "key.pem")
    assert answer.exit_code == 1
    assert "Traceback" not in answer.output


def test_a_tenant_s_rules_are_signed_and_shown(tmp_path: Path) -> None:
    own = {"acme": {"likeness": "required", "lost_face": "hold"}}
    assert sign(tmp_path, tenants=own).exit_code == 0
    shown = json.loads(run("show", "--tenant", "acme", "--json").stdout)["policy"]
    assert shown == Policy(likeness="required", lost_face="hold").as_json()
    assert json.loads(run("show", "--json").stdout)["policy"]["tenants"] == own
    last = run("show").stdout.splitlines()[-1]
    assert last == "tenant acme: likeness required, lost_face hold"


def test_a_tenant_s_laxer_rules_are_not_signed_by_mistake(data_dir: Path, tmp_path: Path) -> None:
    answer = sign(tmp_path, gate="required", tenants={"acme": {"gate": "on"}})
    assert answer.exit_code == 1
    assert "tenant acme lets more through" in answer.stderr
    assert not (data_dir / POLICY_FILE).exists()

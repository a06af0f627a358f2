import json
import re
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli import checks
from mien.cli.app import main
from mien.settings import IceSettings, Settings


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, port=free_port())


def test_this_machine_would_serve(settings: Settings) -> None:
    verdicts = {check.name: check.verdict for check in checks.check_all(settings)}
    assert verdicts["models"] == "ok"
    assert verdicts["codecs"] == "ok"
    assert "failure" not in verdicts.values(), verdicts


def test_a_taken_port_is_a_failure(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", settings.port)):
        check = checks.check_port(settings)
    assert check.verdict == "failure"
    assert "--port" in check.advice


def test_taken_media_ports_are_a_failure() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        ice = IceSettings(udp_port_min=port, udp_port_max=port)
        assert checks.check_media_ports(Settings(ice=ice)).verdict == "failure"
    assert checks.check_media_ports(Settings(ice=ice)).verdict == "ok"


def test_a_data_directory_that_cannot_be_made(tmp_path: Path) -> None:
    inside_a_file = tmp_path / "file"
    inside_a_file.write_text("")
    check = checks.check_data_dir(Settings(data_dir=inside_a_file / "data"))
    assert check.verdict == "failure"
    assert "--data-dir" in check.advice


@pytest.mark.parametrize(
    ("urls", "secret", "verdict"),
    [
        ((), None, "warning"),
        (("turn:127.0.0.1:3478",), None, "failure"),
        (("turn:127.0.0.1:3478?transport=udp",), "s", "ok"),
        (("turn:nowhere.invalid:3478",), "s", "failure"),
    ],
)
def test_turn(urls: tuple[str, ...], secret: str | None, verdict: str) -> None:
    ice = IceSettings.model_validate({"turn_urls": urls, "turn_secret": secret})
    assert checks.check_turn(Settings(ice=ice)).verdict == verdict


def test_json_and_exit_status(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("MIEN_PORT", str(settings.port))
    result = CliRunner().invoke(main, ["doctor", "--json"])
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["works"] is True
    assert {check["name"] for check in report["checks"]} >= {"cores", "memory", "turn", "models"}
    with socket.create_server(("127.0.0.1", settings.port)):
        result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "Serving would not work" in result.stdout


def test_what_looks_like_markup_is_said_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "[bold]data"
    folder.mkdir()
    monkeypatch.setenv("MIEN_DATA_DIR", str(folder))
    monkeypatch.setenv("MIEN_PORT", str(free_port()))
    lines = CliRunner().invoke(main, ["doctor"]).stdout.splitlines()
    assert any(str(folder) in line for line in lines)
    assert lines[0].startswith("     ok  python: ")


def test_advice_asks_no_index_for_mien_itself() -> None:
    """Mien is on none: whoever takes the name there would be run."""
    root = Path(__file__).parents[2]
    files = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("src/**/*.py")]
    asking = [file for file in files if re.search(r"pip install '?mien\b", file.read_text())]
    assert asking == []

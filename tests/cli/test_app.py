import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli.app import COMMANDS, main


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.stdout for name in COMMANDS)


def test_no_arguments_show_help() -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0
    assert "Commands:" in result.stdout


def test_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.stdout.startswith("mien ")


def test_where_kernels_cannot_be_kept_it_says_what_to_set() -> None:
    nowhere = {
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
        "NUMBA_CACHE_DIR": "/proc/nowhere",
    }
    for command, said in (
        ("warm-up", "in NUMBA_CACHE_DIR.\n"),
        ("doctor", "Serving would not work"),
    ):
        program = f"from mien.cli.app import main; main(['{command}'])"
        ended = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | nowhere,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 1
        assert said in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["nope"])
    assert result.exit_code == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert name in result.stdout


@pytest.mark.parametrize("call", [["--help"], ["kill", "list"], ["revive", "all"]])
def test_who_is_in_a_hurry_imports_nothing_heavy(call: list[str], tmp_path: Path) -> None:
    more = ["--data-dir", str(tmp_path)] if len(call) > 1 else []
    code = (
        "import sys; from mien.cli.app import main\n"
        f"try: main({call + more})\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'cv2', 'av', 'fastapi', 'numba'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

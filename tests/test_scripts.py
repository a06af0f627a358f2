"""`scripts/environment` where something is missing: what it says, and how it goes on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = ("pyproject.toml", "requirements", "scripts")
# Asked whether it is new enough, whether it has ensurepip, and for the package that brings it.
WITHOUT_PIP = 'case "$2" in *ensurepip*) exit 1;; *venv*) echo p-venv;; esac'
TOOLS = ("cat", "cut", "dirname", "env", "grep", "id", "rm", "sh", "sha256sum")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    place = tmp_path / "a checkout"
    place.mkdir()
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    return place


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with the tools that every Debian has, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None, tool
        (folder / tool).symlink_to(found)
    return folder


def write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def failing(checkout: Path, **environment: str) -> str:
    """Run `scripts/serve`; what it says on standard error before it ends with status 1."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "MIEN"))}
    ended = subprocess.run(
        ["/bin/sh", "scripts/serve"],
        cwd=checkout,
        env=kept | environment,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (1, ""), ended.stderr
    return ended.stderr


def without_registry(checkout: Path) -> str:
    nowhere = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return failing(checkout, MIEN_PYTHON=sys.executable, **nowhere)


def test_without_python_it_says_which_and_how(checkout: Path, bare_path: Path) -> None:
    said = failing(checkout, PATH=str(bare_path))
    assert "apt-get install python3-venv" in said and "MIEN_PYTHON=" in said
    write_program(bare_path / "python3", "exit 1")
    assert failing(checkout, PATH=str(bare_path)) == said, "an old one is as good as none"


def test_without_root_it_says_all_that_root_must_do(checkout: Path, bare_path: Path) -> None:
    write_program(bare_path / "python3", WITHOUT_PIP)
    write_program(bare_path / "apt-get", "exit 0")
    (bare_path / "id").unlink()
    write_program(bare_path / "id", "echo 1000")
    said = failing(checkout, PATH=str(bare_path))
    assert said.endswith("start again: apt-get update && apt-get install p-venv\n")


def test_an_apt_that_fails_ends_it(checkout: Path, bare_path: Path) -> None:
    write_program(bare_path / "python3", WITHOUT_PIP)
    write_program(bare_path / "sudo", 'exec "$@"')
    write_program(bare_path / "apt-get", "exit 100")
    assert "apt could not install p-venv" in failing(checkout, PATH=str(bare_path))


def test_what_was_interrupted_or_moved_is_made_anew(checkout: Path) -> None:
    venv = [sys.executable, "-m", "venv", "--without-pip", ".venv"]
    subprocess.run(venv, cwd=checkout, check=True)
    assert "could not be installed" in without_registry(checkout)
    assert (checkout / ".venv" / "bin" / "pip").exists()

    kept = checkout / ".venv" / "kept"
    kept.touch()
    without_registry(checkout)
    assert kept.exists(), "a second try goes on where the first ended"

    moved = checkout.rename(checkout.parent / "moved")
    without_registry(moved)
    assert not (moved / ".venv" / "kept").exists()


@pytest.mark.parametrize("kind", ["base", "dev", "build"])
def test_every_python_gets_the_same_versions(kind: str) -> None:
    lines = (ROOT / "requirements" / f"{kind}.txt").read_text().splitlines()
    pinned = [line.partition("==")[0] for line in lines if line[:1].isalnum()]
    assert len(pinned) == len(set(pinned)) > 1

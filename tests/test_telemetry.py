"""A library that reports home would do so from its import on, and keep an id of the machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

USE = """
from mien import FaceSwapper
from mien.models.runtimes import OnnxModel
from mien.models.weights import WeightStore

OnnxModel(WeightStore().path("identity"))
"""


@pytest.mark.parametrize("first", ["", "import mien.models.runtimes", "import mien.cli.doctor"])
def test_nothing_is_kept_at_home_to_be_reported(first: str, tmp_path: Path) -> None:
    unsaid = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", first + USE], env=unsaid | home, check=True)
    assert list(tmp_path.rglob("*")) == []


def test_who_wants_it_may_have_it() -> None:
    wanted = {**os.environ, "ORT_DISABLE_TELEMETRY": "0"}
    say = 'import mien, os; assert os.environ["ORT_DISABLE_TELEMETRY"] == "0"'
    subprocess.run([sys.executable, "-c", say], env=wanted, check=True)

import json
from typing import Any

import pytest

from mien.cli.table import tell_rows

ROWS: list[dict[str, Any]] = [
    {"id": "a", "minutes": 1.5, "quota": None, "blocked": False, "why": None},
    {"id": "longer", "minutes": None, "quota": None, "blocked": True, "why": "two words"},
]


def test_columns_stand_under_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    tell_rows(ROWS, as_json=False)
    assert capsys.readouterr().out == (
        "id      minutes  blocked  why\n"
        "a       1.5      no       -\n"
        "longer  -        yes      two words\n"
    )


def test_json_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    tell_rows(ROWS, as_json=True)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_of_nothing_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    tell_rows([], as_json=False)
    assert capsys.readouterr().out == ""
    tell_rows([], as_json=True)
    assert capsys.readouterr().out == "[]\n"

import pytest
import typer

from mien.cli.failures import INTERRUPTED, say_failures, say_stopped
from mien.errors import NotFound


def test_a_failure_is_a_line_and_a_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, say_failures(2):
        raise NotFound("There is no such key", "make one.")
    assert ended.value.exit_code == 2
    assert capsys.readouterr().err == "There is no such key; make one.\n"


def test_a_defect_is_not_hidden_unless_it_is_the_user_s() -> None:
    with pytest.raises(ValueError, match="defect"), say_failures():
        raise ValueError("defect")
    with pytest.raises(typer.Exit), say_failures(1, ValueError):
        raise ValueError("no key")


def test_who_stops_a_command_is_told_that_nothing_was_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit) as ended, say_stopped():
        raise KeyboardInterrupt
    assert ended.value.exit_code == INTERRUPTED
    assert "nothing was written" in capsys.readouterr().err

"""How a command fails: a line on standard error, and an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from mien.errors import MienError


@contextmanager
def say_failures(status: int = 1, *more: type[Exception]) -> Iterator[None]:
    """Say what went wrong, where it is the user's to mend. more: kinds that are so here."""
    kinds: tuple[type[Exception], ...] = (MienError, OSError, *more)
    try:
        yield
    except kinds as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(status) from error

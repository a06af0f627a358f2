"""How a command fails: a line on standard error, and an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from mien.errors import MienError

INTERRUPTED = 130


@contextmanager
def say_failures(status: int = 1, *more: type[Exception]) -> Iterator[None]:
    """Say what went wrong, where it is the user's to mend. more: kinds that are so here."""
    kinds: tuple[type[Exception], ...] = (MienError, OSError, *more)
    try:
        yield
    except kinds as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(status) from error


@contextmanager
def say_stopped() -> Iterator[None]:
    """Say that the user's Ctrl-C left nothing behind."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopped; nothing was written.", err=True)
        raise typer.Exit(INTERRUPTED) from None

"""`mien revive`: take back what `mien kill` has stopped."""

import typer

from mien.cli.beside import DataDir
from mien.cli.kill import Scope, Target, at_switch
from mien.live.kill_switch import kill_named


def revive(scope: Scope, target: Target = None, data_dir: DataDir = None) -> None:
    """Show pictures again. Exit status 1 where nothing of that name was stopped."""
    if not at_switch(data_dir, lambda switch: switch.lift(kill_named(scope, target))):
        typer.echo("It was not stopped; `mien kill list` says what is.", err=True)
        raise typer.Exit(1)

"""`mien statements`: the keys that session statements are signed with."""

import time

import typer

from mien.cli.beside import DataDir, settings_in
from mien.cli.failures import say_failures
from mien.trust.audit import open_audit_log
from mien.trust.statement_keys import (
    KEYS_FILE,
    StatementKeys,
    read_statement_keys,
    rotate_statement_keys,
)

app = typer.Typer(add_completion=False, help="The keys that session statements are signed with.")


@app.command()
def keys(data_dir: DataDir = None) -> None:
    """List the keys by name; the last one signs, all are published."""
    folder = settings_in(data_dir).data_dir
    with say_failures():
        kept = read_statement_keys(folder / KEYS_FILE)
    _list(kept)


@app.command()
def rotate(data_dir: DataDir = None) -> None:
    """Make a new key. A server takes it at its next start; older statements still verify."""
    folder = settings_in(data_dir).data_dir
    with say_failures():
        kept = rotate_statement_keys(folder)
        about = {"key": kept.newest.thumbprint()}
        open_audit_log(folder, time.time).append("statements.key_rotated", **about)
    _list(kept)


def _list(kept: StatementKeys) -> None:
    for key in kept.keys:
        typer.echo(key.thumbprint())

"""`mien marks`: the keys that output is marked with."""

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mien.errors import MienError
from mien.settings import Settings
from mien.trust.audit import open_audit_log
from mien.trust.keyring import Keyring, read_keyring, rotate_keyring

app = typer.Typer(add_completion=False, help="The keys that output is marked with.")

DataDir = Annotated[Path | None, typer.Option(help="The server's data directory.")]


@app.command()
def keys(data_dir: DataDir = None) -> None:
    """List the keys by name and age; the last one marks, all are looked for."""
    try:
        keyring = read_keyring(data_dir or Settings().data_dir)
    except (MienError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    _list(keyring)


@app.command()
def rotate(data_dir: DataDir = None) -> None:
    """Make a new key. A server takes it at its next start; older marks are still found."""
    folder = data_dir or Settings().data_dir
    try:
        keyring = rotate_keyring(folder, secrets.token_bytes, time.time())
        open_audit_log(folder, time.time).append("marks.key_rotated", key=keyring.newest.id)
    except (MienError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    _list(keyring)


def _list(keyring: Keyring) -> None:
    for key in keyring.keys:
        made = datetime.fromtimestamp(key.created_at, UTC)
        typer.echo(f"{key.id}  made {made:%Y-%m-%d %H:%M} UTC")

"""`mien marks`: the keys that output is marked with, and who had which mark."""

import json
import secrets
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from mien.cli.beside import DataDir, settings_in
from mien.cli.failures import say_failures
from mien.live.marks import known_statement, known_uses
from mien.trust.audit import open_audit_log
from mien.trust.keyring import Keyring, read_keyring, rotate_keyring
from mien.trust.registry import MarkUse
from mien.trust.verdict import statement_json

app = typer.Typer(add_completion=False, help="Keys of marks, and who had which mark.")


@app.command()
def keys(data_dir: DataDir = None) -> None:
    """List the keys by name and age; the last one marks, all are looked for."""
    with say_failures():
        keyring = read_keyring(settings_in(data_dir).data_dir)
    _list(keyring)


@app.command()
def rotate(data_dir: DataDir = None) -> None:
    """Make a new key. A server takes it at its next start; older marks are still found."""
    folder = settings_in(data_dir).data_dir
    with say_failures():
        keyring = rotate_keyring(folder, secrets.token_bytes, time.time())
        open_audit_log(folder, time.time).append("marks.key_rotated", key=keyring.newest.id)
    _list(keyring)


@app.command()
def show(
    mark: Annotated[str, typer.Argument(help="12 hex digits, as `mien verify` says.")],
    data_dir: DataDir = None,
) -> None:
    """Who had a mark: session, tenant, and the likeness records of the faces worn, as JSON."""
    settings = settings_in(data_dir)
    try:
        mark_id = int(mark, 16)
    except ValueError as error:
        typer.echo("A mark is named by 12 hex digits.", err=True)
        raise typer.Exit(1) from error
    statement = known_statement(settings, mark_id)
    if statement is None:
        typer.echo("The registry has no such mark.", err=True)
        raise typer.Exit(1)
    uses = [_use_json(use) for use in known_uses(settings, mark_id)]
    typer.echo(json.dumps({"statement": statement_json(statement), "uses": uses}, indent=2))


def _use_json(use: MarkUse) -> dict[str, str | None]:
    return {
        "session": use.session_id,
        "tenant": use.tenant_id,
        "likeness": use.likeness_id,
        "since": datetime.fromtimestamp(use.since, UTC).isoformat(timespec="seconds"),
    }


def _list(keyring: Keyring) -> None:
    for key in keyring.keys:
        made = datetime.fromtimestamp(key.created_at, UTC)
        typer.echo(f"{key.id}  made {made:%Y-%m-%d %H:%M} UTC")

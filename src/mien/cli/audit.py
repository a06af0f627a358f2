"""`mien audit`: has anybody changed the log of who did what?"""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.beside import settings_in
from mien.cli.failures import say_failures
from mien.trust.audit import (
    KEY_FILE,
    LOG_FILE,
    AuditReport,
    Tail,
    open_audit_log,
    read_key,
    verify_log,
)

app = typer.Typer(add_completion=False, help="Check and sign the log of who did what.")

DataDir = Annotated[Path | None, typer.Option(help="Where the log and its key are.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Kept = Annotated[
    str | None, typer.Option(help="LINE:HASH of a checkpoint that was kept elsewhere.")
]


@app.command()
def verify(data_dir: DataDir = None, checkpoint: Kept = None, as_json: AsJson = False) -> None:
    """Check every byte of the log. Exit status 1 if any was changed, 2 if it can't be read."""
    folder = settings_in(data_dir).data_dir
    with say_failures(2, ValueError):
        known = None if checkpoint is None else _tail(checkpoint)
        report = verify_log(folder / LOG_FILE, read_key(folder / KEY_FILE).public_key(), known)
    typer.echo(
        json.dumps({"intact": report.intact, **asdict(report)}) if as_json else _told(report)
    )
    raise typer.Exit(0 if report.intact else 1)


@app.command()
def checkpoint(data_dir: DataDir = None) -> None:
    """Sign the log as it stands, and print the checkpoint; copy it off the machine."""
    folder = settings_in(data_dir).data_dir
    with say_failures(2, ValueError):
        tail = open_audit_log(folder, time.time).checkpoint()
    typer.echo(f"{tail.lines}:{tail.hash}")


def _tail(text: str) -> Tail:
    line, _, seal = text.partition(":")
    if not line.isdigit() or len(seal) != 64:
        raise ValueError("A checkpoint is LINE:HASH, as `mien audit checkpoint` prints it.")
    return Tail(int(line), seal)


def _told(report: AuditReport) -> str:
    if not report.intact:
        return f"CHANGED at line {report.broken_line}. {report.reason}"
    return (
        f"Intact: {report.lines} lines, {report.checkpoints} checkpoints, "
        f"{report.unsigned} lines after the last of them.\n"
        "A cut-off end shows only against a checkpoint kept elsewhere (--checkpoint); "
        f"this one is {report.lines}:{report.hash}."
    )

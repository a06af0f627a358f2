"""`mien doctor`: what is there, what is missing, and what to do about it."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from mien.cli.checks import Check, check_all
from mien.settings import Settings

COLOURS = {"ok": "green", "warning": "yellow", "failure": "red"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at this machine: would serving work? Exit status 1 if not."""
    checks = list(check_all(Settings()))
    works = all(check.verdict != "failure" for check in checks)
    if as_json:
        report = {"works": works, "checks": [asdict(check) for check in checks]}
        typer.echo(json.dumps(report, indent=2))
    else:
        _tell(checks, works)
    raise typer.Exit(0 if works else 1)


def _tell(checks: list[Check], works: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for check in checks:
        verdict = f"[{COLOURS[check.verdict]}]{check.verdict:>7}[/]"
        console.print(f"{verdict}  {check.name}: {escape(check.found)}")
        if check.advice:
            console.print(f"         {escape(check.advice)}", style="dim")
    console.print("Serving will work." if works else "Serving would not work.", style="bold")

"""`mien bench`: the figures of the documentation, measured here."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False, help="Measure speed, latency and memory.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def engine(
    as_json: AsJson = False,
    frames: Annotated[int, typer.Option(min=30, help="Frames per run.")] = 300,
    size: Annotated[list[str] | None, typer.Option(help="WxH; may be given again.")] = None,
    level: Annotated[list[int] | None, typer.Option(help="Quality level, 1 to 3.")] = None,
) -> None:
    """Per-stage and whole milliseconds a frame, frames a second, and peak memory."""
    from mien.bench.engine import run

    report = run(size or ["640x480", "1280x720"], level or [2], frames)
    _show(report, as_json)


@app.command()
def live(
    as_json: AsJson = False,
    minutes: Annotated[float | None, typer.Option(help="Soak this long, and report drift.")] = None,
    sessions: Annotated[int, typer.Option(min=1, help="Sessions at once.")] = 1,
    size: Annotated[str, typer.Option(help="WxH of the camera.")] = "640x480",
    fps: Annotated[int, typer.Option(min=1, max=60)] = 20,
    url: Annotated[str | None, typer.Option(help="A server that runs already.")] = None,
) -> None:
    """There and back through a real browser: latency by a marker burnt into the picture."""
    from mien.bench.live import run

    report = asyncio.run(run(minutes=minutes, sessions=sessions, size=size, fps=fps, url=url))
    _show(report, as_json)


@app.command()
def network(
    as_json: AsJson = False,
    seconds: Annotated[float, typer.Option(min=2, help="Seconds a line.")] = 10.0,
) -> None:
    """Loss, narrow lines, delay and a line that is cut, between namespaces of this machine."""
    from mien.bench.line import as_root, can_make_lines
    from mien.bench.network import run

    if not can_make_lines():
        command = as_root([sys.executable, *sys.orig_argv[1:]])
        os.execvp(command[0], command)  # nosec B606
    _show(asyncio.run(run(seconds=seconds)), as_json)


@app.command()
def marks(
    clips: Annotated[
        list[Path] | None, typer.Argument(exists=True, dir_okay=False, help="Real clips.")
    ] = None,
    tries: Annotated[int, typer.Option(min=0, help="Keys tried on unmarked frames.")] = 10_000,
    searches: Annotated[int, typer.Option(min=0, help="The same with all scales and turns.")] = 10,
    write: Annotated[Path | None, typer.Option(help="A page to put the table into.")] = None,
    as_json: AsJson = False,
) -> None:
    """What the invisible mark survives, and whether it is seen where none is."""
    from mien.bench.marks import run
    from mien.bench.marks_table import write_into

    report = run(clips or [], tries, searches)
    if write is not None:
        write_into(write, report)
    _show(report, as_json)


def _show(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report))
        return
    from rich.console import Console

    Console().print_json(json.dumps(report))

"""`mien evaluate`: how good the swap looks, in figures and in pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mien.cli.failures import INTERRUPTED, say_failures, say_stopped

if TYPE_CHECKING:
    from mien.evaluation.pair import PairReport
    from mien.evaluation.run import Evaluation


def evaluate(
    sources: Annotated[Path, typer.Option(help="A folder of photos, each of a face to wear.")],
    targets: Annotated[Path, typer.Option(help="A folder of videos, GIFs and pictures to change.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder of the report.")],
    frames: Annotated[int, typer.Option(min=1, help="At most so many, the first, of a clip.")] = 90,
    quality: Annotated[int, typer.Option(min=1, max=3, help="1 is fastest.")] = 2,
    shape: Annotated[
        float, typer.Option(min=0, max=1, help="How far the face takes the source's shape.")
    ] = 1.0,
) -> None:
    """Swap every source onto every target; write report.json and index.html with the sheets.

    Nothing is marked or labelled: the sheets show the bare engine, so keep them to yourself.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    settings = {"quality": quality, "frames": frames, "shape": shape}
    done: list[PairReport] = []
    with say_failures(), say_stopped():
        evaluation = _prepare(console, sources, targets, settings)
        output.mkdir(parents=True, exist_ok=True)
        interrupted = _run(console, evaluation, done)
        if not done:
            raise KeyboardInterrupt
        _write(console, output, done, settings, evaluation)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def _prepare(
    console: Console, sources: Path, targets: Path, settings: dict[str, Any]
) -> "Evaluation":
    from mien.evaluation.run import Evaluation
    from mien.models.weights import WeightStore
    from mien.swap.engine import EngineOptions

    options = EngineOptions(quality=settings["quality"], shape_strength=settings["shape"])
    with console.status("Reading the faces…"):
        evaluation = Evaluation(WeightStore(), sources, targets, options, settings["frames"])
    for name, reason in evaluation.left_out.items():
        console.print(f"Left out: {name}: {reason}")
    return evaluation


def _run(console: Console, evaluation: "Evaluation", done: "list[PairReport]") -> bool:
    """Do the pairs; True where the user stopped it, done then holds what was finished."""
    with _bar(console) as bar:
        task = bar.add_task("Evaluating", total=evaluation.pairs, pair="")
        try:
            for report in evaluation.run(lambda name, n: bar.update(task, pair=f"{name}, {n}")):
                done.append(report)
                bar.advance(task)
        except KeyboardInterrupt:
            return True
    return False


def _write(
    console: Console,
    output: Path,
    done: "list[PairReport]",
    settings: dict[str, Any],
    evaluation: "Evaluation",
) -> None:
    from mien.evaluation.report import write_report

    told = {**settings, "left_out": evaluation.left_out}
    report = write_report(output, done, told, evaluation.pairs)
    table = Table("figure", f"mean of {len(done)} of {evaluation.pairs} pairs")
    mean = report["mean"]
    assert isinstance(mean, dict)
    for name, value in mean.items():
        table.add_row(name, str(value))
    console.print(table)
    console.print(f"Wrote {output / 'index.html'} and {output / 'report.json'}.")


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[pair]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )

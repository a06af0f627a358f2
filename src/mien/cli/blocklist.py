"""`mien blocklist`: faces that nobody may wear on this installation."""

import json
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from mien.cli.beside import DataDir, run_beside
from mien.cli.table import tell_rows
from mien.live.blocked_faces import BlockedFace, BlockedFaces, open_blocked_faces

if TYPE_CHECKING:
    from mien.vision.identity import Embedding

app = typer.Typer(add_completion=False, help="Faces that nobody may wear here.")

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def add(
    picture: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    reason: Annotated[str, typer.Option(help="Why; shown by `list` alone. Not encrypted.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Block the largest face of a picture. The picture itself is not kept."""
    entry = _run(data_dir, lambda faces: faces.add(read_identity(picture), reason))
    typer.echo(json.dumps(vars(entry)) if as_json else f"Blocked as {entry.id}.")


@app.command("list")
def listing(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the blocked faces, the oldest first."""
    entries = _run(data_dir, lambda faces: faces.listed())
    tell_rows([vars(entry) if as_json else _row(entry) for entry in entries], as_json)


@app.command()
def remove(
    entry: Annotated[str, typer.Argument(help="The entry's id.")], data_dir: DataDir = None
) -> None:
    """Take a face off the list."""
    _run(data_dir, lambda faces: faces.remove(entry))


def _row(entry: BlockedFace) -> dict[str, str]:
    since = datetime.fromtimestamp(entry.created_at, UTC)
    return {"id": entry.id, "since": f"{since:%Y-%m-%d}", "reason": entry.reason}


def read_identity(picture: Path) -> "Embedding":
    """Whose face the largest of a picture is. Raises NoFaceFound, SourceRejected."""
    from mien.models.weights import WeightStore
    from mien.swap.source_maker import SourceMaker
    from mien.vision.image import read_own_image

    return SourceMaker.load(WeightStore())([read_own_image(picture)]).identity


def _run(data_dir: Path | None, work: Callable[[BlockedFaces], Awaitable[T]]) -> T:
    return run_beside(
        data_dir,
        lambda settings: open_blocked_faces(settings, clock=time.time, random=secrets.token_bytes),
        work,
    )

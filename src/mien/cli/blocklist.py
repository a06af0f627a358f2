"""`mien blocklist`: faces that nobody may wear on this installation."""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from mien.errors import MienError
from mien.live.blocked_faces import BlockedFaces, open_blocked_faces
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.vision.identity import Embedding

app = typer.Typer(add_completion=False, help="Faces that nobody may wear here.")

T = TypeVar("T")

DataDir = Annotated[Path | None, typer.Option(help="The server's data directory.")]
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
    if as_json:
        typer.echo(json.dumps([vars(entry) for entry in entries]))
        return
    for entry in entries:
        since = datetime.fromtimestamp(entry.created_at, UTC)
        typer.echo(f"{entry.id}  {since:%Y-%m-%d}  {entry.reason}")


@app.command()
def remove(
    entry: Annotated[str, typer.Argument(help="The entry's id.")], data_dir: DataDir = None
) -> None:
    """Take a face off the list."""
    _run(data_dir, lambda faces: faces.remove(entry))


def read_identity(picture: Path) -> "Embedding":
    """Whose face the largest of a picture is. Raises NoFaceFound, SourceRejected."""
    from mien.models.weights import WeightStore
    from mien.swap.source_maker import SourceMaker
    from mien.vision.image import decode_image

    return SourceMaker.load(WeightStore())([decode_image(picture.read_bytes())]).identity


def _run(data_dir: Path | None, work: Callable[[BlockedFaces], Awaitable[T]]) -> T:
    settings = Settings()
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir})

    async def run() -> T:
        async with open_blocked_faces(
            settings, clock=time.time, random=secrets.token_bytes
        ) as faces:
            return await work(faces)

    try:
        return asyncio.run(run())
    except (MienError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error

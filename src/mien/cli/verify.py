"""`mien verify`: is this file marked, and whose mark is it?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.errors import MienError
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.trust.verdict import Verdict


def verify(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A picture, GIF or video.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the installation's keys and registry are.")
    ] = None,
) -> None:
    """Look for this installation's mark. Exit status 0 if there is one, 1 if not, 2 on errors."""
    settings = Settings()
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir})
    try:
        verdict = _look(file, settings)
    except (MienError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(json.dumps(verdict.as_json(), indent=2) if as_json else verdict.as_text())
    raise typer.Exit(0 if verdict.finding.marked else 1)


def _look(file: Path, settings: Settings) -> "Verdict":
    from mien.live.certificates import trust_anchors
    from mien.live.marks import known_statement
    from mien.trust.credentials import read
    from mien.trust.inspection import inspect
    from mien.trust.keyring import read_keyring
    from mien.trust.verdict import Verdict

    finding = inspect(file, read_keyring(settings.data_dir).patterns())
    credentials = read(file, trust_anchors(settings))
    mark_id = credentials.mark_id if finding.mark_id is None else finding.mark_id
    return Verdict(finding, known_statement(settings, mark_id), credentials)

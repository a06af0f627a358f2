"""`mien verify`: is this file marked, and whose mark is it? Does this session statement hold?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from mien.cli.beside import settings_in
from mien.cli.failures import say_failures
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.trust.session_statement import SessionStatement
    from mien.trust.verdict import Verdict

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Looked = Annotated[
    Path | None, typer.Argument(exists=True, dir_okay=False, help="A picture, GIF or video.")
]
Stated = Annotated[
    Path | None,
    typer.Option("--statement", exists=True, dir_okay=False, help="A session statement (JWS)."),
]
Keys = Annotated[
    Path | None,
    typer.Option("--keys", exists=True, dir_okay=False, help="JWK set; else the installation's."),
]
DataDir = Annotated[
    Path | None, typer.Option(help="Where the installation's keys and registry are.")
]


def verify(
    file: Looked = None,
    as_json: AsJson = False,
    statement: Stated = None,
    keys: Keys = None,
    data_dir: DataDir = None,
) -> None:
    """Look for this installation's mark in a file, or check a session statement.

    Exit status 0 if there is one, and if the statement holds; 1 if not, 2 on errors.
    """
    settings = settings_in(data_dir)
    if (file is None) == (statement is None):
        typer.echo("Name a file to look at, or a session statement by --statement.", err=True)
        raise typer.Exit(2)
    with say_failures(2):
        if statement is not None:
            _check(statement, keys, settings, as_json)
        assert file is not None
        verdict = _look(file, settings)
    typer.echo(json.dumps(verdict.as_json(), indent=2) if as_json else verdict.as_text())
    raise typer.Exit(0 if verdict.finding.marked else 1)


def _check(path: Path, keys: Path | None, settings: Settings, as_json: bool) -> NoReturn:
    from mien.trust.session_statement import StatementRefused, read_statement
    from mien.trust.statement_keys import KEYS_FILE, read_statement_keys

    known = read_statement_keys(keys or settings.data_dir / KEYS_FILE)
    found: SessionStatement | None = None
    why = ""
    try:
        found = read_statement(path.read_text("ascii", "replace").strip(), known)
    except StatementRefused as error:
        why = str(error)
    typer.echo(_said(found, why, as_json))
    raise typer.Exit(0 if found else 1)


def _said(found: "SessionStatement | None", why: str, as_json: bool) -> str:
    if not as_json:
        return f"The statement holds. {found.as_text()}" if found else why
    from mien.trust.session_statement import statement_json

    about = {"valid": found is not None, "statement": statement_json(found) if found else None}
    return json.dumps(about, indent=2)


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

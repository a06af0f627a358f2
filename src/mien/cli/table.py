"""A table on standard output, for people or as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer

Row = Mapping[str, Any]


def tell_rows(rows: Sequence[Row], as_json: bool) -> None:
    """Each row under the names of its fields; what is None in every row is left out."""
    if as_json:
        typer.echo(json.dumps(rows))
        return
    if rows:
        _print(rows)


def _print(rows: Sequence[Row]) -> None:
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    lines = [names, *([_word(row[name]) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (word.ljust(width) for word, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)

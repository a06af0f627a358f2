"""The report as one HTML file that needs nothing else."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from string import Template

from mien.evaluation.pair import PairReport

_PAGE = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Mien: evaluation</title>
<meta name="viewport" content="width=device-width">
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1320px; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { padding: .15rem .8rem .15rem 0; text-align: left; border-bottom: 1px solid #ccc }
img { width: 100%; max-width: 1280px; display: block }
details { margin: .5rem 0 2rem }
</style>
<h1>Evaluation</h1>
<p>$settings</p>
<h2>Mean of $count pairs</h2>
$mean
$pairs
</html>
""")
_PAIR = Template("""<h2>$title</h2>
<p>Source, target, result, zoom. $frames frames, $faces with a face, $failed failed.</p>
<img alt="Contact sheet of $title" src="data:image/jpeg;base64,$sheet">
<details><summary>Figures</summary>$figures</details>
""")
_COUNTS = ("source", "target", "frames", "faces", "failed")


def page(report: Mapping[str, object], pairs: Sequence[PairReport]) -> str:
    """The whole page; report: as it stands in the JSON."""
    settings, mean, entries = report["settings"], report["mean"], report["pairs"]
    assert isinstance(settings, dict) and isinstance(mean, dict) and isinstance(entries, list)
    told = ", ".join(f"{name} {value}" for name, value in settings.items())
    if not report["complete"]:
        told += ". Stopped before all pairs were done."
    return _PAGE.substitute(
        settings=escape(told),
        count=len(pairs),
        mean=_table(mean),
        pairs="\n".join(_section(entry, pair) for entry, pair in zip(entries, pairs, strict=True)),
    )


def _section(entry: Mapping[str, object], pair: PairReport) -> str:
    return _PAIR.substitute(
        title=escape(f"{pair.source} on {pair.target}"),
        frames=pair.frames,
        faces=pair.faces,
        failed=pair.failed,
        sheet=b64encode(pair.sheet).decode(),
        figures=_table({name: entry[name] for name in entry if name not in _COUNTS}),
    )


def _table(figures: Mapping[str, object]) -> str:
    rows = (
        f"<tr><th>{escape(name)}</th><td>{escape(_shown(value))}</td></tr>"
        for name, value in figures.items()
    )
    return f"<table>{''.join(rows)}</table>"


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return " / ".join(map(str, value)) if isinstance(value, list) else str(value)

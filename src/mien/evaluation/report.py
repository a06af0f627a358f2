"""The report on the disk: `report.json`, `index.html`, and each sheet as a picture."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mien.evaluation.page import page
from mien.evaluation.pair import PairReport

# The figures that a version of the engine is judged by.
MEAN = (
    *("identity_source", "identity_target", "nearer_share", "same_person_share"),
    *("blendshape_correlation", "gaze_error", "pose_deg", "tone_delta", "sharpness_ratio"),
    *("flicker_ratio", "p95_ms", "failed_share"),
)
FINER = (
    *("blendshape_ceiling", "mouth_correlation", "eyes_correlation"),
    *("blendshape_error", "mouth_error", "eyes_error"),
    *("landmark_jitter_ratio", "photometric_ratio", "p50_ms"),
)


def mean_figures(pairs: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Each figure's mean over the pairs that can tell it; None where none can."""
    return {name: _mean([pair[name] for pair in pairs]) for name in (*MEAN, *FINER)}


def write_report(
    folder: Path, pairs: Sequence[PairReport], settings: Mapping[str, object], expected: int
) -> dict[str, object]:
    """Write all files and return what stands in the JSON; expected: the pairs there should be.

    Raises OSError where the folder can't be written.
    """
    entries = [_rounded(pair.to_json()) for pair in pairs]
    report: dict[str, object] = {
        "settings": dict(settings),
        "complete": len(pairs) == expected,
        "mean": _rounded(mean_figures(entries)),
        "pairs": entries,
    }
    sheets = folder / "sheets"
    sheets.mkdir(parents=True, exist_ok=True)
    for number, pair in enumerate(pairs, 1):
        (sheets / f"{number:03}-{_plain(pair.source)}-{_plain(pair.target)}.jpg").write_bytes(
            pair.sheet
        )
    (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    (folder / "index.html").write_text(page(report, pairs), encoding="utf-8")
    return report


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in Path(name).stem)[:40]


def _mean(values: Sequence[object]) -> float | list[float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    mean: float | list[float] = np.mean(np.array(known, float), axis=0).tolist()
    return mean


def _rounded(figures: Mapping[str, object]) -> dict[str, object]:
    return {name: _round(value) for name, value in figures.items()}


def _round(value: object) -> object:
    if isinstance(value, list):
        return [_round(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value

"""The marks' benchmark as Markdown, put into a page of the documentation."""

from pathlib import Path
from typing import Any

BEGIN, END = "<!-- mien bench marks -->", "<!-- end -->"


def write_into(page: Path, report: dict[str, Any]) -> None:
    """Replace what stands between the two comments. Raises ValueError where they are missing."""
    text = page.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no place for the table: {BEGIN} and {END}.")
    page.write_text(f"{before}{BEGIN}\n{markdown(report)}\n{END}{after}")


def markdown(report: dict[str, Any]) -> str:
    """Tables and sentences, in the order in which one asks."""
    parts = (_survival, _attacks, _quality, _cost, _false_positives)
    return "\n\n".join(part(report) for part in parts)


def _survival(report: dict[str, Any]) -> str:
    lines = [
        "| what happens to four seconds | found | right id | lowest score |",
        "|---|---|---|---|",
    ]
    for row in report["rows"]:
        found = f"{row['marked']} of {row['clips']}"
        right = f"{row['right_id']} of {row['clips']}"
        lines.append(f"| {row['change']} | {found} | {right} | {row['lowest_score']} |")
    return "\n".join(lines)


def _attacks(report: dict[str, Any]) -> str:
    lines = [
        "| what is tried | found | this id | the other id | lowest score | worst PSNR, dB |",
        "|---|---|---|---|---|---|",
    ]
    for row in report["attacks"]:
        counts = (f"{row[name]} of {row['clips']}" for name in ("marked", "right_id", "other_id"))
        figures = f"{' | '.join(counts)} | {row['lowest_score']} | {row['worst_psnr_db']}"
        lines.append(f"| {row['attack']} | {figures} |")
    return "\n".join(lines)


def _quality(report: dict[str, Any]) -> str:
    lines = ["| strength for | worst PSNR, dB | worst SSIM |", "|---|---|---|"]
    for name, values in report["quality"].items():
        lines.append(f"| {name} | {values['psnr_db']} | {values['ssim']} |")
    return "\n".join(lines)


def _cost(report: dict[str, Any]) -> str:
    lines = ["| frame | p50, ms | p95, ms | processor, ms |", "|---|---|---|---|"]
    for row in report["cost"]:
        figures = f"{row['p50_ms']} | {row['p95_ms']} | {row['cpu_ms']}"
        lines.append(f"| {row['size']} | {figures} |")
    return "\n".join(lines)


def _false_positives(report: dict[str, Any]) -> str:
    counts = report["false_positives"]
    return (
        f"Unmarked frames taken for marked: {counts['wrong']} in {counts['tries']:,} tries of a "
        f"key on frames as they are and {counts['searches']:,} full searches."
    )

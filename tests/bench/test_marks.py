"""The marks' benchmark: what it counts, on a clip of moments, and how it is written down."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.trust.pictures import clip_frames

from mien.bench import marks
from mien.bench.distortions import cut, encoded, on_a_screen, psnr, resized, ssim, turned
from mien.bench.marks_table import BEGIN, END, markdown, write_into

REPORT: dict[str, Any] = {
    "rows": [{"change": "mirrored", "clips": 8, "marked": 8, "right_id": 7, "lowest_score": 9.1}],
    "attacks": [
        {
            "attack": "averaged with another",
            "clips": 8,
            "marked": 7,
            "right_id": 3,
            "other_id": 2,
            "lowest_score": 5.5,
            "worst_psnr_db": 41.2,
        }
    ],
    "quality": {"file": {"psnr_db": 50.6, "ssim": 0.9938}},
    "cost": [{"size": "640x480", "p50_ms": 0.8, "p95_ms": 1.0, "cpu_ms": 0.9}],
    "false_positives": {"tries": 100_000, "searches": 100, "wrong": 0},
}


def test_rows_count_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = (marks.LIVE, "mirrored", "one frame of it")
    few = tuple(change for change in marks.CHANGES if change.name in wanted)
    blank = marks.Change("made grey", marks.each(lambda frame: np.full_like(frame, 128)))
    monkeypatch.setattr(marks, "CHANGES", (*few, blank))
    rows = {row.change: row for row in marks._rows([clip_frames("head_turns.mp4", 24)])}
    assert set(rows) == {*wanted, "made grey"}
    assert all((rows[name].marked, rows[name].right_id) == (1, 1) for name in wanted)
    assert (rows["made grey"].clips, rows["made grey"].marked) == (1, 0)
    assert rows["one frame of it"].lowest_score < rows[marks.LIVE].lowest_score


def test_quality_is_the_worst_frame_s() -> None:
    quality = marks._quality([clip_frames("signer.mp4", 13)])
    assert list(quality) == ["file", "1 Mb/s", "500 kb/s"]
    assert all(44 < values["psnr_db"] < 52 for values in quality.values())
    assert all(values["ssim"] > 0.985 for values in quality.values())


def test_unmarked_frames_are_tried_with_many_keys() -> None:
    frames = clip_frames("signer.mp4", 13)
    assert marks._false_positives([frames], 30, 0) == {"tries": 30, "searches": 0, "wrong": 0}


def test_cost_is_told_for_a_size() -> None:
    cost = marks._cost("320x240")
    assert cost["size"] == "320x240"
    assert 0 < cost["p50_ms"] <= cost["p95_ms"]


def test_the_table_says_every_figure() -> None:
    text = markdown(REPORT)
    assert "| mirrored | 8 of 8 | 7 of 8 | 9.1 |" in text
    assert "| averaged with another | 7 of 8 | 3 of 8 | 2 of 8 | 5.5 | 41.2 |" in text
    assert "| file | 50.6 | 0.9938 |" in text
    assert "| 640x480 | 0.8 | 1.0 | 0.9 |" in text
    assert "0 in 100,000 tries" in text


def test_it_is_written_between_its_comments_again_and_again(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n")
    write_into(page, REPORT)
    first = page.read_text()
    write_into(page, REPORT)
    assert page.read_text() == first
    assert first.startswith(f"Before.\n\n{BEGIN}\n| what")
    assert first.endswith(f"\n{END}\n\nAfter.\n")
    assert "old" not in first


def test_a_page_without_its_comments_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Nothing here.")
    with pytest.raises(ValueError, match="no place"):
        write_into(page, REPORT)
    assert page.read_text() == "Nothing here."


def test_measures_of_likeness_have_their_known_values() -> None:
    frame = clip_frames("signer.mp4", 1)[0]
    shifted = np.clip(frame.astype(int) + 1, 0, 255).astype(np.uint8)
    assert psnr(frame, shifted) == pytest.approx(48.13, abs=0.1)
    assert ssim(frame, frame) == pytest.approx(1)
    noise = np.random.default_rng(0).integers(0, 256, frame.shape, np.uint8)
    assert ssim(frame, noise) < 0.1


def test_distortions_do_what_they_are_named_for() -> None:
    frame = np.zeros((100, 200, 3), np.uint8)
    frame[:, 150:] = 255
    assert resized(frame, 0.5).shape == (50, 100, 3)
    smaller = cut(frame, 0.25)
    assert smaller.shape[0] * smaller.shape[1] == pytest.approx(0.75 * 100 * 200, rel=0.02)
    assert on_a_screen(frame).shape == (311, 602, 3)
    dot = np.zeros((100, 200, 3), np.uint8)
    dot[48:52, 148:152] = 255
    row, column = np.argwhere(turned(dot, 10)[..., 0] > 128).mean(axis=0)
    # Anticlockwise: what is right of the middle rises, by 50 * sin(10 degrees).
    assert (row, column) == pytest.approx((49.5 - 8.7, 149.5 - 0.8), abs=0.7)


@pytest.mark.parametrize("codec", ["libvpx", "libx264", "libvpx-vp9"])
def test_encoders_keep_the_picture_and_lose_some(codec: str) -> None:
    frames = clip_frames("signer.mp4", 5)
    back = encoded(frames, codec, 500_000)
    assert len(back) == 5
    assert 20 < psnr(frames[-1], back[-1]) < 45

"""A pause of one's own is nobody's silence."""

import pytest

from mien.media.webrtc.silence import MOST_STEP_S, Silence

TICK = 0.02


def listened(silence: Silence, begin: float, end: float, heard: float) -> float:
    """What it says in the end, having been asked with every tick."""
    seconds, now = 0.0, begin
    while now < end:
        now += TICK
        seconds = silence.seconds(now, heard)
    return seconds


def test_it_lasts_from_what_was_heard_last() -> None:
    assert listened(Silence(100.0), 100.0, 103.0, 100.0) == pytest.approx(3, abs=2 * TICK)


def test_it_ends_with_what_is_heard() -> None:
    silence = Silence(100.0)
    assert listened(silence, 100.0, 102.0, 100.0) == pytest.approx(2, abs=2 * TICK)
    assert listened(silence, 102.0, 102.5, 102.3) == pytest.approx(0.2, abs=2 * TICK)


def test_what_was_heard_all_the_time_is_never_silent() -> None:
    silence = Silence(100.0)
    asked = [silence.seconds(now, now - 0.01) for now in (100.5, 101.0, 107.0)]
    assert asked == pytest.approx([0.01] * 3)


def test_a_pause_is_hardly_counted_and_what_follows_is() -> None:
    silence = Silence(100.0)
    assert silence.seconds(100.02, 100.0) == pytest.approx(0.02)
    assert silence.seconds(160.0, 100.0) == pytest.approx(0.02 + MOST_STEP_S)
    # Nobody is there any more: that is known a little later.
    assert listened(silence, 160.0, 162.5, 100.0) == pytest.approx(3.02, abs=2 * TICK)


def test_a_busy_machine_that_looks_seldom_counts_in_full() -> None:
    silence = Silence(100.0)
    for now in (100.4, 100.8, 101.2):
        seconds = silence.seconds(now, 100.0)
    assert seconds == pytest.approx(1.2)

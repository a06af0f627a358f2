import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.media.webrtc.bitrate import BitrateHysteresis, BitrateTarget, LossWindow


def make() -> BitrateTarget:
    return BitrateTarget(lowest=250_000, start=1_000_000, highest=5_000_000)


def test_follows_the_estimate_within_its_bounds() -> None:
    target = make()
    assert target.bits_per_second == 1_000_000
    for estimate, wanted in ((3_000_000, 3_000_000), (9_000_000, 5_000_000), (1, 250_000)):
        target.on_estimate(estimate)
        assert target.bits_per_second == wanted


def test_shrinks_by_half_the_loss_and_grows_back_slowly() -> None:
    target = make()
    target.on_estimate(2_000_000)
    target.on_loss(40, 200)
    assert target.bits_per_second == 1_800_000
    for lost in (4, 10, 20, 28):  # between the bounds, or above by what may be chance
        target.on_loss(lost, 200)
        assert target.bits_per_second == 1_800_000
    target.on_loss(100, 200)
    assert target.bits_per_second == 1_350_000
    for _ in range(9):
        target.on_loss(0, 200)
    assert target.bits_per_second == 2_000_000
    for _ in range(40):
        target.on_loss(3, 200)
    assert target.bits_per_second == 2_000_000


def report_at_random(target: BitrateTarget, loss: float, seconds: int) -> None:
    """Reports as Chromium sends them: each second, and with each packet that is missing."""
    window, chance, highest, lost = LossWindow(), random.Random(3), 65_000, 0
    for packet in range(seconds * 150):
        now, highest = packet / 150, highest + 1
        missing = chance.random() < loss
        lost += missing
        if missing or packet % 150 == 0:
            full = window.add(highest, lost, now)
            if full is not None:
                target.on_loss(*full)


@pytest.mark.parametrize(("loss", "share"), [(0.01, 1.0), (0.05, 1.0), (0.1, 0.6)])
def test_loss_at_random_does_not_drive_the_rate_down(loss: float, share: float) -> None:
    target = make()
    target.on_estimate(2_000_000)
    report_at_random(target, loss, 60)
    assert target.bits_per_second >= share * 2_000_000


def test_loss_that_is_too_much_does() -> None:
    target = make()
    target.on_estimate(2_000_000)
    report_at_random(target, 0.3, 10)
    assert target.bits_per_second < 700_000


def test_a_window_is_a_second_and_enough_packets() -> None:
    window = LossWindow()
    assert window.add(100, 5, 0.0) is None  # where the count begins
    assert window.add(140, 15, 0.9) is None  # too soon
    assert window.add(150, 16, 1.0) == (11, 50)
    assert window.add(160, 17, 3.0) is None  # too few
    assert window.add(170, 14, 3.1) == (0, 20)  # what was missing came late
    assert window.add(7, 0, 5.0) is None  # the receiver began anew
    assert window.add(57, 100, 6.0) == (50, 50)


def test_sound_comes_first() -> None:
    target = make()
    assert target.less(64_000) == 936_000
    target.on_estimate(260_000)
    assert target.less(64_000) == 250_000


@given(st.lists(st.one_of(st.integers(0, 1 << 60), st.floats(0, 1)), max_size=50))
def test_never_leaves_its_bounds(reports: list[int | float]) -> None:
    target = make()
    for report in reports:
        if isinstance(report, int):
            target.on_estimate(report)
        else:
            target.on_loss(int(report * 50), 50)
        assert 250_000 <= target.bits_per_second <= 5_000_000


def test_small_and_quick_changes_are_left_alone() -> None:
    hysteresis = BitrateHysteresis()
    assert not hysteresis.should_change(1_000_000, 1_340_000, 0.0)
    assert hysteresis.should_change(1_000_000, 1_360_000, 0.0)
    assert not hysteresis.should_change(1_360_000, 3_000_000, 3.9)
    assert hysteresis.should_change(1_360_000, 3_000_000, 4.1)


def test_a_deep_drop_is_obeyed_at_once() -> None:
    hysteresis = BitrateHysteresis()
    assert hysteresis.should_change(1_000_000, 2_000_000, 0.0)
    assert hysteresis.should_change(2_000_000, 1_000_000, 0.1)
    assert not hysteresis.should_change(1_000_000, 710_000, 0.2)

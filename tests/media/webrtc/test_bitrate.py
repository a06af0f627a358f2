import random

from hypothesis import given
from hypothesis import strategies as st

from mien.media.webrtc.bitrate import BitrateHysteresis, BitrateTarget


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
    target.on_loss(0.2)
    assert target.bits_per_second == 1_800_000
    # 0.7 * 0.2 + 0.3 * 0.02 is still too much; then it is between the bounds.
    target.on_loss(0.02)
    assert target.bits_per_second == 1_668_600
    target.on_loss(0.02)
    assert target.bits_per_second == 1_668_600
    for _ in range(9):
        target.on_loss(0.0)
    assert target.bits_per_second == 2_000_000
    for _ in range(40):
        target.on_loss(0.0)
    assert target.bits_per_second == 2_000_000


def test_a_tenth_lost_at_random_does_not_drive_the_rate_down() -> None:
    target, chance = make(), random.Random(3)
    target.on_estimate(2_000_000)
    for _ in range(60):
        target.on_loss(sum(chance.random() < 0.1 for _ in range(200)) / 200)
    assert target.bits_per_second > 1_500_000


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
            target.on_loss(report)
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

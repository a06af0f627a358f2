import pytest

from mien.live.capacity import CapacityRule
from mien.live.placement import Capacity


@pytest.mark.parametrize(
    ("cores", "headroom", "cpu_ms", "limit"),
    [
        (2, 0.85, 24, 3),  # 1.7 cores, 28 ms at 20 fps each take 0.56
        (2, 0.85, 38.5, 2),  # exactly two
        (2, 0.85, 39, 1),
        (64, 0.85, 24, 97),
        (1, 0.5, 200, 1),  # a small machine still carries one
        (1, 1.0, 6, 5),
        (0.5, 1.0, 8.5, 2),
    ],
)
def test_the_limit_is_what_fits_the_cores(
    cores: float, headroom: float, cpu_ms: float, limit: int
) -> None:
    assert CapacityRule(cores, headroom, cpu_ms=cpu_ms).capacity(0, []) == Capacity(0, limit)


def test_sessions_that_take_what_was_expected_change_nothing() -> None:
    rule = CapacityRule(2, 0.85, cpu_ms=24)
    assert rule.capacity(1, [0.56]).free == 2
    assert rule.capacity(2, [0.56, 0.56]).free == 1
    assert rule.capacity(3, [0.56] * 3).free == 0


def test_sessions_that_take_more_than_expected_leave_no_room() -> None:
    rule = CapacityRule(2, 0.85, cpu_ms=24)
    assert rule.capacity(1, [1.5]) == Capacity(1, 1)
    assert rule.capacity(1, [9.0]).free == 0
    assert rule.capacity(2, [0.6, 0.7]).free == 0
    assert rule.capacity(2, [0.6, 0.6]).free == 1  # a tenth more shuts nobody out


def test_idle_sessions_do_not_make_room_beyond_the_limit() -> None:
    assert CapacityRule(2, 0.85, cpu_ms=24).capacity(3, [0.0, 0.0, 0.0]).free == 0


def test_the_operators_number_stands_above_what_is_measured() -> None:
    rule = CapacityRule(1, 0.1, max_sessions=4, cpu_ms=500)
    assert rule.capacity(3, [5.0] * 3) == Capacity(3, 4)
    assert rule.capacity(5, []).free == 0

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mien.media.webrtc.timeline import MAX_STEP, Timeline


def test_steps_of_the_source_stay_over_the_end_of_its_clock() -> None:
    timeline = Timeline(500)
    start = (1 << 32) - 3000
    times = [timeline.map((start + n * 3000) % (1 << 32), n / 30) for n in range(5)]
    assert times == [500, 3500, 6500, 9500, 12500]


def test_another_source_goes_on_by_the_time_that_passed() -> None:
    timeline = Timeline(0)
    timeline.map(2_000_000_000, 5.0)
    assert timeline.map(7, 5.5) == 45_000
    assert timeline.map(3007, 5.6) == 48_000


def test_a_picture_that_is_sent_twice_still_moves_on() -> None:
    timeline = Timeline(0)
    assert [timeline.map(9, 1.0), timeline.map(9, 1.0), timeline.map(9, 1.0)] == [0, 1, 2]


@given(st.lists(st.tuples(st.integers(0, (1 << 32) - 1), st.floats(-5, 50)), min_size=2))
def test_time_never_stands_goes_back_or_leaps(pictures: list[tuple[int, float]]) -> None:
    timeline = Timeline(12345)
    times = [timeline.map(timestamp, arrived) for timestamp, arrived in pictures]
    assert all(0 < b - a <= MAX_STEP for a, b in pairwise(times))

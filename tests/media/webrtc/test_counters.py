import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.media.webrtc.counters import Average, Rate, Unwrapper


@pytest.mark.parametrize("bits", [16, 32])
def test_unwraps_over_the_end(bits: int) -> None:
    size = 1 << bits
    unwrapper = Unwrapper(bits)
    first = unwrapper.unwrap(size - 2)
    assert unwrapper.unwrap(1) == first + 3
    assert unwrapper.unwrap(size - 1) == first + 1  # late, from before the end
    assert unwrapper.unwrap(2) == first + 4


@given(st.integers(0, 65535), st.lists(st.integers(-300, 300), max_size=200))
def test_unwraps_any_walk(start: int, steps: list[int]) -> None:
    unwrapper = Unwrapper(16)
    first = unwrapper.unwrap(start)
    highest = place = 0
    for step in steps:
        place = highest + step
        assert unwrapper.unwrap((start + place) % 65536) == first + place
        highest = max(highest, place)


def test_a_rate_forgets_what_is_older_than_its_window() -> None:
    rate = Rate(window_s=1.0)
    rate.add(100, 0.0)
    rate.add(50, 0.9)
    assert rate.per_second(0.9) == 150
    assert rate.per_second(1.5) == 50
    assert rate.per_second(3.0) == 0


def test_an_average_starts_at_its_first_value() -> None:
    average = Average(weight=0.5)
    average.add(10)
    assert average.value == 10
    average.add(20)
    assert average.value == 15

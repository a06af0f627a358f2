from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mien.media.webrtc.audio import AudioDelay, AudioPacket
from mien.media.webrtc.audiorelay import RelayNumbers


def packet(number: int, *, ssrc: int = 1, arrived: float | None = None) -> AudioPacket:
    return AudioPacket(
        payload=bytes([number & 255]),
        sequence=number & 0xFFFF,
        rtp_timestamp=number * 960 & 0xFFFFFFFF,
        ssrc=ssrc,
        marker=False,
        arrived=number * 0.02 if arrived is None else arrived,
    )


def test_packets_wait_their_time_and_keep_their_order() -> None:
    delay = AudioDelay(0.08)
    for number in range(5):
        delay.push(packet(number))
    assert delay.next_due() == 0.08
    assert delay.pop_due(0.079) == []
    assert [p.sequence for p in delay.pop_due(0.121)] == [0, 1, 2]
    assert [p.sequence for p in delay.pop_due(9.0)] == [3, 4]
    assert delay.next_due() is None


def test_a_shorter_delay_releases_at_once_and_a_longer_one_waits() -> None:
    delay = AudioDelay(0.2)
    delay.push(packet(0))
    delay.push(packet(1))
    delay.delay_s = 0.01
    assert [p.sequence for p in delay.pop_due(0.02)] == [0]
    delay.delay_s = 0.5
    assert delay.pop_due(0.4) == []


def test_the_oldest_fall_out() -> None:
    delay = AudioDelay(1.0, capacity=3)
    for number in range(5):
        delay.push(packet(number))
    assert delay.dropped == 2
    assert [p.sequence for p in delay.pop_due(9.0)] == [2, 3, 4]


def test_without_delay_nothing_is_held() -> None:
    delay = AudioDelay()
    delay.push(packet(3))
    assert [p.sequence for p in delay.pop_due(0.06)] == [3]


def test_gaps_pauses_and_order_are_kept() -> None:
    numbers = RelayNumbers(1000, 50_000)
    mapped = [numbers.map(packet(n)) for n in (10, 11, 14, 13, 64)]
    assert mapped[0] == (1000, 50_000)
    assert [m[0] - 1000 for m in mapped] == [0, 1, 4, 3, 54]
    assert [m[1] - 50_000 for m in mapped] == [0, 960, 3840, 2880, 54 * 960]


def test_numbers_run_over_their_ends() -> None:
    numbers = RelayNumbers(5, 5)
    near = replace(packet(0), sequence=65535, rtp_timestamp=(1 << 32) - 960)
    assert numbers.map(near) == (5, 5)
    assert numbers.map(replace(near, sequence=0, rtp_timestamp=0)) == (6, 965)


def test_a_new_source_goes_on_where_the_old_one_was() -> None:
    numbers = RelayNumbers(0, 0)
    numbers.map(packet(500, arrived=10.0))
    sequence, timestamp = numbers.map(packet(40_000, ssrc=2, arrived=10.5))
    assert sequence == 1
    assert timestamp == 24_000  # half a second of 48 kHz
    assert numbers.map(packet(40_001, ssrc=2, arrived=10.52)) == (2, 24_960)


def test_a_source_that_jumps_goes_on_as_well() -> None:
    numbers = RelayNumbers(0, 0)
    numbers.map(packet(10, arrived=1.0))
    assert numbers.map(packet(30_000, arrived=1.02)) == (1, 960)


@given(st.lists(st.integers(1, 50), max_size=80))
def test_differences_are_those_of_the_source(steps: list[int]) -> None:
    numbers, place = RelayNumbers(3, 7), 60_000
    places, mapped = [], []
    for step in steps:
        place += step
        places.append(place)
        mapped.append(numbers.map(packet(place)))
    for (a, b), (x, y) in zip(pairwise(places), pairwise(mapped), strict=True):
        assert y[0] - x[0] == b - a
        assert y[1] - x[1] == (b - a) * 960

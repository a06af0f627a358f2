from struct import unpack, unpack_from

from hypothesis import given, settings
from hypothesis import strategies as st

from mien.media.webrtc.twcc import FeedbackBuilder


def read(packet: bytes) -> tuple[int, dict[int, float]]:
    """(feedback number, sequence to arrival in s), read as the draft has it."""
    first, kind, words = unpack("!BBH", packet[:4])
    assert (first >> 6, first & 31, kind) == (2, 15, 205)
    assert len(packet) == 4 * (words + 1)
    end = len(packet) - (packet[-1] if first & 0x20 else 0)
    base, count = unpack_from("!HH", packet, 12)
    reference = int.from_bytes(packet[16:19], "big")
    symbols: list[int] = []
    position = 20
    while len(symbols) < count:
        (chunk,) = unpack_from("!H", packet, position)
        position += 2
        assert chunk >> 14 == 3
        symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
    arrivals, now = {}, reference * 64_000
    for offset, symbol in enumerate(symbols[:count]):
        if symbol == 1:
            now += packet[position] * 250
            position += 1
        elif symbol == 2:
            now += unpack_from("!h", packet, position)[0] * 250
            position += 2
        if symbol:
            arrivals[(base + offset) & 0xFFFF] = now / 1e6
    assert position == end
    assert not any(symbols[count:])
    return packet[19], arrivals


def test_tells_what_came_when_and_what_is_missing() -> None:
    builder = FeedbackBuilder()
    for sequence, seconds in ((10, 5.0), (11, 5.001), (13, 5.1), (14, 5.0995)):
        builder.add(sequence, seconds)
    packet = builder.build(1, 2)
    assert packet is not None
    assert unpack_from("!II", packet, 4) == (1, 2)
    number, arrivals = read(packet)
    assert number == 0
    assert set(arrivals) == {10, 11, 13, 14}
    for sequence, seconds in ((10, 5.0), (11, 5.001), (13, 5.1), (14, 5.0995)):
        assert abs(arrivals[sequence] - seconds) <= 0.00025


def test_goes_on_where_it_ended_and_counts_up() -> None:
    builder = FeedbackBuilder()
    builder.add(65535, 1.0)
    builder.build(1, 2)
    builder.add(2, 1.1)
    packet = builder.build(1, 2)
    assert packet is not None
    assert unpack_from("!HH", packet, 12) == (0, 3)  # 0 and 1 are told missing
    assert read(packet)[0] == 1


def test_a_late_packet_is_told_again() -> None:
    builder = FeedbackBuilder()
    builder.add(1, 1.0)
    builder.add(3, 1.0)
    builder.build(1, 2)
    builder.add(2, 1.05)
    packet = builder.build(1, 2)
    assert packet is not None
    assert set(read(packet)[1]) == {2}


def test_says_nothing_when_nothing_came() -> None:
    builder = FeedbackBuilder()
    assert builder.build(1, 2) is None
    builder.add(1, 1.0)
    assert builder.build(1, 2) is not None
    assert builder.build(1, 2) is None


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 65535), st.floats(0, 10)), min_size=1, max_size=600))
def test_any_packets_give_a_readable_report_of_bounded_size(
    packets: list[tuple[int, float]],
) -> None:
    builder, now = FeedbackBuilder(), 100.0
    for sequence, step in packets:
        now += step / 100
        builder.add(sequence, now)
    packet = builder.build(1, 2)
    assert packet is not None
    assert len(packet) < 1200
    read(packet)

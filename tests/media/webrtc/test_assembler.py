from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.webrtc.recorded import fragments

from mien.media.webrtc.assembler import EncodedFrame, Fragment, FrameAssembler
from mien.media.webrtc.decoder import FORMATS, VideoDecoder

CODECS = ["VP8", "H264"]
KEY, DELTA = b"K", b"d"


def is_key(frame: bytes) -> bool:
    return frame.startswith(KEY)


def make(**options: float) -> FrameAssembler:
    return FrameAssembler(is_key, **options)  # type: ignore[arg-type]


def part(sequence: int, frame: int, marker: bool, data: bytes = DELTA) -> Fragment:
    return Fragment(sequence, frame * 4500, marker, data, sequence / 100)


def drain(assembler: FrameAssembler, now: float = 0.0) -> list[EncodedFrame]:
    frames = []
    while (frame := assembler.pop(now)) is not None:
        frames.append(frame)
    return frames


def play(codec: str, parts: list[Fragment], patience_s: float = 0.2) -> list[EncodedFrame]:
    assembler = FrameAssembler(FORMATS[codec].is_key, patience_s=patience_s)
    frames = []
    for fragment in parts:
        assembler.push(fragment)
        frames += drain(assembler, fragment.arrived)
    return frames


@pytest.mark.parametrize("codec", CODECS)
def test_releases_every_recorded_frame_at_its_own_last_packet(codec: str) -> None:
    parts = fragments(codec)
    wanted = {p.timestamp for p in parts if p.data}
    assert len(wanted) > 60
    frames = play(codec, parts)
    assert [f.timestamp for f in frames] == sorted(wanted)
    for frame in frames:
        last = max(p.arrived for p in parts if p.timestamp == frame.timestamp and p.data)
        assert frame.arrived == last


@pytest.mark.parametrize("codec", CODECS)
def test_recorded_frames_decode_to_the_sizes_that_were_sent(codec: str) -> None:
    decoder = VideoDecoder(FORMATS[codec], 1920 * 1088)
    sizes = []
    for frame in play(codec, fragments(codec)):
        picture = decoder.decode(frame.data)
        assert picture is not None
        sizes.append((picture.width, picture.height))
    assert sizes[0] == (320, 240)
    assert sizes[-1] == (240, 180)


@pytest.mark.parametrize("codec", CODECS)
def test_order_of_arrival_does_not_matter(codec: str) -> None:
    parts = fragments(codec)
    shuffled = parts[:1] + [p for pair in zip(parts[2::2], parts[1::2], strict=False) for p in pair]
    shuffled += [parts[-1]] if len(parts) % 2 == 0 else []
    assert [f.data for f in play(codec, shuffled, 10)] == [f.data for f in play(codec, parts)]


@pytest.mark.parametrize("codec", CODECS)
def test_after_a_loss_the_next_decoded_frame_is_a_key_frame(codec: str) -> None:
    parts = fragments(codec)
    lost = parts[len(parts) // 3].sequence
    frames = play(codec, [p for p in parts if p.sequence != lost])
    whole = play(codec, parts)
    missing = {f.timestamp for f in whole} - {f.timestamp for f in frames}
    assert missing
    after = next(f for f in frames if f.timestamp > max(missing))
    assert after.is_key
    assert after.timestamp - min(missing) > 0.2 * 90_000  # it was waited for


def test_a_frame_needs_no_packet_of_the_next_one() -> None:
    assembler = make()
    assembler.push(part(1, 0, False, KEY))
    assert assembler.pop(0) is None
    assembler.push(part(2, 0, True))
    frame = assembler.pop(0)
    assert frame is not None
    assert frame.data == KEY + DELTA
    assert frame.arrived == 0.02


def test_a_new_timestamp_ends_a_frame_whose_sender_sets_no_marker() -> None:
    assembler = make()
    assembler.push(part(1, 0, False, KEY))
    assembler.push(part(2, 1, False))
    assert [f.data for f in drain(assembler)] == [KEY]


def test_nothing_is_released_before_the_first_key_frame() -> None:
    assembler = make()
    assembler.push(part(1, 0, True))
    assert drain(assembler) == []
    assert assembler.needs_key_frame
    assembler.push(part(2, 1, True, KEY))
    assert len(drain(assembler)) == 1
    assert not assembler.needs_key_frame


def test_a_hole_is_waited_for_and_filled() -> None:
    assembler = make()
    assembler.push(part(1, 0, True, KEY))
    drain(assembler)
    assembler.push(part(3, 2, True))
    assert drain(assembler, 1.0) == []
    assert assembler.missing() == [2]
    assembler.push(part(2, 1, True))
    assert [f.timestamp for f in drain(assembler, 1.19)] == [4500, 9000]
    assert not assembler.needs_key_frame


def test_a_hole_is_given_up_after_its_time_and_a_key_frame_wanted() -> None:
    assembler = make(patience_s=0.2)
    assembler.push(part(1, 0, True, KEY))
    drain(assembler)
    assembler.push(part(3, 2, True))
    assert drain(assembler, 1.0) == []
    wanted = []
    for now in (1.199, 1.201):
        assert drain(assembler, now) == []
        wanted.append(assembler.needs_key_frame)
    assert wanted == [False, True]
    assert assembler.missing() == []
    assembler.push(part(4, 3, True))
    assembler.push(part(5, 4, True, KEY))
    assert [f.timestamp for f in drain(assembler, 1.3)] == [4 * 4500]


def test_a_whole_key_frame_behind_a_hole_is_shown_at_once() -> None:
    assembler = make()
    assembler.push(part(1, 0, True, KEY))
    drain(assembler)
    assembler.push(part(4, 2, True, KEY))
    assert [f.timestamp for f in drain(assembler, 1.0)] == [9000]
    assert assembler.frames_lost >= 1


def test_the_newest_unfinished_frame_is_no_hole() -> None:
    assembler = make(patience_s=0.2)
    assembler.push(part(1, 0, True, KEY))
    drain(assembler)
    assembler.push(part(2, 1, False))
    assert drain(assembler, 100.0) == []
    assert not assembler.needs_key_frame


def test_padding_between_frames_is_skipped() -> None:
    assembler = make()
    assembler.push(part(1, 0, True, KEY))
    assembler.push(part(2, 0, False, b""))
    assembler.push(part(3, 1, True))
    assert len(drain(assembler)) == 2


def test_late_and_doubled_packets_are_ignored() -> None:
    assembler = make()
    for sequence in (1, 1, 2, 1):
        assembler.push(part(sequence, sequence, True, KEY))
    assert len(drain(assembler)) == 2
    assembler.push(part(1, 1, True, KEY))
    assert drain(assembler) == []


def test_a_decoder_that_lost_its_state_gets_a_key_frame_next() -> None:
    assembler = make()
    assembler.push(part(1, 0, True, KEY))
    drain(assembler)
    assembler.lose()
    assembler.push(part(2, 1, True))
    assert drain(assembler) == []
    assembler.push(part(3, 2, True, KEY))
    assert len(drain(assembler)) == 1


def test_a_jump_in_the_numbers_starts_anew() -> None:
    assembler = make()
    assembler.push(part(1, 0, True, KEY))
    drain(assembler)
    assembler.push(part(50_000, 9, True, KEY))
    assert [f.timestamp for f in drain(assembler)] == [9 * 4500]
    assert assembler.missing() == []


def test_memory_is_bounded_when_a_hole_is_never_filled() -> None:
    assembler = make(capacity=64, patience_s=1e9)
    assembler.push(part(0, 0, True, KEY))
    drain(assembler)
    for sequence in range(2, 5000):
        assembler.push(part(sequence, sequence, False))
        assert len(assembler._fragments) <= 65


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 40), st.booleans(), st.booleans()),
        max_size=120,
    )
)
def test_any_packets_give_frames_in_order_and_never_a_delta_first(
    packets: list[tuple[int, int, bool, bool]],
) -> None:
    assembler = make(capacity=64)
    now, frames = 0.0, []
    for sequence, frame, marker, key in packets:
        now += 0.05
        assembler.push(part(sequence, frame, marker, KEY if key else DELTA))
        frames += drain(assembler, now)
    if frames:
        assert frames[0].is_key
    assert len(assembler._fragments) <= 65


@pytest.mark.parametrize("codec", CODECS)
def test_recorded_timestamps_rise(codec: str) -> None:
    frames = play(codec, fragments(codec))
    assert len(frames) > 60
    assert all(a.timestamp < b.timestamp for a, b in pairwise(frames))

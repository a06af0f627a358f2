import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.media.webrtc.framesize import nal_units
from mien.media.webrtc.payload import (
    MAX_PAYLOAD,
    Vp8Payloads,
    h264_depayload,
    h264_payloads,
    vp8_depayload,
)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 20_000))
def test_vp8_comes_back_whole(size: int) -> None:
    frame = bytes(i % 251 for i in range(size))
    payloads = Vp8Payloads(7).split(frame)
    assert b"".join(vp8_depayload(p) for p in payloads) == frame
    assert max(map(len, payloads)) <= MAX_PAYLOAD
    assert len(payloads) == -(-size // (MAX_PAYLOAD - 4))


def test_vp8_marks_the_start_and_counts_pictures_with_15_bits() -> None:
    payloads = Vp8Payloads(0x7FFF)
    first, second = payloads.split(bytes(3000)), payloads.split(bytes(10))
    assert [p[0] for p in first] == [0x90, 0x80, 0x80]  # X and S, then X alone
    assert {p[1] for p in first} == {0x80}  # I: a picture id follows
    assert {p[2:4] for p in first} == {b"\xff\xff"}
    assert second[0][2:4] == b"\x80\x00"


def unit(kind: int, size: int) -> bytes:
    return bytes([0x60 | kind]) + bytes(1 + i % 250 for i in range(size))


def stream(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + u for u in units)


def test_h264_small_units_travel_together_and_large_ones_in_parts() -> None:
    payloads = h264_payloads(stream(unit(7, 20), unit(8, 4), unit(5, 3000)))
    assert [p[0] & 0x1F for p in payloads] == [24, 28, 28, 28]
    assert [p[1] & 0xC0 for p in payloads[1:]] == [0x80, 0, 0x40]  # start, middle, end
    assert {p[1] & 0x1F for p in payloads[1:]} == {5}


def test_h264_a_lone_unit_travels_as_it_is() -> None:
    assert h264_payloads(stream(unit(1, 100))) == [unit(1, 100)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(2, 4000)), min_size=1, max_size=8))
def test_h264_comes_back_whole(kinds: list[tuple[int, int]]) -> None:
    units = [unit(kind, size) for kind, size in kinds]
    payloads = h264_payloads(stream(*units))
    assert max(map(len, payloads)) <= MAX_PAYLOAD
    assert list(nal_units(b"".join(h264_depayload(p) for p in payloads))) == units


@pytest.mark.parametrize("frame", [b"", b"\0\0\1", b"no start code"])
def test_h264_without_units_is_nothing(frame: bytes) -> None:
    assert h264_payloads(frame) == []


def test_vp8_without_data_is_nothing() -> None:
    assert Vp8Payloads().split(b"") == []


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_payload_is_read_or_a_value_error(payload: bytes) -> None:
    for depayload in (vp8_depayload, h264_depayload):
        try:
            depayload(payload)
        except ValueError:
            continue

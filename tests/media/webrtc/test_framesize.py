from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.webrtc.recorded import fragments

from mien.errors import MediaRejected
from mien.media.webrtc import framesize
from mien.media.webrtc.assembler import FrameAssembler
from mien.media.webrtc.decoder import FORMATS, VideoDecoder
from mien.media.webrtc.encoder import make_encoder

# An SPS of 16384x16384: baseline, level 5.1, built by the bit from 7.3.2.1.1.
ONE_GOLOMB = "1"


def golomb(value: int) -> str:
    bits = bin(value + 1)[2:]
    return "0" * (len(bits) - 1) + bits


def sps(width_mbs: int, height_mbs: int, profile: int = 66, frames_only: int = 1) -> bytes:
    bits = f"{profile:08b}" + "0" * 8 + f"{51:08b}" + golomb(0)
    if profile == 100:  # 4:2:0, 8 bits, one scaling list of eight
        bits += golomb(1) + golomb(0) + golomb(0) + "0" + "1" + "1"
        bits += golomb(0) * 16 + "0" * 7
    bits += golomb(0) + golomb(2) + golomb(1) + "0"
    bits += golomb(width_mbs - 1) + golomb(height_mbs - 1) + str(frames_only)
    bits += "1"  # stop bit
    bits += "0" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return b"\0\0\0\1\x67" + body.replace(b"\0\0\0", b"\0\0\3\0").replace(b"\0\0\1", b"\0\0\3\1")


def vp8_key(width: int, height: int) -> bytes:
    return bytes([0x10, 0, 0]) + b"\x9d\x01\x2a" + pack("<HH", width, height) + bytes(40)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_reads_the_sizes_that_chromium_sent(codec: str) -> None:
    assembler = FrameAssembler(FORMATS[codec].is_key)
    sizes = []
    for fragment in fragments(codec):
        assembler.push(fragment)
        while (frame := assembler.pop(fragment.arrived)) is not None:
            size = FORMATS[codec].size(frame.data)
            assert (size is not None) == frame.is_key
            sizes += [size] if size else []
    assert sizes[0] == (320, 240)
    # H.264 codes whole macroblocks.
    assert sizes[-1] == ((240, 180) if codec == "VP8" else (240, 192))


def test_reads_a_vp8_key_frame_and_no_other() -> None:
    assert framesize.vp8_size(vp8_key(16383, 16383)) == (16383, 16383)
    assert framesize.vp8_size(vp8_key(640 | 1 << 14, 480 | 3 << 14)) == (640, 480)  # scaling bits
    delta = bytes([0x11]) + vp8_key(640, 480)[1:]
    assert framesize.vp8_size(delta) is None
    assert framesize.vp8_size(b"\0" * 9) is None


@pytest.mark.parametrize(
    ("unit", "size"),
    [
        (sps(40, 30), (640, 480)),
        (sps(1024, 1024), (16384, 16384)),
        (sps(120, 34, frames_only=0), (1920, 1088)),
        (sps(80, 45, profile=100), (1280, 720)),
    ],
)
def test_reads_a_parameter_set(unit: bytes, size: tuple[int, int]) -> None:
    assert framesize.h264_size(unit + b"\0\0\1\x65abc") == size


def test_the_largest_of_several_parameter_sets_counts() -> None:
    assert framesize.h264_size(sps(40, 30) + sps(1024, 1024) + sps(2, 2)) == (16384, 16384)


@pytest.mark.parametrize("unit", [b"\0\0\1\x67", b"\0\0\1\x67\x42\0\x1f" + bytes(64)])
def test_an_unreadable_parameter_set_is_an_error(unit: bytes) -> None:
    with pytest.raises(ValueError, match="parameter set"):
        framesize.h264_size(unit)


@pytest.mark.parametrize(
    ("codec", "frame"), [("VP8", vp8_key(16383, 16383)), ("H264", sps(1024, 1024))]
)
def test_sizes_above_the_policy_are_never_decoded(codec: str, frame: bytes) -> None:
    decoder = VideoDecoder(FORMATS[codec], 1920 * 1088)
    with pytest.raises(MediaRejected, match="above the limit"):
        decoder.decode(frame)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_the_policy_includes_its_own_size(codec: str) -> None:
    import numpy as np

    encoded = make_encoder(codec, highest=5_000_000).encode(
        np.full((240, 320, 3), 90, np.uint8), 0, bitrate=300_000, key=True, now=0.0
    )
    frame = b"".join(FORMATS[codec].depayload(p) for p in encoded.payloads)
    assert VideoDecoder(FORMATS[codec], 320 * 240).decode(frame) is not None
    with pytest.raises(MediaRejected):
        VideoDecoder(FORMATS[codec], 320 * 240 - 1).decode(frame)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_size_or_a_value_error(data: bytes) -> None:
    framesize.vp8_size(data)
    framesize.vp8_is_key(data)
    for start in (b"", b"\0\0\1\x67", b"\0\0\1\x67\x64\0\x1f"):
        framesize.h264_is_key(start + data)
        try:
            framesize.h264_size(start + data)
        except ValueError:
            continue

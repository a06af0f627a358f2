"""Reads a frame's size before anything is decoded: 225 kB of VP8 can ask for 1.5 GB.

VP8: RFC 6386, section 9.1. H.264: ITU-T H.264, 7.3.2.1.1 (sequence parameter set).
"""

from collections.abc import Iterator
from struct import unpack_from

VP8_START_CODE = b"\x9d\x01\x2a"
H264_IDR, H264_SPS = 5, 7
# Profiles whose parameter set carries chroma format and scaling lists.
H264_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
MONOCHROME, CHROMA_444 = 0, 3
MAX_SPS_BYTES = 512
MAX_GOLOMB_ZEROS = 32


def vp8_is_key(frame: bytes) -> bool:
    """Whether a whole VP8 frame is a key frame."""
    return len(frame) >= 10 and not frame[0] & 1 and frame[3:6] == VP8_START_CODE


def vp8_size(frame: bytes) -> tuple[int, int] | None:
    """(width, height) of a VP8 key frame; None for any other."""
    if not vp8_is_key(frame):
        return None
    width, height = unpack_from("<HH", frame, 6)
    return width & 0x3FFF, height & 0x3FFF


def h264_is_key(frame: bytes) -> bool:
    """Whether an Annex B access unit holds an IDR picture or a sequence parameter set."""
    return any(unit[0] & 0x1F in (H264_IDR, H264_SPS) for unit in nal_units(frame))


def h264_size(frame: bytes) -> tuple[int, int] | None:
    """The largest coded (width, height) that the access unit's parameter sets announce.

    None without a parameter set. Raises ValueError for one that can't be read.
    """
    sizes = [_sps_size(unit) for unit in nal_units(frame) if unit[0] & 0x1F == H264_SPS]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def nal_units(frame: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B byte stream, without start codes; empty ones left out."""
    start = frame.find(b"\0\0\1")
    while start != -1:
        start += 3
        end = frame.find(b"\0\0\1", start)
        unit = frame[start:] if end == -1 else frame[start:end]
        if end != -1:
            unit = unit.rstrip(b"\0")  # the fourth byte of the next start code
        if unit:
            yield unit
        start = end


class _Bits:
    """Reads Exp-Golomb codes; ValueError at the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        if count > self._left:
            raise ValueError("The sequence parameter set is cut off.")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > MAX_GOLOMB_ZEROS:
                raise ValueError("The sequence parameter set holds an endless number.")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed_golomb(self) -> int:
        code = self.golomb()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _sps_size(unit: bytes) -> tuple[int, int]:
    # Emulation prevention bytes are no data.
    bits = _Bits(unit[1:MAX_SPS_BYTES].replace(b"\0\0\3", b"\0\0"))
    profile = bits.read(8)
    bits.read(16)  # constraint flags, level
    bits.golomb()  # id
    if profile in H264_HIGH_PROFILES:
        _skip_chroma(bits)
    bits.golomb()  # bits of a frame number
    _skip_picture_order(bits)
    bits.golomb()  # reference frames
    bits.read(1)
    width = (bits.golomb() + 1) * 16
    map_units = bits.golomb() + 1
    frames_only = bits.read(1)
    return width, map_units * 16 * (2 - frames_only)


def _skip_chroma(bits: _Bits) -> None:
    chroma = bits.golomb()
    if chroma == CHROMA_444:
        bits.read(1)
    bits.golomb()  # luma depth
    bits.golomb()  # chroma depth
    bits.read(1)
    if bits.read(1):
        for index in range(12 if chroma == CHROMA_444 else 8):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)


def _skip_scaling_list(bits: _Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.signed_golomb() + 256) % 256
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.read(1)
        bits.signed_golomb()
        bits.signed_golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed_golomb()

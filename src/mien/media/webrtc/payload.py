"""Frames to RTP payloads and back: VP8 (RFC 7741) and H.264 (RFC 6184, mode 1)."""

from collections.abc import Iterator
from struct import pack

from aiortc.codecs.h264 import h264_depayload
from aiortc.codecs.vpx import VpxPayloadDescriptor, vp8_depayload

from mien.media.webrtc.framesize import nal_units

MAX_PAYLOAD = 1180  # with headers, SRTP and a TURN channel this stays below 1280
PICTURE_ID_SIZE = 1 << 15
FU_A, STAP_A = 28, 24

__all__ = ["Vp8Payloads", "h264_depayload", "h264_payloads", "vp8_depayload"]


class Vp8Payloads:
    """Splits VP8 frames; counts the picture id up by one each frame."""

    def __init__(self, picture_id: int = 0) -> None:
        self._picture_id = picture_id % PICTURE_ID_SIZE

    def split(self, frame: bytes) -> list[bytes]:
        """The payloads of one frame."""
        descriptor = VpxPayloadDescriptor(
            partition_start=1, partition_id=0, picture_id=self._picture_id
        )
        self._picture_id = (self._picture_id + 1) % PICTURE_ID_SIZE
        payloads = []
        for part in _even_parts(frame, MAX_PAYLOAD - len(bytes(descriptor))):
            payloads.append(bytes(descriptor) + part)
            descriptor.partition_start = 0
        return payloads


def h264_payloads(frame: bytes) -> list[bytes]:
    """The payloads of one Annex B access unit; small units travel together."""
    payloads: list[bytes] = []
    together: list[bytes] = []
    for unit in nal_units(frame):
        if _aggregate_size([*together, unit]) > MAX_PAYLOAD:
            payloads += _aggregate(together)
            together = []
        if len(unit) > MAX_PAYLOAD:
            payloads += _fragments(unit)
        else:
            together.append(unit)
    return payloads + list(_aggregate(together))


def _aggregate_size(units: list[bytes]) -> int:
    return 1 + sum(2 + len(unit) for unit in units)


def _aggregate(units: list[bytes]) -> Iterator[bytes]:
    if len(units) == 1:
        yield units[0]
    elif units:
        importance = max(unit[0] & 0x60 for unit in units)
        yield bytes([importance | STAP_A]) + b"".join(pack("!H", len(u)) + u for u in units)


def _fragments(unit: bytes) -> Iterator[bytes]:
    indicator = unit[0] & 0xE0 | FU_A
    kind = unit[0] & 0x1F
    parts = _even_parts(unit[1:], MAX_PAYLOAD - 2)
    for index, part in enumerate(parts):
        first = 0x80 if index == 0 else 0
        last = 0x40 if index == len(parts) - 1 else 0
        yield bytes([indicator, first | last | kind]) + part


def _even_parts(data: bytes, largest: int) -> list[bytes]:
    """Parts of nearly one size, none above `largest`: a lone small packet helps nobody."""
    count = -(-len(data) // largest)
    size = -(-len(data) // max(count, 1))
    return [data[start : start + size] for start in range(0, len(data), size or 1)]

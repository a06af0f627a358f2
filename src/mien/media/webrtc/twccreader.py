"""Transport-wide feedback as a receiver sends it: which of our packets came, and when.

Format: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1; `twcc.py` writes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import error as StructError
from struct import unpack_from

from mien.media.webrtc.twcc import ABSENT, DELTA_US, FORMAT, REFERENCE_US, RTCP_RTPFB, SMALL

HEADER = 4
MOST_PACKETS = 4096


@dataclass(frozen=True)
class Feedback:
    """arrivals: (16-bit transport-wide number, arrival in seconds or None), in order.

    The seconds are of the receiver's clock, which wraps after some 12 days.
    """

    arrivals: list[tuple[int, float | None]]


def split_feedback(compound: bytes) -> tuple[list[bytes], bytes]:
    """Take the transport-wide feedback out of a compound RTCP packet: (those, the rest)."""
    feedback: list[bytes] = []
    rest = b""
    for packet in _packets(compound):
        wanted = packet[1] == RTCP_RTPFB and packet[0] & 0x1F == FORMAT
        if wanted:
            feedback.append(packet)
        else:
            rest += packet
    return feedback, rest


def read_feedback(packet: bytes) -> Feedback:
    """Read one feedback packet. Raises ValueError when it is malformed."""
    try:
        base, count, clock = unpack_from("!HHI", packet, 12)
        if count > MOST_PACKETS:
            raise ValueError("The feedback tells of too many packets.")
        symbols, offset = _symbols(packet, 20, count)
        return Feedback(list(_arrivals(packet, base, symbols, clock >> 8, offset)))
    except (StructError, IndexError) as error:
        raise ValueError("The feedback is cut off.") from error


def _packets(compound: bytes) -> Iterator[bytes]:
    start = 0
    while start + HEADER <= len(compound):
        (words,) = unpack_from("!H", compound, start + 2)
        end = start + HEADER + 4 * words
        yield compound[start:end]
        start = end


def _symbols(packet: bytes, offset: int, count: int) -> tuple[list[int], int]:
    symbols: list[int] = []
    while len(symbols) < count:
        (chunk,) = unpack_from("!H", packet, offset)
        offset += 2
        symbols += _chunk(chunk)
    return symbols[:count], offset


def _chunk(chunk: int) -> list[int]:
    if not chunk & 0x8000:  # a run of one symbol
        return [chunk >> 13 & 3] * (chunk & 0x1FFF)
    if chunk & 0x4000:  # seven symbols of two bits
        return [chunk >> (12 - 2 * place) & 3 for place in range(7)]
    return [chunk >> (13 - place) & 1 for place in range(14)]


def _arrivals(
    packet: bytes, base: int, symbols: list[int], reference: int, offset: int
) -> Iterator[tuple[int, float | None]]:
    clock_us = reference * REFERENCE_US
    for place, symbol in enumerate(symbols):
        number = (base + place) & 0xFFFF
        if symbol == ABSENT:
            yield number, None
            continue
        (steps,) = unpack_from("!B" if symbol == SMALL else "!h", packet, offset)
        offset += 1 if symbol == SMALL else 2
        clock_us += steps * DELTA_US
        yield number, clock_us / 1e6

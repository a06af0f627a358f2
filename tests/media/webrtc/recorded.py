"""RTP packets that a real Chromium sent: 320x240 at 20 fps, then 240x180 after 2.8 s.

File format: for each packet its length (16 bits), milliseconds since the first (32 bits) and the
packet without header extensions. Payload types are those of PAYLOAD_TYPES.
"""

from dataclasses import dataclass
from pathlib import Path
from struct import unpack_from

from aiortc.rtp import RtpPacket

from mien.media.webrtc.assembler import Fragment
from mien.media.webrtc.counters import Unwrapper
from mien.media.webrtc.decoder import FORMATS

FOLDER = Path(__file__).parent / "packets"
# Codec to the payload types of its media and of its retransmissions.
PAYLOAD_TYPES = {"VP8": (96, 97), "H264": (102, 103)}


@dataclass(frozen=True)
class RecordedPacket:
    seconds: float
    packet: RtpPacket


def recording(codec: str) -> list[RecordedPacket]:
    data = (FOLDER / f"chromium_{codec.lower()}.rtp").read_bytes()
    packets, position = [], 0
    while position < len(data):
        length, milliseconds = unpack_from("!HI", data, position)
        position += 6
        packet = RtpPacket.parse(data[position : position + length])
        packets.append(RecordedPacket(milliseconds / 1e3, packet))
        position += length
    return packets


def fragments(codec: str) -> list[Fragment]:
    """The media packets, depayloaded, as the assembler takes them."""
    depayload, unwrapper = FORMATS[codec].depayload, Unwrapper(16)
    return [
        Fragment(
            unwrapper.unwrap(r.packet.sequence_number),
            r.packet.timestamp,
            bool(r.packet.marker),
            depayload(r.packet.payload) if r.packet.payload else b"",
            r.seconds,
        )
        for r in recording(codec)
        if r.packet.payload_type == PAYLOAD_TYPES[codec][0]
    ]

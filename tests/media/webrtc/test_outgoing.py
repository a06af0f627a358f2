from aiortc.rtp import (
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSdesPacket,
    RtcpSrPacket,
    RtpPacket,
    unpack_header_extensions,
    unwrap_rtx,
)

from mien.media.webrtc.answer import ABS_SEND_TIME, PLAYOUT_DELAY, LocalSource
from mien.media.webrtc.outgoing import HISTORY, OutgoingStream

IDS = {PLAYOUT_DELAY: 5, ABS_SEND_TIME: 2}


class Wire:
    """Keeps the packets instead of sending them."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    async def send(self, data: bytes) -> bool:
        self.sent.append(data)
        return True

    def packets(self) -> list[RtpPacket]:
        return [RtpPacket.parse(data) for data in self.sent]


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def make(
    wire: Wire,
    *,
    rtx: int | None = 97,
    extensions: dict[str, int] = IDS,
    clock: Time | None = None,
    clock_rate: int = 90_000,
) -> OutgoingStream:
    return OutgoingStream(
        wire,  # type: ignore[arg-type]
        LocalSource(111, 222),
        96,
        rtx_payload_type=rtx,
        extensions=extensions,
        clock_rate=clock_rate,
        clock=clock or Time(),
    )


def extensions_of(data: bytes) -> dict[int, bytes]:
    assert data[0] & 0x10
    words = int.from_bytes(data[14:16], "big")
    profile = int.from_bytes(data[12:14], "big")
    return dict(unpack_header_extensions(profile, data[16 : 16 + 4 * words]))


async def test_every_packet_says_show_it_at_once_or_within_40_ms() -> None:
    wire = Wire()
    stream = make(wire)
    for number in range(3):
        await stream.send(b"abc", sequence=number, timestamp=9, marker=False, moment=100.0)
    await stream.resend(1)
    assert len(wire.sent) == 4
    for data in wire.sent:
        assert extensions_of(data)[5] == b"\0\0\4"
        assert len(extensions_of(data)[2]) == 3


async def test_extensions_that_were_not_negotiated_are_not_sent() -> None:
    wire = Wire()
    await make(wire, extensions={}).send(
        b"abc", sequence=1, timestamp=9, marker=False, moment=100.0
    )
    assert not wire.sent[0][0] & 0x10


async def test_headers_wrap() -> None:
    wire = Wire()
    await make(wire).send(
        b"abc", sequence=65536 + 7, timestamp=(1 << 32) + 8, marker=True, moment=100.0
    )
    packet = wire.packets()[0]
    assert (packet.sequence_number, packet.timestamp, packet.ssrc) == (7, 8, 111)
    assert (packet.payload_type, packet.marker, packet.payload) == (96, 1, b"abc")


async def test_lost_packets_are_sent_again_on_their_own_stream() -> None:
    wire = Wire()
    stream = make(wire)
    for number in range(HISTORY + 10):
        await stream.send(
            bytes([number & 255]), sequence=number, timestamp=number, marker=True, moment=100.0
        )
    wire.sent.clear()
    for number in (100, 5, 9999, 101, 100):  # 5 is too old, 9999 was never sent
        await stream.resend(number)
        stream.round_trip_s = 0.05  # the second 100 is about the same hole
    repairs = wire.packets()
    assert [p.ssrc for p in repairs] == [222, 222]
    assert [p.payload_type for p in repairs] == [97, 97]
    assert repairs[1].sequence_number == repairs[0].sequence_number + 1
    original = unwrap_rtx(repairs[0], 96, 111)
    assert (original.sequence_number, original.payload) == (100, bytes([100]))
    assert stream.resent == 2


async def test_without_retransmission_nothing_is_kept() -> None:
    wire = Wire()
    stream = make(wire, rtx=None)
    await stream.send(b"abc", sequence=1, timestamp=9, marker=False, moment=100.0)
    await stream.resend(1)
    assert len(wire.sent) == 1


async def test_a_sender_report_ties_the_stream_to_the_wall_clock() -> None:
    wire = Wire()
    stream = make(wire)
    assert stream.sender_report("name") == []
    await stream.send(b"abc", sequence=1, timestamp=90_000, marker=False, moment=100.0)
    report, source = stream.sender_report("name")
    assert isinstance(report, RtcpSrPacket) and isinstance(source, RtcpSdesPacket)
    assert report.sender_info.rtp_timestamp == 90_000
    assert (report.sender_info.packet_count, report.sender_info.octet_count) == (1, 3)
    assert source.chunks[0].items == [(1, b"name")]
    assert report.ssrc == source.chunks[0].ssrc == 111


async def test_reports_of_sound_and_picture_agree_however_long_each_was_held() -> None:
    clock = Time()
    picture = make(Wire(), clock=clock)
    sound = make(Wire(), clock=clock, clock_rate=48_000)
    # Both show the instant 99.9; the sound left at once, the picture 70 ms later.
    await sound.send(b"abc", sequence=1, timestamp=5_000, marker=False, moment=99.9)
    clock.now += 0.07
    await picture.send(b"abc", sequence=1, timestamp=(1 << 32) - 9, marker=True, moment=99.9)
    clock.now += 0.4
    seen, heard = picture.sender_report("name")[0], sound.sender_report("name")[0]
    assert isinstance(seen, RtcpSrPacket) and isinstance(heard, RtcpSrPacket)
    assert abs(seen.sender_info.ntp_timestamp - heard.sender_info.ntp_timestamp) < 1 << 28
    assert seen.sender_info.rtp_timestamp == round(0.57 * 90_000) - 9
    assert heard.sender_info.rtp_timestamp == 5_000 + round(0.57 * 48_000)


async def test_the_round_trip_and_loss_come_from_the_receivers_report() -> None:
    wire, clock = Wire(), Time()
    stream = make(wire, clock=clock)
    await stream.send(b"abc", sequence=1, timestamp=9, marker=False, moment=100.0)
    report = stream.sender_report("name")[0]
    assert isinstance(report, RtcpSrPacket)
    stamp = report.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF
    clock.now += 0.130
    answer = RtcpReceiverInfo(111, 64, 3, 1, 0, stamp, int(0.1 * 65536))
    assert stream.on_report(RtcpRrPacket(5, [answer])) is None  # the count begins
    assert stream.round_trip_s is not None
    assert abs(stream.round_trip_s - 0.03) < 0.001
    clock.now += 1
    more = RtcpReceiverInfo(111, 255, 28, 101, 0, 0, 0)
    assert stream.on_report(RtcpRrPacket(5, [more])) == (25, 100)
    assert stream.loss == 0.25
    assert stream.on_report(RtcpRrPacket(5, [RtcpReceiverInfo(9, 0, 0, 0, 0, 0, 0)])) is None

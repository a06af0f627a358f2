"""The receiver fed with recorded packets, by a clock of ours, over a wire of ours."""

from collections.abc import Iterator

import pytest
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtpPacket,
    wrap_rtx,
)
from tests.media.webrtc.harness import until
from tests.media.webrtc.recorded import PAYLOAD_TYPES, recording

from mien.errors import MediaRejected
from mien.media.webrtc.config import PeerConfig
from mien.media.webrtc.picture import VideoPicture
from mien.media.webrtc.videoreceiver import VideoReceiver

CODECS = ["VP8", "H264"]
OURS, REPAIRS = 999, 4242


class Link:
    """A receiver, its clock, and what it sends."""

    def __init__(self, codec: str, config: PeerConfig | None = None) -> None:
        self.now = 0.0
        self.pictures: list[VideoPicture] = []
        self.refused: list[MediaRejected] = []
        self.plis = 0
        self.asked: list[int] = []
        media, repair = PAYLOAD_TYPES[codec]
        self.media, self.repair = media, repair
        self.receiver = VideoReceiver(
            self,  # type: ignore[arg-type]
            RTCRtpCodecParameters(f"video/{codec}", 90_000, payloadType=media),
            RTCRtpCodecParameters("video/rtx", 90_000, payloadType=repair),
            ssrc=OURS,
            config=config or PeerConfig(),
            clock=lambda: self.now,
            on_picture=self.pictures.append,
            on_refused=self.refused.append,
        )

    async def send(self, data: bytes) -> bool:
        for packet in RtcpPacket.parse(data):
            if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
                assert packet.ssrc == OURS
                self.asked += packet.lost
            if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_PLI:
                self.plis += 1
        return True

    async def take(self, packet: RtpPacket, seconds: float) -> None:
        self.now = seconds
        await self.receiver.on_rtp(packet)
        # A recording plays faster than a decoder works: let it keep up.
        await until(lambda: self.refused or not self.receiver.decoding._waiting)


def media(codec: str) -> Iterator[tuple[float, RtpPacket]]:
    for record in recording(codec):
        if record.packet.payload_type == PAYLOAD_TYPES[codec][0]:
            yield record.seconds, record.packet


@pytest.mark.parametrize("codec", CODECS)
async def test_a_recording_becomes_pictures(codec: str) -> None:
    link = Link(codec)
    for record in recording(codec):  # its probes of nothing included
        await link.take(record.packet, record.seconds)
    await until(lambda: link.pictures and link.pictures[-1].image.shape == (180, 240, 3))
    assert link.receiver.frames > 60
    assert link.asked == []
    assert link.plis <= 1
    await link.receiver.close()


@pytest.mark.parametrize("codec", CODECS)
async def test_a_lost_packet_is_asked_for_and_its_repair_used(codec: str) -> None:
    link, packets = Link(codec), list(media(codec))
    lost_at = len(packets) // 2
    _, lost = packets[lost_at]
    for seconds, packet in packets[:lost_at]:
        await link.take(packet, seconds)
    before = link.receiver.frames
    for seconds, packet in packets[lost_at + 1 : lost_at + 4]:
        await link.take(packet, seconds)
    assert set(link.asked) == {lost.sequence_number}
    assert link.receiver.frames <= before + 1
    repair = wrap_rtx(lost, link.repair, 77, REPAIRS)
    await link.take(repair, link.now + 0.01)
    assert link.receiver.frames >= before + 2
    assert link.receiver.assembler.missing() == []
    assert link.receiver.assembler.frames_lost == 0
    await link.receiver.close()


@pytest.mark.parametrize("codec", CODECS)
async def test_a_lost_packet_that_never_comes_costs_a_key_frame_request(codec: str) -> None:
    link, packets = Link(codec), list(media(codec))
    lost_at = len(packets) // 2
    for seconds, packet in packets[:lost_at]:
        await link.take(packet, seconds)
    plis = link.plis
    hole, packet = packets[lost_at + 1]
    await link.take(packet, hole)
    await link.receiver.tick(hole + 0.19)
    assert link.plis == plis
    for step in range(10, 50):  # until 0.8 s after it was given up
        link.now = hole + step * 0.02
        await link.receiver.tick(link.now)
    assert plis + 2 <= link.plis <= plis + 4  # at once, then every 300 ms
    assert len(link.asked) <= 4
    await link.receiver.close()


async def test_on_a_long_way_a_hole_is_waited_for_as_long_as_two_repairs_take() -> None:
    link, packets = Link("VP8"), list(media("VP8"))
    lost_at = len(packets) // 2
    for seconds, packet in packets[:lost_at]:
        await link.take(packet, seconds)
    plis = link.plis
    link.receiver.expect_repairs_in(0.2)
    hole, packet = packets[lost_at + 1]
    await link.take(packet, hole)
    await link.receiver.tick(hole + 0.2)
    assert len(link.asked) == 1  # nothing can have come yet
    await link.receiver.tick(hole + 0.49)
    assert (len(link.asked), link.plis) == (2, plis)
    await link.receiver.tick(hole + 0.51)
    assert link.plis == plis + 1
    await link.receiver.close()


async def test_a_sender_that_begins_anew_is_followed() -> None:
    link = Link("VP8")
    for seconds, packet in list(media("VP8"))[:30]:
        await link.take(packet, seconds)
    frames = link.receiver.frames
    for seconds, packet in media("VP8"):
        packet.ssrc += 1
        packet.sequence_number = (packet.sequence_number + 40_000) & 0xFFFF
        await link.take(packet, 10 + seconds)
    assert link.receiver.frames > frames + 60
    assert link.asked == []
    await link.receiver.close()


async def test_a_size_above_the_policy_is_told_once_and_no_more_is_read() -> None:
    link = Link("VP8", PeerConfig(max_frame_pixels=320 * 240 - 1))
    packets = list(media("VP8"))
    for seconds, packet in packets[:20]:
        await link.take(packet, seconds)
    await until(lambda: link.refused)
    frames = link.receiver.frames
    for seconds, packet in packets[20:]:
        await link.take(packet, seconds)
    assert link.receiver.frames == frames
    assert len(link.refused) == 1
    assert link.pictures == []
    await link.receiver.close()


async def test_junk_is_ignored() -> None:
    link = Link("VP8")
    for payload in (b"", b"\x80", b"\xff\xff", b"\x90\xe0\x80"):
        for payload_type in (link.media, link.repair, 5):
            await link.take(RtpPacket(payload_type, 1, 1, 1, 1, payload), 0.0)
    assert link.receiver.frames == 0
    await link.receiver.close()


async def test_reports_what_it_got() -> None:
    link = Link("VP8")
    assert link.receiver.report(0.0) == []
    packets = list(media("VP8"))
    for seconds, packet in packets[:5] + packets[6:10]:
        await link.take(packet, seconds)
    report = link.receiver.report(link.now)[0]
    assert report.ssrc == packets[0][1].ssrc
    assert report.packets_lost == 1
    await link.receiver.close()

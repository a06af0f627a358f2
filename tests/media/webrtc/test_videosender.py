import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtpPacket,
    pack_remb_fci,
)
from tests.media.webrtc.harness import until

from mien.media.webrtc.answer import LocalSource
from mien.media.webrtc.bitrate import BitrateTarget
from mien.media.webrtc.encoder import EncodedPicture, make_encoder
from mien.media.webrtc.outgoing import OutgoingStream
from mien.media.webrtc.picture import Image, VideoPicture
from mien.media.webrtc.rendition import Rendition
from mien.media.webrtc.videosender import VideoSender


@dataclass
class Encoding:
    """A real encoder that waits for a sign and notes what it is asked for."""

    codec: str
    asked: list[tuple[int, int, bool]] = field(default_factory=list)
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1000))

    def __post_init__(self) -> None:
        self._encoder = make_encoder(self.codec)

    def encode(
        self, image: Image, timestamp: int, *, bitrate: int, key: bool, now: float
    ) -> EncodedPicture:
        self.go.acquire()
        self.asked.append((int(image[0, 0, 0]), bitrate, key))
        return self._encoder.encode(image, timestamp, bitrate=bitrate, key=key, now=now)


class Bench:
    def __init__(self, codec: str = "VP8") -> None:
        self.now = 0.0
        self.sent: list[RtpPacket] = []
        self.encoding = Encoding(codec)
        stream = OutgoingStream(
            self,  # type: ignore[arg-type]
            LocalSource(111, 222),
            96,
            rtx_payload_type=97,
            extensions={},
            clock_rate=90_000,
            clock=lambda: self.now,
        )
        target = BitrateTarget(lowest=250_000, start=1_000_000, highest=5_000_000)
        self.sender = VideoSender(
            stream,
            codec,
            target,
            sequence=65535,
            timestamp_offset=1000,
            clock=lambda: self.now,
        )
        self.rendition = Rendition(self.encoding, lambda: self.now)

    def start(self) -> None:
        self.sender.start()
        self.rendition.senders.add(self.sender)

    async def close(self) -> None:
        await self.rendition.close()
        await self.sender.close()

    async def send(self, data: bytes) -> bool:
        self.sent.append(RtpPacket.parse(data))
        return True

    async def show(self, brightness: int, size: tuple[int, int] = (48, 64)) -> None:
        """One picture, and wait until it went out."""
        before = self.rendition.pictures + self.rendition.failed
        self.put(brightness, size)
        await until(lambda: self.rendition.pictures + self.rendition.failed > before)
        await until(lambda: self.sender.backlog_s == 0)

    def put(self, brightness: int, size: tuple[int, int] = (48, 64)) -> None:
        self.now += 1 / 30
        image = np.full((*size, 3), brightness, np.uint8)
        self.rendition.put(VideoPicture(image, int(self.now * 90_000), self.now))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    bench.start()
    yield bench
    await bench.close()


async def test_only_the_newest_picture_is_encoded(bench: Bench) -> None:
    bench.encoding.go = threading.Semaphore(0)
    bench.put(10)
    await asyncio.sleep(0.05)  # it is in the thread now
    for brightness in (20, 30, 40):
        bench.put(brightness)
    bench.encoding.go.release(5)
    await until(lambda: bench.sender.frames == 2)
    assert [asked[0] for asked in bench.encoding.asked] == [10, 40]
    assert bench.rendition.overtaken == 2


async def test_packets_are_numbered_on_and_the_last_of_a_picture_is_marked(bench: Bench) -> None:
    for brightness in (10, 200, 90):
        await bench.show(brightness)
    numbers = [p.sequence_number for p in bench.sent]
    assert numbers == [(65535 + n) & 0xFFFF for n in range(len(numbers))]
    assert [p.marker for p in bench.sent if p.timestamp == bench.sent[-1].timestamp][-1] == 1
    times = sorted({p.timestamp for p in bench.sent})
    assert times == [1000, 4000, 7000]


@pytest.mark.parametrize("request_kind", [RTCP_PSFB_PLI, RTCP_PSFB_FIR])
async def test_a_requested_key_frame_comes_next_but_not_in_showers(
    bench: Bench, request_kind: int
) -> None:
    await bench.show(10)
    for _ in range(6):
        await bench.sender.on_rtcp(RtcpPsfbPacket(request_kind, 5, 111))
        await bench.show(20)
    assert [asked[2] for asked in bench.encoding.asked] == [True] + [False] * 6
    bench.now += 0.3
    await bench.sender.on_rtcp(RtcpPsfbPacket(request_kind, 5, 111))
    await bench.show(30)  # the request is not forgotten
    assert bench.encoding.asked[-1][2]
    assert bench.sender.key_frame_requests == 7


async def test_the_receivers_estimate_and_loss_set_the_rate(bench: Bench) -> None:
    await bench.show(10)
    for rate, ssrc in ((3_000_000, 111), (400_000, 112)):
        fci = pack_remb_fci(rate, [ssrc])
        await bench.sender.on_rtcp(RtcpPsfbPacket(RTCP_PSFB_APP, 5, 0, fci))
    await bench.show(20)
    assert 2_990_000 < bench.encoding.asked[-1][1] <= 3_000_000
    for lost, highest in ((0, 1000), (100, 1200)):
        bench.now += 1
        report = RtcpReceiverInfo(111, 128, lost, highest, 0, 0, 0)
        await bench.sender.on_rtcp(RtcpRrPacket(5, [report]))
        await bench.show(30)
    assert 2_200_000 < bench.encoding.asked[-1][1] < 2_300_000  # less half the loss of a half
    await bench.sender.on_rtcp(RtcpPsfbPacket(RTCP_PSFB_APP, 5, 0, b"JUNK"))


async def test_lost_packets_are_sent_again(bench: Bench) -> None:
    await bench.show(10)
    lost = bench.sent[0]
    await bench.sender.on_rtcp(RtcpRtpfbPacket(RTCP_RTPFB_NACK, 5, 111, [lost.sequence_number]))
    await until(lambda: bench.sent[-1].ssrc == 222)
    assert bench.sent[-1].payload[2:] == lost.payload


async def test_a_size_that_the_codec_can_not_have_is_skipped() -> None:
    bench = Bench("H264")
    bench.start()
    await bench.show(10, (1, 1))
    assert bench.rendition.failed == 1
    await bench.show(20)
    assert bench.sender.frames == 1
    await bench.close()


async def test_who_joins_later_is_sent_a_key_frame_first_and_the_rest_go_on(bench: Bench) -> None:
    await bench.show(10)
    late = Bench()
    late.sender.start()
    bench.rendition.senders.add(late.sender)
    bench.now += 1
    await bench.show(20)
    await until(lambda: late.sent)
    await bench.show(30)
    assert [asked[2] for asked in bench.encoding.asked] == [True, True, False]
    assert (bench.sender.frames, late.sender.frames) == (3, 2)
    assert late.sender.key_frames == 1
    await late.close()


async def test_the_encoder_spends_what_the_slowest_line_has(bench: Bench) -> None:
    slow = Bench()
    slow.sender.start()
    slow.sender.target.on_estimate(300_000)
    slow.sender.sound_bitrate = lambda now: 40_000.0
    bench.rendition.senders.add(slow.sender)
    await bench.show(10)
    assert bench.encoding.asked[0][1] == 260_000
    await slow.close()


async def test_a_line_that_jams_loses_pictures_until_a_key_frame(bench: Bench) -> None:
    await bench.show(10)
    key = EncodedPicture([bytes(1000)] * 3, True, (64, 48))
    delta = EncodedPicture([bytes(1000)], False, (64, 48))
    picture = VideoPicture(np.zeros((48, 64, 3), np.uint8), 0, 0.0)
    bench.sender.offer(EncodedPicture([bytes(1000)] * 200, False, (64, 48)), picture, 1.0)
    assert bench.sender.backlog_s > 1
    bench.sender.offer(delta, picture, 1.0)
    assert bench.sender.backlog_s < 0.01
    assert bench.sender.wants_key_frame
    bench.sender.offer(delta, picture, 1.0)
    bench.sender.offer(key, picture, 1.0)
    assert bench.sender.backlog_s > 0
    assert (bench.sender.key_frames, bench.sender.overtaken) == (2, 2)


async def test_on_a_narrow_line_a_smaller_picture_is_sent(bench: Bench) -> None:
    large = (480, 640)
    await bench.show(10, large)
    assert bench.sender.size == (640, 480)
    bench.sender.target.on_estimate(250_000)
    bench.sender.sound_bitrate = lambda now: 64_000.0  # which comes first
    sizes = []
    for rate in (250_000, 5_000_000, 5_000_000):
        bench.sender.target.on_estimate(rate)
        for _ in range(2):
            await bench.show(20, (768, 1024))
            bench.now += 6
        await bench.show(30, (768, 1024))
        sizes.append(bench.sender.size)
    assert sizes == [(512, 384), (768, 576), (1024, 768)]

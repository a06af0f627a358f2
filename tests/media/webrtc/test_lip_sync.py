"""What was captured at one instant is said to be of one instant when it leaves again."""

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from aiortc.rtp import RtcpPacket, RtcpSenderInfo, RtcpSrPacket, RtpPacket
from tests.media.webrtc.client import Client
from tests.media.webrtc.harness import until

from mien.media.webrtc.audio import AudioPacket
from mien.media.webrtc.broadcast import Broadcast
from mien.media.webrtc.capture import CLOCK_RATES
from mien.media.webrtc.config import PeerConfig
from mien.media.webrtc.encoder import make_encoder
from mien.media.webrtc.offer import OfferedMedia, parse_offer
from mien.media.webrtc.picture import VideoPicture
from mien.media.webrtc.tracks import TrackEvents, Tracks, draw_sources

WITHIN_S = 0.045
NTP_BASE_S, FPS = 3_900_000_000.0, 20
UPLINK_S = {"video": 0.11, "audio": 0.02}
ENGINE_S = 0.13
ORIGIN = {"video": (1 << 32) - 90_000, "audio": 77}


class Wire:
    """Takes what the tracks send, and lets them think that it is a transport."""

    def __init__(self) -> None:
        self.rtp: dict[int, RtpPacket] = {}
        self.reports: dict[int, RtcpSenderInfo] = {}

    async def send(self, data: bytes) -> bool:
        if 200 <= data[1] <= 206:
            reports = [p for p in RtcpPacket.parse(data) if isinstance(p, RtcpSrPacket)]
            self.reports |= {p.ssrc: p.sender_info for p in reports}
        else:
            packet = RtpPacket.parse(data)
            self.rtp[packet.ssrc] = packet
        return True

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None  # add_receiver and the like


class Publisher:
    """Sends sound and picture of the same instants through the tracks, which send them back."""

    def __init__(self, sdp: str) -> None:
        self.now, self.wire = 100.0, Wire()
        self.picture: VideoPicture | None = None
        self.sound: AudioPacket | None = None
        offer = parse_offer(sdp, 65536)
        self.media = {m.kind: m for m in offer.media}
        self.sources = draw_sources(offer)
        events = TrackEvents(
            lambda picture: setattr(self, "picture", picture),
            lambda packet: setattr(self, "sound", packet),
            lambda _: None,
        )
        self.tracks = Tracks(
            offer,
            self.wire,  # type: ignore[arg-type]
            self.sources,
            cname="cname",
            config=PeerConfig(),
            clock=lambda: self.now,
            events=events,
        )
        self.broadcast = Broadcast(lambda: self.now)
        self._encoder = make_encoder("VP8")
        self._numbers = {"video": 0, "audio": 0}

    async def start(self) -> None:
        self.tracks.start()
        assert self.tracks.video_out is not None
        self.broadcast.add(self.tracks.video_out)

    async def close(self) -> None:
        await self.broadcast.close()
        await self.tracks.close()

    async def report(self, kind: str, at: float) -> None:
        receiver = self.tracks.video_in if kind == "video" else self.tracks.audio_in
        assert receiver is not None
        ntp = int((at + NTP_BASE_S) * (1 << 32))
        await receiver.on_rtcp(RtcpSrPacket(9, RtcpSenderInfo(ntp, self._stamp(kind, at), 0, 0)))

    async def film(self, at: float) -> VideoPicture:
        image = np.full((48, 64, 3), 90, np.uint8)
        encoded = self._encoder.encode(
            image, int(at * 90_000), bitrate=500_000, key=False, now=self.now
        )
        self.picture = None
        assert self.tracks.video_in is not None
        for index, payload in enumerate(encoded.payloads):
            last = index == len(encoded.payloads) - 1
            await self.tracks.video_in.on_rtp(self._packet("video", at, payload, last))
        await until(lambda: self.picture)
        picture: Any = self.picture
        assert isinstance(picture, VideoPicture)
        return picture

    async def say(self, at: float) -> None:
        assert self.tracks.audio_in is not None and self.tracks.audio_out is not None
        await self.tracks.audio_in.on_rtp(self._packet("audio", at, b"opus", False))
        assert self.sound is not None
        sent = self.tracks.audio_out.stream.packets
        self.tracks.audio_out.put(self.sound)
        await until(lambda: self.tracks.audio_out.stream.packets > sent)  # type: ignore[union-attr]

    def said_to_be(self, kind: str) -> float:
        """When the newest packet's media was captured, by the report that left beside it."""
        source = self.sources[self.media[kind].mid].ssrc
        info, packet = self.wire.reports[source], self.wire.rtp[source]
        steps = (packet.timestamp - info.rtp_timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
        return info.ntp_timestamp / (1 << 32) + steps / CLOCK_RATES[kind]

    def _stamp(self, kind: str, at: float) -> int:
        return (round(at * CLOCK_RATES[kind]) + ORIGIN[kind]) & 0xFFFFFFFF

    def _packet(self, kind: str, at: float, payload: bytes, marker: bool) -> RtpPacket:
        media: OfferedMedia = self.media[kind]
        assert media.codec is not None and media.codec.payloadType is not None
        self._numbers[kind] += 1
        return RtpPacket(
            payload_type=media.codec.payloadType,
            marker=int(marker),
            sequence_number=self._numbers[kind],
            timestamp=self._stamp(kind, at),
            ssrc=9,
            payload=payload,
        )


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    client = Client()
    publisher = Publisher(await client.offer())
    await client.close()
    await publisher.start()
    yield publisher
    await publisher.close()


async def play(publisher: Publisher, *, reports: bool) -> None:
    """A second and a half: pictures go a long way and are worked on, sound goes neither."""
    for step in range(30):
        at = 1 + step / FPS
        if reports and step % FPS == 1:
            publisher.now = 100 + at + 0.01
            await publisher.report("video", at)
            await publisher.report("audio", at)
        publisher.now = 100 + at + UPLINK_S["audio"]
        await publisher.say(at)
        publisher.now = 100 + at + UPLINK_S["video"]
        picture = await publisher.film(at)
        publisher.now += ENGINE_S
        sent = publisher.tracks.video_out.stream.packets  # type: ignore[union-attr]
        publisher.broadcast.put(picture)
        await until(lambda n=sent: publisher.tracks.video_out.stream.packets > n)  # type: ignore
    await publisher.tracks.send_reports(publisher.now)


async def test_sound_and_picture_of_one_instant_leave_under_one_time(publisher: Publisher) -> None:
    await play(publisher, reports=True)
    apart = publisher.said_to_be("video") - publisher.said_to_be("audio")
    assert abs(apart) < 0.003
    assert abs(apart) < WITHIN_S


async def test_without_the_senders_reports_only_the_way_here_is_left(publisher: Publisher) -> None:
    await play(publisher, reports=False)
    apart = publisher.said_to_be("video") - publisher.said_to_be("audio")
    assert apart == pytest.approx(UPLINK_S["video"] - UPLINK_S["audio"], abs=0.003)

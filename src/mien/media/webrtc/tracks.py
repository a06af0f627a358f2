"""The senders and receivers that an offer asks for."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiortc.rtp import RtcpRrPacket

from mien.errors import MediaRejected
from mien.media.webrtc import twcc
from mien.media.webrtc.answer import LocalSource, negotiated_extensions, negotiated_feedback
from mien.media.webrtc.audio import AudioPacket
from mien.media.webrtc.audiorelay import AudioReceiver, AudioSender, RelayNumbers
from mien.media.webrtc.bitrate import BitrateTarget
from mien.media.webrtc.capture import CLOCK_RATES, CaptureClock
from mien.media.webrtc.config import PeerConfig
from mien.media.webrtc.congestion import DelayEstimate
from mien.media.webrtc.dtls import MediaTransport
from mien.media.webrtc.offer import Offer, OfferedMedia
from mien.media.webrtc.outgoing import OutgoingStream
from mien.media.webrtc.picture import VideoPicture
from mien.media.webrtc.videoreceiver import VideoReceiver
from mien.media.webrtc.videosender import VideoSender


@dataclass(frozen=True)
class TrackEvents:
    """Whom received media is given to."""

    on_video: Callable[[VideoPicture], None]
    on_audio: Callable[[AudioPacket], None]
    on_refused: Callable[[MediaRejected], None]


def draw_sources(offer: Offer) -> dict[str, LocalSource]:
    """Random RTP sources for every m-line that wants to receive, by mid."""
    return {
        m.mid: LocalSource(_random_ssrc(), _random_ssrc() if m.rtx else None)
        for m in offer.media
        if m.codec is not None and m.receives
    }


class Tracks:
    """At most one video and one audio stream a direction; the first of a kind wins."""

    def __init__(
        self,
        offer: Offer,
        transport: MediaTransport,
        sources: dict[str, LocalSource],
        *,
        cname: str,
        config: PeerConfig,
        clock: Callable[[], float],
        events: TrackEvents,
    ) -> None:
        self.video_codec: str | None = None
        self.video_in: VideoReceiver | None = None
        self.audio_in: AudioReceiver | None = None
        self.video_out: VideoSender | None = None
        self.audio_out: AudioSender | None = None
        self._transport, self._clock, self._config = transport, clock, config
        self._cname, self._events = cname, events
        self._reporter_ssrc = _random_ssrc()
        self._capture = CaptureClock({m.kind for m in offer.media if m.codec and m.sends})
        for media in offer.media:
            if media.codec is not None:
                transport.read_extensions(negotiated_extensions(media))
                self._add(media, sources.get(media.mid))

    def start(self) -> None:
        """Begin to send."""
        for sender in self._senders():
            sender.start()

    async def tick(self, now: float, round_trip_s: float | None) -> None:
        """Repair the incoming video; round_trip_s is how long a repair takes to come."""
        if self.video_in is not None:
            if round_trip_s is not None:
                self.video_in.expect_repairs_in(round_trip_s)
            await self.video_in.tick(now)

    async def send_feedback(self) -> None:
        """Feed the other side's bandwidth estimator."""
        if self.video_in is not None:
            await self.video_in.send_feedback()

    async def send_reports(self, now: float) -> None:
        """Sender and receiver reports on every stream, in one compound packet."""
        packets = [p for s in self._senders() for p in s.stream.sender_report(self._cname)]
        blocks = [b for r in (self.video_in, self.audio_in) if r is not None for b in r.report(now)]
        if blocks:
            packets.insert(0, RtcpRrPacket(self._reporter_ssrc, blocks))
        if packets:
            await self._transport.send(b"".join(bytes(p) for p in packets))

    async def close(self) -> None:
        """End every task and thread."""
        for sender in self._senders():
            await sender.close()
        if self.video_in is not None:
            await self.video_in.close()

    def _senders(self) -> Iterator[VideoSender | AudioSender]:
        yield from (s for s in (self.video_out, self.audio_out) if s is not None)

    def _add(self, media: OfferedMedia, source: LocalSource | None) -> None:
        if media.kind == "video":
            assert media.codec is not None
            self.video_codec = self.video_codec or media.codec.name.upper()
            if media.sends and self.video_in is None:
                self.video_in = self._video_receiver(media)
            if source is not None and self.video_out is None:
                self.video_out = self._video_sender(media, source)
        else:
            if media.sends and self.audio_in is None:
                self.audio_in = self._audio_receiver(media)
            if source is not None and self.audio_out is None:
                self.audio_out = self._audio_sender(media, source)

    def _video_receiver(self, media: OfferedMedia) -> VideoReceiver:
        assert media.codec is not None
        receiver = VideoReceiver(
            self._transport,
            media.codec,
            media.rtx,
            ssrc=self._reporter_ssrc,
            config=self._config,
            clock=self._clock,
            on_picture=self._events.on_video,
            on_refused=self._events.on_refused,
            capture=self._capture,
        )
        self._transport.add_receiver(
            receiver, ssrcs=list(media.ssrcs), payload_types=_payload_types(media)
        )
        return receiver

    def _video_sender(self, media: OfferedMedia, source: LocalSource) -> VideoSender:
        assert media.codec is not None
        target = BitrateTarget(
            lowest=self._config.min_video_bitrate,
            start=self._config.start_video_bitrate,
            highest=self._config.max_video_bitrate,
        )
        estimate = self._delay_estimate(media)
        sender = VideoSender(
            self._stream(media, source, estimate),
            media.codec.name.upper(),
            target,
            estimate=estimate,
            sequence=secrets.randbits(15),
            timestamp_offset=secrets.randbits(31),
            clock=self._clock,
        )
        sender.sound_bitrate = self._sound_bitrate
        self._transport.add_sender(sender, source.ssrc)
        self._transport.read_feedback(sender.on_transport_feedback)
        return sender

    def _sound_bitrate(self, now: float) -> float:
        return self.audio_out.stream.rate.per_second(now) if self.audio_out else 0.0

    def _delay_estimate(self, media: OfferedMedia) -> DelayEstimate | None:
        """Ours, where the receiver says when each packet came; else it estimates (REMB)."""
        told = "transport-cc" in negotiated_feedback(media)
        if not told or twcc.URI not in negotiated_extensions(media):
            return None
        return DelayEstimate(
            lowest=self._config.min_video_bitrate,
            start=self._config.start_video_bitrate,
            highest=self._config.max_video_bitrate,
        )

    def _audio_receiver(self, media: OfferedMedia) -> AudioReceiver:
        receiver = AudioReceiver(self._clock, self._events.on_audio, self._capture)
        self._transport.add_receiver(
            receiver, ssrcs=list(media.ssrcs), payload_types=_payload_types(media)
        )
        return receiver

    def _audio_sender(self, media: OfferedMedia, source: LocalSource) -> AudioSender:
        numbers = RelayNumbers(secrets.randbits(15), secrets.randbits(31))
        sender = AudioSender(self._stream(media, source), numbers)
        self._transport.add_sender(sender, source.ssrc)
        return sender

    def _stream(
        self, media: OfferedMedia, source: LocalSource, estimate: DelayEstimate | None = None
    ) -> OutgoingStream:
        assert media.codec is not None and media.codec.payloadType is not None
        return OutgoingStream(
            self._transport,
            source,
            media.codec.payloadType,
            rtx_payload_type=media.rtx.payloadType if media.rtx else None,
            extensions=negotiated_extensions(media),
            clock_rate=CLOCK_RATES[media.kind],
            clock=self._clock,
            estimate=estimate,
        )


def _payload_types(media: OfferedMedia) -> list[int]:
    types = (c.payloadType for c in (media.codec, media.rtx) if c is not None)
    return [t for t in types if t is not None]


def _random_ssrc() -> int:
    return secrets.randbits(31) + 1

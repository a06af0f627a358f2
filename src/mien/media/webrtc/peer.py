"""One answered WebRTC peer connection: decoded pictures and audio in, pictures and audio out.

Built from aiortc's ICE, DTLS, SCTP and packet classes; receiving, sending and negotiation are our
own, because aiortc's hold frames back (see docs/decisions).
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiortc import RTCIceTransport

from mien.errors import MediaRejected
from mien.media.webrtc.answer import LocalTransport, build_answer
from mien.media.webrtc.audio import AudioDelay, AudioPacket
from mien.media.webrtc.broadcast import Broadcast
from mien.media.webrtc.config import IceServer, PeerConfig
from mien.media.webrtc.dtls import Certificate, MediaTransport
from mien.media.webrtc.ice import Gatherer
from mien.media.webrtc.listener import PeerListener
from mien.media.webrtc.messages import MessageChannel
from mien.media.webrtc.offer import Offer, parse_offer
from mien.media.webrtc.picture import VideoPicture
from mien.media.webrtc.silence import Silence
from mien.media.webrtc.statistics import PeerStatistics, collect
from mien.media.webrtc.tracks import TrackEvents, Tracks, draw_sources
from mien.media.webrtc.trickle import is_usable, parse_fragment
from mien.media.webrtc.videosender import VideoSender

__all__ = [
    "AudioDelay",
    "AudioPacket",
    "IceServer",
    "Peer",
    "PeerConfig",
    "PeerListener",
    "PeerStatistics",
    "VideoPicture",
]

TICK_S = 0.02
FEEDBACK_S = 0.05
REPORT_S = 1.0
LATE_S = 0.2


class Peer:
    """Answers one offer and carries media until it is closed.

    Everything runs on the event loop it was made on, except decoding and encoding, which have a
    thread each. States, told to the listener: connecting, connected, disconnected (nothing heard
    for `dead_after_s`, or the other side went; it may become connected again if the line
    recovers), closed.
    """

    def __init__(
        self,
        config: PeerConfig,
        listener: PeerListener,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = "new"
        self._config, self._listener, self._clock = config, listener, clock
        self._log = structlog.get_logger(__name__)
        self._gatherer = Gatherer(config, clock)
        self._silence = Silence(clock())
        self._ice = RTCIceTransport(self._gatherer)
        self._dtls: MediaTransport | None = None
        self._tracks: Tracks | None = None
        self._messages: MessageChannel | None = None
        self._offer: Offer | None = None
        self._cname = secrets.token_hex(8)
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._candidates = 0
        self._alone: Broadcast | None = None

    async def answer(self, offer_sdp: str) -> str:
        """The answer to an offer; connecting goes on in the background.

        Raises MediaRejected for an offer that can't be read or has nothing that we speak.
        """
        if self._offer is not None:
            raise MediaRejected("This connection was answered already", "make a new one.")
        offer = parse_offer(offer_sdp, self._config.max_sdp_bytes)
        self._offer = offer
        self._set_state("connecting")
        role = "server" if offer.dtls.role == "client" else "client"
        dtls = MediaTransport(self._ice, Certificate.generateCertificate(), role)
        self._dtls = dtls
        sources = draw_sources(offer)
        self._tracks = self._make_tracks(offer, dtls, sources)
        if any(m.sctp_port is not None for m in offer.media):
            self._messages = MessageChannel(dtls, self._listener.on_message)
        await self._gatherer.gather()
        if self._closing is not None:
            self._gatherer.connection.force_close()
            raise MediaRejected("The connection was closed while it was being answered.")
        local = LocalTransport(
            self._gatherer.getLocalParameters(),
            self._gatherer.getLocalCandidates(),
            dtls.getLocalParameters().fingerprints,
            role,
        )
        self._task = asyncio.create_task(self._run(offer, dtls))
        self._task.add_done_callback(self._on_run_done)
        return build_answer(offer, local, sources, self._cname, self._config)

    async def trickle(self, fragment: str) -> None:
        """Take in an application/trickle-ice-sdpfrag body.

        Raises MediaRejected when it can't be read, belongs to another generation (an ICE
        restart: make a new connection instead) or holds too many candidates.
        """
        parsed = parse_fragment(fragment, self._config.max_sdp_bytes)
        if self._offer is None:
            raise MediaRejected("Send the offer before its candidates.")
        if parsed.username not in (None, self._offer.ice.usernameFragment):
            raise MediaRejected("ICE can't be restarted", "make a new connection.")
        for candidate in parsed.candidates:
            await self._add_candidate(candidate)

    @property
    def video_out(self) -> VideoSender | None:
        """What a `Broadcast` sends pictures with; None when the other side takes none."""
        return self._tracks.video_out if self._tracks is not None else None

    def send_video(self, picture: VideoPicture) -> None:
        """Send a picture to this peer alone; a newer one overtakes it while it waits."""
        if self.video_out is None or self._closing is not None:
            return
        if self._alone is None:
            self._alone = Broadcast(self._clock, self._config.max_video_bitrate)
            self._alone.add(self.video_out)
        self._alone.put(picture)

    def send_audio(self, packet: AudioPacket) -> None:
        """Send an Opus packet; gaps in its numbers are kept."""
        if self._tracks is not None and self._tracks.audio_out is not None:
            self._tracks.audio_out.put(packet)

    @property
    def can_message(self) -> bool:
        """Whether the data channel is open."""
        return self._messages is not None and self._messages.is_open

    def send_message(self, message: Mapping[str, Any]) -> None:
        """Send a JSON object over the data channel; dropped while there is none open."""
        if self._messages is not None:
            self._messages.send(message)

    def request_key_frame(self) -> None:
        """Ask the other side for a key frame."""
        if self._tracks is not None and self._tracks.video_in is not None:
            self._tracks.video_in.request_key_frame()

    async def close(self) -> None:
        """End the connection, its tasks and threads; may be called again."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    def statistics(self) -> PeerStatistics:
        """Figures until now."""
        return collect(self.state, self._tracks, self._clock())

    def _make_tracks(self, offer: Offer, dtls: MediaTransport, sources: Any) -> Tracks:
        events = TrackEvents(
            self._listener.on_video, self._listener.on_audio, self._listener.on_refused
        )
        return Tracks(
            offer,
            dtls,
            sources,
            cname=self._cname,
            config=self._config,
            clock=self._clock,
            events=events,
        )

    async def _add_candidate(self, candidate: Any) -> None:
        self._candidates += 1
        if self._candidates > self._config.max_remote_candidates:
            raise MediaRejected("Too many ICE candidates.")
        if is_usable(candidate):
            await self._ice.addRemoteCandidate(candidate)

    async def _run(self, offer: Offer, dtls: MediaTransport) -> None:
        try:
            async with asyncio.timeout(self._config.connect_timeout_s):
                connected = await self._connect(offer, dtls)
        except TimeoutError:
            connected = False
        if not connected:
            self._set_state("disconnected")
            return
        assert self._tracks is not None
        self._tracks.start()
        self._set_state("connected")
        await self._keep_alive(dtls, self._tracks)

    async def _connect(self, offer: Offer, dtls: MediaTransport) -> bool:
        for candidate in offer.candidates[: self._config.max_remote_candidates]:
            await self._add_candidate(candidate)
        self._gatherer.connection.ice_controlling = offer.ice.iceLite
        await self._ice.start(offer.ice)
        if self._ice.state != "completed":
            return False
        await dtls.start(offer.dtls)
        if dtls.state != "connected":
            return False
        for media in offer.media:
            if media.sctp_port is not None and self._messages is not None:
                await self._messages.start(media.sctp_port, media.max_message_size)
        return True

    async def _keep_alive(self, dtls: MediaTransport, tracks: Tracks) -> None:
        feedback_at = report_at = beat_at = self._clock()
        while dtls.state == "connected":
            await asyncio.sleep(TICK_S)
            now = self._clock()
            await tracks.tick(now, self._gatherer.connection.round_trip_s)
            if now >= feedback_at:
                feedback_at = now + FEEDBACK_S
                await tracks.send_feedback()
            if now >= report_at:
                report_at = now + REPORT_S
                await tracks.send_reports(now)
            if now >= beat_at and self._messages is not None:
                beat_at = now + self._config.heartbeat_s
                self._messages.beat()
            self._set_state("disconnected" if self._is_silent(now) else "connected")
        self._set_state("disconnected")

    def _is_silent(self, now: float) -> bool:
        # A busy machine looks late, and is to know it within the time all the same.
        silent_s = self._silence.seconds(now, self._gatherer.connection.heard)
        return silent_s > self._config.dead_after_s - LATE_S

    def _set_state(self, state: str) -> None:
        if state != self.state and self.state != "closed":
            self.state = state
            self._listener.on_state(state)

    def _on_run_done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._log.error("peer_failed", error=type(error).__name__, exc_info=error)
            self._set_state("disconnected")

    async def _close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        try:
            async with asyncio.timeout(self._config.close_timeout_s):
                await self._say_goodbye()
        except TimeoutError:
            self._gatherer.connection.force_close()
        if self._tracks is not None:
            await self._tracks.close()
        if self._alone is not None:
            await self._alone.close()
        self._set_state("closed")

    async def _say_goodbye(self) -> None:
        if self._messages is not None:
            await self._messages.stop()
        if self._dtls is not None:
            await self._dtls.stop()
        await self._ice.stop()

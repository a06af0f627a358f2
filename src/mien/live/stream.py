"""One live session's media: who publishes, what is swapped, who is sent the result."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from mien.errors import MediaRejected, NotFound, TooFrequent
from mien.live.figures import StreamFigures, line_figures
from mien.live.pipeline import Pipeline, Rendered
from mien.live.placement import PeerKind
from mien.media.pacing import CameraTime
from mien.media.webrtc.peer import AudioDelay, AudioPacket, Peer, PeerConfig, VideoPicture
from mien.swap.engine import FrameEngine
from mien.swap.source import SourceFace
from mien.trust.marking import Marker
from mien.vision.face import BgrImage

TICK_S = 0.1
REPORT_S = 1.0
MOST_PEERS = 16
CLOSE_WITHIN_S = 0.9
# Bits a second that a line is taken to carry until it is measured.
USUAL_BITRATE = 1_000_000.0

TEXTS = {
    "waiting": "Waiting for the camera.",
    "preparing": "Preparing the face.",
    "swapping": "Live.",
    "no_face": "No face in the picture.",
    "camera_lost": "No pictures come from the camera. Is it covered by another program?",
    "closing": "The session ends.",
}
STATES = {"swapped": "swapping", "no_face": "no_face", "no_source": "preparing"}

log = structlog.get_logger()
Tell = Callable[[str, Mapping[str, Any]], object]


@dataclass(frozen=True)
class StreamOptions:
    """algorithm_uid: the number of the user that the swapped stream comes from. level: the
    engine's quality."""

    algorithm_uid: int
    level: int = 2
    camera_timeout_s: float = 10.0


@dataclass(eq=False)
class Member:
    """A peer on the stream; its listener. Who joined later has the higher number."""

    stream: "Stream"
    number: int
    kind: PeerKind
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    peer: Peer = field(init=False)
    greeted: bool = False
    told: set[str] = field(default_factory=set)

    def on_video(self, picture: VideoPicture) -> None:
        """Hand a camera's picture to the stream."""
        self.stream.picture_came(self, picture)

    def on_audio(self, packet: AudioPacket) -> None:
        """Hand a microphone's packet to the stream."""
        self.stream.sound_came(self, packet)

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Pages say nothing that the stream must know; the peer answers heartbeats itself."""

    def on_state(self, state: str) -> None:
        """Let go of a peer that is gone."""
        if state in ("disconnected", "closed"):
            self.stream.gone(self)

    def on_refused(self, error: MediaRejected) -> None:
        """Tell the one who sends what the policy doesn't allow."""
        self.peer.send_message({"type": "refused", "text": str(error)})
        log.warning("stream.media_refused", peer=self.id, error=str(error))


class Stream:
    """Pictures of the newest publisher, swapped, to everybody; sound delayed to match.

    Everything runs on the event loop it was made on, but for the pipeline's two threads. Every
    picture that leaves passes `marker`, whatever it shows. `tell` hears ("peers", {...}) when
    somebody came or went and ("statistics", {...}) every second.
    """

    def __init__(
        self,
        engine: FrameEngine,
        marker: Marker,
        options: StreamOptions,
        tell: Tell,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._marker, self._options = engine, marker, options
        self._tell, self._clock = tell, clock
        self._members: dict[str, Member] = {}
        self._numbers = 0
        self._publisher: Member | None = None
        self._camera = CameraTime()
        self._last_picture = clock()
        self._state = "waiting"
        self._figures = StreamFigures()
        self._delay = AudioDelay()
        self._sound_timer: asyncio.TimerHandle | None = None
        self._has_video = self._has_audio = False
        self._leaving: set[asyncio.Task[None]] = set()
        self._first_seconds: float | None = None
        self._bitrate: float = USUAL_BITRATE
        self._pipeline = Pipeline(engine, self._mark, self._send)
        self._ticking = asyncio.create_task(self._tick())

    async def join(self, kind: PeerKind, offer_sdp: str, config: PeerConfig) -> tuple[str, str]:
        """A new peer's id and the answer to its offer. Raises MediaRejected, TooFrequent."""
        if len(self._members) >= MOST_PEERS:
            raise TooFrequent(f"The session has {MOST_PEERS} peers already; let one leave first.")
        self._numbers += 1
        member = Member(self, self._numbers, kind)
        member.peer = Peer(config, member, clock=self._clock)
        self._members[member.id] = member
        try:
            answer = await member.peer.answer(offer_sdp)
        except BaseException:
            self.gone(member)
            raise
        self._tell_peers()
        return member.id, answer

    async def trickle(self, peer_id: str, fragment: str) -> None:
        """A peer's further candidates. Raises NotFound, MediaRejected."""
        await self._member(peer_id).peer.trickle(fragment)

    async def hang_up(self, peer_id: str) -> None:
        """End one peer. Raises NotFound."""
        member = self._member(peer_id)
        self.gone(member)
        await member.peer.close()

    async def change_source(self, path: Path) -> None:
        """Wear another prepared face from the next frame on. Raises SourceRejected."""
        await asyncio.to_thread(lambda: self._engine.set_source(SourceFace.load(path)))

    async def close(self) -> None:
        """Say goodbye to every peer and end the threads, in about a second at most."""
        self._set_state("closing")
        self._ticking.cancel()
        if self._sound_timer is not None:
            self._sound_timer.cancel()
        for member in tuple(self._members.values()):
            self.gone(member)
        endings = [*self._leaving, asyncio.create_task(self._pipeline.close())]
        await asyncio.wait(endings, timeout=CLOSE_WITHIN_S)

    def picture_came(self, member: Member, picture: VideoPicture) -> None:
        """Swap it next, if it is the publisher's."""
        if not self._publishes(member):
            return
        self._last_picture = self._clock()
        self._figures.came(self._last_picture)
        seconds = self._camera.of(picture.rtp_timestamp, picture.arrived)
        stamp = round(seconds * CameraTime.CLOCK_RATE) & 0xFFFFFFFF
        self._pipeline.put(VideoPicture(picture.image, stamp, picture.arrived), seconds)

    def sound_came(self, member: Member, packet: AudioPacket) -> None:
        """Send it when the picture of the same moment leaves."""
        if self._publishes(member):
            self._has_audio = True
            self._delay.push(packet)
            self._schedule_sound()

    def gone(self, member: Member) -> None:
        """Let go of a peer, and close it in the background."""
        if self._members.pop(member.id, None) is None:
            return
        if self._publisher is member:
            self._publisher = None
        task = asyncio.create_task(member.peer.close())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        self._tell_peers()

    def statistics(self) -> dict[str, Any]:
        """The stream's figures now; the line's are those of the publisher."""
        about = {
            "peers": len(self._members),
            "state": self._state,
            "level": self._options.level,
            "dropped": self._pipeline.dropped,
            "failed": self._pipeline.failed,
            **self._figures.report(self._clock()),
        }
        publisher = self._publisher
        return about | (line_figures(publisher.peer.statistics()) if publisher else {})

    def _member(self, peer_id: str) -> Member:
        if peer_id not in self._members:
            raise NotFound("There is no such peer; it may have left.")
        return self._members[peer_id]

    def _publishes(self, member: Member) -> bool:
        """Whether its media counts; the newest takes over from an older one, which is let go."""
        if member.kind == "whep" or member.id not in self._members:
            return False
        if self._publisher is not member:
            if self._publisher is not None:
                if self._publisher.number > member.number:
                    return False
                # So that it doesn't come back and take over in turn.
                self._publisher.peer.send_message({"type": "replaced"})
                self.gone(self._publisher)
            self._publisher = member
            self._camera.restart()
        return True

    def _mark(self, image: BgrImage, seconds: float) -> BgrImage:
        """Runs on the thread that renders."""
        if self._first_seconds is None:
            self._first_seconds = seconds
        return self._marker.apply(image, seconds - self._first_seconds, self._bitrate)

    def _send(self, rendered: Rendered) -> None:
        picture = rendered.picture
        image = VideoPicture(rendered.swapped.image, picture.rtp_timestamp, picture.arrived)
        receivers = [m for m in self._members.values() if m.kind != "whip"]
        for member in receivers:
            member.peer.send_video(image)
        encode_ms = max((m.peer.statistics().encode_ms for m in receivers), default=0.0)
        self._figures.left(rendered, encode_ms, self._clock())
        self._delay.delay_s = self._figures.sync.delay_s
        self._has_video = True
        self._set_state(STATES[rendered.swapped.state])

    def _schedule_sound(self) -> None:
        due = self._delay.next_due()
        if due is not None and self._sound_timer is None:
            wait = max(0.0, due - self._clock())
            self._sound_timer = asyncio.get_running_loop().call_later(wait, self._send_sound)

    def _send_sound(self) -> None:
        self._sound_timer = None
        for packet in self._delay.pop_due(self._clock()):
            for member in self._members.values():
                if member.kind != "whip":
                    member.peer.send_audio(packet)
        self._schedule_sound()

    async def _tick(self) -> None:
        report_at = self._clock()
        while True:
            await asyncio.sleep(TICK_S)
            now = self._clock()
            if now - self._last_picture > self._options.camera_timeout_s:
                self._set_state("camera_lost" if self._members else "waiting")
            for member in self._members.values():
                self._inform(member)
            if now >= report_at:
                report_at = now + REPORT_S
                self._report()

    def _inform(self, member: Member) -> None:
        """Tell a page what it has not heard yet, in the order it expects."""
        if not member.peer.can_message:
            return
        uid = self._options.algorithm_uid
        if not member.greeted:
            member.greeted = True
            member.peer.send_message({"type": "user-joined", "uid": uid})
            member.peer.send_message(self._state_message())
        for media, there in (("video", self._has_video), ("audio", self._has_audio)):
            if there and media not in member.told:
                member.told.add(media)
                member.peer.send_message({"type": "user-published", "uid": uid, "media": media})

    def _report(self) -> None:
        figures = self.statistics()
        self._tell("statistics", figures)
        # Everybody gets the same picture: its mark must survive the narrowest line.
        lines = [m.peer.statistics().bitrate_out for m in self._members.values()]
        self._bitrate = min((line for line in lines if line > 0), default=USUAL_BITRATE)
        for member in filter(lambda one: one.greeted, self._members.values()):
            line = line_figures(member.peer.statistics())
            member.peer.send_message({"type": "statistics", **figures, **line})

    def _set_state(self, state: str) -> None:
        if state == self._state:
            return
        self._state = state
        for member in self._members.values():
            # Who is not greeted yet hears it with the greeting, after who is there.
            if member.greeted:
                member.peer.send_message(self._state_message())

    def _state_message(self) -> dict[str, str]:
        return {"type": "state", "state": self._state, "text": TEXTS[self._state]}

    def _tell_peers(self) -> None:
        self._tell("peers", {"peers": len(self._members)})

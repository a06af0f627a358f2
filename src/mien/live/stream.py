"""One live session's media: who publishes, what is swapped, who is sent the result."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from mien.errors import NotFound
from mien.live.audience import USUAL_BITRATE, Audience
from mien.live.figures import StreamFigures, line_figures
from mien.live.governor import Governor
from mien.live.member import Member
from mien.live.pipeline import Pipeline, Rendered
from mien.live.placement import PeerKind
from mien.live.recorder import Recorder
from mien.live.sound import SoundRelay
from mien.media.pacing import CameraTime
from mien.media.transport import Transport
from mien.media.webrtc.peer import AudioPacket, Peer, PeerConfig, VideoPicture
from mien.swap.cast_file import read_cast
from mien.swap.engine import FrameEngine
from mien.trust.marking import Marker
from mien.vision.face import BgrImage
from mien.vision.image import encode_jpeg

TICK_S = 0.1
REPORT_S = 1.0
# The card of a stopped stream is sent again and again where the camera is silent for so long.
COVER_AFTER_S = 0.5
CLOSE_WITHIN_S = 0.9
# The side that the nudity net reads.
SKETCH_SIDE = 256
SNAPSHOT_QUALITY = 92
STATES = {"swapped": "swapping", "no_face": "no_face", "no_source": "preparing"}

Tell = Callable[[str, Mapping[str, Any]], object]


@dataclass(frozen=True)
class StreamOptions:
    """algorithm_uid: the number of the user that the swapped stream comes from. level: the
    engine's quality that was asked for; None to go by the picture's size."""

    algorithm_uid: int
    level: int | None = None
    camera_timeout_s: float = 10.0


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
        recorder: Recorder | None = None,
    ) -> None:
        self._engine, self._marker, self._options = engine, marker, options
        self._tell, self._clock = tell, clock
        self._recorder = recorder
        self._newest: VideoPicture | None = None
        self._audience = Audience(options.algorithm_uid, clock, marker.client_label)
        self._clients_label = False
        self._numbers = 0
        self._publisher: Member | None = None
        self._camera = CameraTime()
        self._last_picture = clock()
        self._unseen: BgrImage | None = None
        self._figures = StreamFigures()
        self._governor = Governor(options.level, engine.level)
        self._sound = SoundRelay(self._play, clock)
        self._transport: Transport | None = None
        self._halted = False
        self._last: tuple[VideoPicture, float] | None = None
        self._first_seconds: float | None = None
        self._bitrate: float = USUAL_BITRATE
        self._pipeline = Pipeline(engine, self._mark, self._send)
        self._ticking = asyncio.create_task(self._tick())

    async def join(self, kind: PeerKind, offer_sdp: str, config: PeerConfig) -> tuple[str, str]:
        """A new peer's id and the answer to its offer. Raises MediaRejected, TooFrequent."""
        self._audience.require_room()
        self._numbers += 1
        member = Member(self, self._numbers, kind)
        member.peer = Peer(config, member, clock=self._clock)
        self._audience.add(member)
        self.label_told(member)
        try:
            answer = await member.peer.answer(offer_sdp)
        except BaseException:
            self.gone(member)
            raise
        self._audience.begin(member)
        self._tell_peers()
        return member.id, answer

    def go_over(self, transport: Transport) -> None:
        """Take camera and sound from another network's channel, and send the result there."""
        self._transport = transport
        self._figures.sync.lead_s = 0.0  # nobody there plays sound and picture by our reports

    def on_video(self, picture: VideoPicture) -> None:
        """See TransportListener."""
        self._take(picture)

    def on_audio(self, packet: AudioPacket) -> None:
        """See TransportListener."""
        self._sound.put(packet)

    def on_users(self) -> None:
        """See TransportListener."""
        self._camera.restart()
        self._tell_peers()

    async def trickle(self, peer_id: str, fragment: str) -> None:
        """A peer's further candidates. Raises NotFound, MediaRejected."""
        await self._audience.find(peer_id).peer.trickle(fragment)

    async def hang_up(self, peer_id: str) -> None:
        """End one peer. Raises NotFound."""
        member = self._audience.find(peer_id)
        self.gone(member)
        await member.peer.close()

    async def change_source(self, source: bytes) -> None:
        """Wear another prepared face, or cast, from the next frame on. Raises SourceRejected."""
        await asyncio.to_thread(lambda: self._engine.set_cast(read_cast(source)))

    def halt(self, halted: bool) -> None:
        """Show a card instead of every picture, without sound, until told otherwise."""
        self._halted = halted
        self._audience.set_state("halted" if halted else "waiting")
        if halted:
            self._newest = None
            self._show_again()

    def hand_on(self, statement: str) -> None:
        """Tell everybody what the server has signed; who comes later hears it too."""
        self._audience.set_statement(statement)

    async def look(self) -> bytes:
        """A small JPEG of the newest picture that came; empty where none came since the last."""
        image, self._unseen = self._unseen, None
        return b"" if image is None else await asyncio.to_thread(_sketch, image)

    async def close(self) -> None:
        """Say goodbye to every peer and end the threads, in about a second at most."""
        self._audience.set_state("closing")
        self._ticking.cancel()
        self._sound.close()
        for member in self._audience:
            self.gone(member)
        closing = [self._pipeline.close(), self._audience.close()]
        if self._transport is not None:
            closing.append(self._transport.close())
        if self._recorder is not None:
            closing.append(asyncio.to_thread(self._recorder.close))
        endings = [*self._audience.leaving(), *map(asyncio.create_task, closing)]
        await asyncio.wait(endings, timeout=CLOSE_WITHIN_S)

    def picture_came(self, member: Member, picture: VideoPicture) -> None:
        """Swap it next, if it is the publisher's."""
        if self._publishes(member):
            self._take(picture)

    def _take(self, picture: VideoPicture) -> None:
        self._last_picture = self._clock()
        self._unseen = picture.image
        self._figures.came(self._last_picture)
        seconds = self._camera.of(picture.rtp_timestamp, picture.arrived)
        stamp = round(seconds * CameraTime.CLOCK_RATE) & 0xFFFFFFFF
        self._last = (replace(picture, rtp_timestamp=stamp), seconds)
        self._pipeline.put(*self._last)

    def sound_came(self, member: Member, packet: AudioPacket) -> None:
        """Send it when the picture of the same moment leaves."""
        if self._publishes(member):
            self._audience.expect_sound()
            self._sound.put(packet)
            if self._recorder and not self._halted:
                self._recorder.put_sound(packet)

    def gone(self, member: Member) -> None:
        """Let go of a peer, and close it in the background."""
        if not self._audience.let_go(member):
            return
        if self._publisher is member:
            self._publisher = None
        self.label_told(member)
        self._tell_peers()

    def label_told(self, member: Member) -> None:
        """Leave the label out of the picture only while nobody can see it without.

        A recording, and what goes over another network, has no page of ours to draw it.
        """
        elsewhere = self._recorder is not None or self._transport is not None
        self._clients_label = self._audience.draws_label and not elsewhere

    async def snapshot(self) -> bytes:
        """The newest picture that was sent, as JPEG. Raises NotFound before the first."""
        if self._newest is None:
            raise NotFound("No picture has been sent yet", "ask again when the camera is on.")
        labelled = self._marker.with_badge(self._newest.image)
        return await asyncio.to_thread(encode_jpeg, labelled, SNAPSHOT_QUALITY)

    def statistics(self) -> dict[str, Any]:
        """The stream's figures now; the line's are those of the publisher."""
        about = {
            "peers": self._present(),
            "state": self._audience.state,
            "level": self._governor.level,
            "level_wanted": self._governor.wanted,
            "level_why": self._governor.why,
            "dropped": self._pipeline.dropped,
            "failed": self._pipeline.failed,
            **self._figures.report(self._clock()),
            **(self._recorder.figures() if self._recorder else {}),
        }
        publisher = self._publisher
        return about | (line_figures(publisher.peer.statistics()) if publisher else {})

    def _publishes(self, member: Member) -> bool:
        """Whether its media counts; the newest takes over from an older one, which is let go."""
        if not member.may_publish or member not in self._audience:
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
        if self._halted:
            image = self._marker.stop_card(image.shape)
        since_s, by_clients = seconds - self._first_seconds, self._clients_label
        return self._marker.apply(image, since_s, self._bitrate, drawn_by_clients=by_clients)

    def _send(self, rendered: Rendered) -> None:
        image = replace(rendered.picture, image=rendered.swapped.image)
        self._newest = image
        if self._recorder:
            self._recorder.put(image)
        encode_ms = self._audience.show(image)
        if self._transport is not None:
            self._transport.send_video(image)
        self._figures.left(rendered, encode_ms, self._clock())
        height, width = rendered.swapped.image.shape[:2]
        self._governor.frame(rendered.busy_ms, width, height)
        self._sound.set_delay(self._figures.sync.delay_s)
        self._audience.set_state("halted" if self._halted else STATES[rendered.swapped.state])

    def _show_again(self) -> None:
        """The newest picture, now: the card must not wait for the camera."""
        if self._last is None:
            return
        picture, seconds = self._last
        passed = max(0.0, self._clock() - self._last_picture)
        stamp = (picture.rtp_timestamp + round(passed * CameraTime.CLOCK_RATE)) & 0xFFFFFFFF
        again = VideoPicture(picture.image, stamp, self._clock())
        self._pipeline.put(again, seconds + passed)

    async def _tick(self) -> None:
        report_at = self._clock()
        while True:
            await asyncio.sleep(TICK_S)
            now = self._clock()
            silent = now - self._last_picture > self._options.camera_timeout_s
            if silent and not self._halted:
                self._audience.set_state("camera_lost" if self._present() else "waiting")
            if self._halted and now - self._last_picture > COVER_AFTER_S:
                self._show_again()
            self._audience.inform()
            if now >= report_at:
                report_at = now + REPORT_S
                self._report()
                level = self._governor.look(self._figures.rate_in(now))
                await asyncio.to_thread(self._engine.set_level, level)

    def _report(self) -> None:
        figures = self.statistics()
        self._tell("statistics", figures)
        # Its mark must survive the narrowest line.
        self._bitrate = self._audience.narrowest_line()
        self._audience.report(figures)

    def _tell_peers(self) -> None:
        self._tell("peers", {"peers": self._present()})

    def _present(self) -> int:
        return len(self._audience) + (self._transport.users if self._transport else 0)

    def _play(self, packet: AudioPacket) -> None:
        if self._halted:
            return
        self._audience.play(packet)
        if self._transport is not None:
            self._transport.send_audio(packet)


def _sketch(image: BgrImage) -> bytes:
    """Small enough to send about, large enough to judge what it shows."""
    small = cv2.resize(image, (SKETCH_SIDE, SKETCH_SIDE), interpolation=cv2.INTER_AREA)
    return encode_jpeg(np.asarray(small, np.uint8))

"""The same pictures to many peers, from as few encodes as will do (see docs/decisions)."""

from collections.abc import Callable

from mien.media.webrtc.encoder import make_encoder
from mien.media.webrtc.ladder import slow_ones
from mien.media.webrtc.picture import VideoPicture
from mien.media.webrtc.rendition import Rendition
from mien.media.webrtc.tasks import start_logged
from mien.media.webrtc.videosender import VideoSender

REGROUP_S = 2.0
Rung = tuple[str, bool]  # codec, and whether it is for slow lines


class Broadcast:
    """Gives each picture to the renditions that somebody watches; for the event loop alone.

    Peers with the same codec share an encode, unless a line is much slower than the others'.
    """

    def __init__(self, clock: Callable[[], float], highest_bitrate: int = 5_000_000) -> None:
        self._clock, self._highest = clock, highest_bitrate
        self._senders: set[VideoSender] = set()
        self._slow: frozenset[VideoSender] = frozenset()
        self._renditions: dict[Rung, Rendition] = {}
        self._regroup_at = float("-inf")
        self._closing: set[Rendition] = set()

    @property
    def renditions(self) -> list[Rendition]:
        """The encodes that are made now."""
        return list(self._renditions.values())

    def add(self, sender: VideoSender) -> None:
        """Send to this peer too, from its next key frame on."""
        self._senders.add(sender)
        self._regroup_at = float("-inf")

    def remove(self, sender: VideoSender) -> None:
        """Send no more to this peer."""
        self._senders.discard(sender)
        for rendition in self._renditions.values():
            rendition.senders.discard(sender)
        self._regroup_at = float("-inf")

    def put(self, picture: VideoPicture) -> None:
        """Send a picture; a newer one overtakes it while it waits."""
        now = self._clock()
        if now >= self._regroup_at or any(s.started and s.rung is None for s in self._senders):
            self._regroup_at = now + REGROUP_S
            self._regroup()
        for rendition in self._renditions.values():
            rendition.put(picture)

    async def close(self) -> None:
        """End every encode."""
        self._senders.clear()
        for rendition in [*self._renditions.values(), *self._closing]:
            await rendition.close()
        self._renditions.clear()

    def _regroup(self) -> None:
        started = [s for s in self._senders if s.started]
        for codec in {s.codec for s in started}:
            rates = {s: float(s.bits_per_second) for s in started if s.codec == codec}
            slow = slow_ones(rates, self._slow & rates.keys())
            self._slow = (self._slow - rates.keys()) | slow
            for sender in rates:
                self._move(sender, (codec, sender in slow))
        for rung in [r for r, rendition in self._renditions.items() if not rendition.senders]:
            self._end(self._renditions.pop(rung))

    def _move(self, sender: VideoSender, rung: Rung) -> None:
        if sender.rung == rung and rung in self._renditions:
            return
        for rendition in self._renditions.values():
            rendition.senders.discard(sender)
        if rung not in self._renditions:
            encoder = make_encoder(rung[0], highest=self._highest)
            self._renditions[rung] = Rendition(encoder, self._clock)
        self._renditions[rung].senders.add(sender)
        sender.join(rung)

    def _end(self, rendition: Rendition) -> None:
        self._closing.add(rendition)
        task = start_logged(rendition.close(), "end-rendition")
        task.add_done_callback(lambda _: self._closing.discard(rendition))

"""Stand-ins for other processes: a placement and an imaging that live in memory.

They keep the seams' contracts, so that the service and the API are tested without processes;
test_app_real.py runs the same calls over the real ones.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from mien.errors import (
    ImageRejected,
    MediaRejected,
    NoCapacity,
    NoFaceFound,
    NotFound,
    SourceRejected,
)
from mien.live.imaging import FaceReading, Identity, PictureReading, PreparedSource
from mien.live.placement import Capacity, EndReason, Offer, PeerAnswer, SessionBrief

FACE = FaceReading(
    ((10, 10), (30, 10), (20, 20), (20, 28), (14, 30), (26, 30)), (5, 2, 30, 36), 0.9
)
SMALL_FACE = FaceReading(
    ((60, 60), (64, 60), (62, 62), (62, 65), (61, 66), (63, 66)), (58, 57, 8, 12), 0.8
)
JPEG = b"\xff\xd8\xff\xe0 picture"
GIF = b"GIF89a picture"
TWO_FACES = JPEG + b" two faces"
NO_FACE = JPEG + b" no face"
STRANGER = JPEG + b" another person"
BROKEN = JPEG + b" broken"
EILEEN = JPEG + b" Eileen Collins"
GRACE = JPEG + b" Grace Hopper"
NUDE = JPEG + b" somebody undressed"
# Embedding, and how likely it shows nudity.
LOOKS: dict[bytes, tuple[tuple[float, ...], float]] = {
    EILEEN: ((1.0,) + (0.0,) * 127, 0.03),
    GRACE: ((0.0, 1.0) + (0.0,) * 126, 0.01),
    NUDE: ((0.0, 0.0, 1.0) + (0.0,) * 125, 0.93),
}


class FakeStation:
    """One session's process, in memory."""

    def __init__(self, brief: SessionBrief, source: bytes) -> None:
        self.brief = brief
        self.ended: asyncio.Future[EndReason] = asyncio.get_running_loop().create_future()
        self.gone: asyncio.Future[Any] = self.ended
        self.statistics: Mapping[str, Any] = {"fps": 20.0}
        self.offers: list[Offer] = []
        self.fragments: list[str] = []
        self.peers: set[str] = set()
        self.sources = [source]
        self.dead = False
        self.camera = b""
        self.picture = JPEG
        self.refuses = False
        self.halted = False
        self.statement = brief.statement

    async def join(self, offer: Offer) -> PeerAnswer:
        if self.dead:
            raise NoCapacity("The session's process is gone.")
        if not offer.sdp.startswith("v=0"):
            raise MediaRejected("The session description is damaged.")
        self.offers.append(offer)
        peer = f"peer{len(self.offers)}"
        self.peers.add(peer)
        return PeerAnswer(peer, f"v=0\r\ns=answer to {offer.kind}\r\n")

    async def trickle(self, peer_id: str, fragment: str) -> None:
        self._require(peer_id)
        if "a=" not in fragment:
            raise MediaRejected("The fragment has no candidates.")
        self.fragments.append(fragment)

    async def hang_up(self, peer_id: str) -> None:
        self._require(peer_id)
        self.peers.discard(peer_id)

    async def change_source(self, source: bytes) -> None:
        if self.refuses:
            raise SourceRejected("The prepared face can't be read; prepare it again.")
        self.sources.append(source)

    async def halt(self, halted: bool) -> None:
        self.halted = halted

    async def hand_on(self, statement: str) -> None:
        if self.dead:
            raise NoCapacity("The session's process is gone.")
        self.statement = statement

    async def look(self) -> bytes:
        if self.dead:
            raise NoCapacity("The session's process is gone.")
        return self.camera

    async def snapshot(self) -> bytes:
        return self.picture

    async def close(self) -> None:
        self.end(EndReason.CLOSED)

    def end(self, reason: EndReason) -> None:
        if not self.ended.done():
            self.ended.set_result(reason)

    def _require(self, peer_id: str) -> None:
        if peer_id not in self.peers:
            raise NotFound("There is no such peer.")


class FakePlacement:
    """Room for `limit` stations."""

    def __init__(self, limit: int = 2) -> None:
        self.limit = limit
        self.stations: list[FakeStation] = []
        self.started = self.stopped = self.refuses = self.vanishes = False

    async def start(self) -> None:
        self.started = True

    async def stop(self, within_s: float) -> None:
        self.stopped = True
        for station in self.stations:
            station.end(EndReason.DRAINED)

    async def place(self, brief: SessionBrief, source: bytes) -> FakeStation:
        await asyncio.sleep(0)
        if self.vanishes or self.capacity().free == 0:
            raise NoCapacity("No process has room for one more session.")
        if self.refuses:
            raise SourceRejected("The prepared face can't be read; prepare it again.")
        station = FakeStation(brief, source)
        self.stations.append(station)
        return station

    def capacity(self) -> Capacity:
        live = sum(not station.ended.done() for station in self.stations)
        return Capacity(live, self.limit)


class FakeImaging:
    """Reads pictures by what their bytes say."""

    def __init__(self) -> None:
        self.near: list[tuple[tuple[int, int], ...]] = []
        self.prepared: list[bytes] = []
        self.merged: list[list[bytes]] = []
        self.asked_frames: list[int] = []
        self.said: dict[bytes, tuple[bytes, ...]] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def read_faces(
        self, data: bytes, *, largest_only: bool, frames: int = 1, crops: bool = False
    ) -> tuple[PictureReading, ...]:
        self.asked_frames.append(frames)
        found = self._faces(data)
        faces = found[:1] if largest_only else found
        moving = data.startswith(b"GIF")
        return tuple(
            PictureReading(
                faces,
                100,
                80,
                index / 10 if moving else None,
                tuple(JPEG for _ in faces) if crops else (),
                tuple(face.region for face in faces) if crops else (),
            )
            for index in range(frames)
        )

    async def prepare_source(
        self, data: bytes, near: tuple[tuple[int, int], ...] = ()
    ) -> PreparedSource:
        face = self._faces(data)[0]
        self.near.append(near)
        self.prepared.append(data)
        notes = ("A larger picture would be sharper.",)
        identity, nudity = LOOKS.get(data, ((), None))
        said = self.said.get(data, ())
        return PreparedSource(data, face, JPEG, notes, identity, nudity, said)

    async def recognise(self, data: bytes, near: tuple[tuple[int, int], ...] = ()) -> Identity:
        self._faces(data)
        self.near.append(near)
        return LOOKS.get(data, ((0.0,) * 128, None))[0]

    async def merge_sources(self, parts: Sequence[bytes]) -> bytes:
        if STRANGER in parts:
            raise SourceRejected("Photo 2 shows another person than the first.")
        self.merged.append(list(parts))
        return b"".join(parts)

    async def nudity(self, data: bytes) -> float:
        if data == BROKEN:
            raise ImageRejected("The file is not a picture that can be read.")
        return LOOKS.get(data, ((), 0.0))[1]

    def _faces(self, data: bytes) -> tuple[FaceReading, ...]:
        if data == NO_FACE:
            raise NoFaceFound("There is no face in the picture.")
        if not data.startswith((b"\xff\xd8\xff", b"GIF8", b"\x89PNG")) or data == BROKEN:
            raise ImageRejected("The file is not a picture that can be read.")
        return (FACE, SMALL_FACE) if data == TWO_FACES else (FACE,)

"""Which process carries which session: placed, queued for room, revived, ended."""

import asyncio
from collections import Counter
from weakref import WeakValueDictionary

import structlog

from mien.errors import MienError, NoCapacity, NotFound
from mien.live.admission import Admission
from mien.live.ids import Clock
from mien.live.journal import Journal
from mien.live.marks import Marks
from mien.live.media_access import MediaAccess
from mien.live.meter import Meter
from mien.live.notary import Notary
from mien.live.placement import Offer, PeerAnswer, Placement, SessionBrief, Station
from mien.live.recordings import RecordingLibrary
from mien.live.roster import Roster
from mien.live.session import Reason, Session
from mien.live.sources import SourceLibrary
from mien.live.store import Store
from mien.live.waiting import WaitingList
from mien.settings import Settings
from mien.trust.marking import Marking
from mien.trust.policy import Policy
from mien.trust.registry import mark_name
from mien.trust.sealed_file import SealedPath

log = structlog.get_logger(__name__)

NO_SESSION = "There is no session of that _id."


class Stations:
    """Gives sessions their stations, one change of a session at a time."""

    def __init__(
        self,
        store: Store,
        placement: Placement,
        sources: SourceLibrary,
        recordings: RecordingLibrary,
        marks: Marks,
        notary: Notary,
        access: MediaAccess,
        admission: Admission,
        journal: Journal,
        settings: Settings,
        policy: Policy,
        *,
        monotonic: Clock,
        join_wait_s: float,
        most_revivals: int,
    ) -> None:
        self._store = store
        self._sources = sources
        self._recordings = recordings
        self._marks = marks
        self._notary = notary
        self._access = access
        self._admission = admission
        self._journal = journal
        self._policy = policy
        self._when_full = settings.when_full
        self._shape = settings.swap.shape
        self._join_wait_s = join_wait_s
        self._most_revivals = most_revivals
        grace_s = settings.join_grace_s
        self.roster = Roster(placement, self._station_ended, grace_s=grace_s, clock=monotonic)
        self.meter = Meter(store, monotonic)
        self._waiting = WaitingList(placement, self._place_waiting)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._revived: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to place who waits."""
        self._waiting.start()

    async def stop(self) -> None:
        """End every station."""
        await self._waiting.stop()
        for session_id in await self.roster.stop():
            await self.meter.end(session_id)

    def find(self, session_id: str) -> Station | None:
        """The session's station while it runs."""
        return self.roster.station(session_id)

    def lock(self, session_id: str) -> asyncio.Lock:
        """Held while a session changes."""
        return self._locks.setdefault(session_id, asyncio.Lock())

    async def session(self, session_id: str) -> Session:
        """The session as it is kept. Raises NotFound."""
        session = await self._store.session(session_id)
        if session is None:
            raise NotFound(NO_SESSION)
        return session

    async def place_or_queue(self, session: Session) -> Session:
        """Place a new session; where there is no room, let it wait or raise NoCapacity."""
        try:
            await self._place(session)
            return session.placed()
        except NoCapacity:
            if self._when_full == "refuse" or self._admission.draining:
                raise
            self._waiting.add(session.id)
            return session

    async def answer(self, session_id: str, offer: Offer) -> PeerAnswer:
        """Answer a peer, on a fresh station where there is none.

        Raises NotFound, NoCapacity, MediaRejected.
        """
        station = await self._station_for(session_id)
        try:
            return await station.join(offer)
        except NoCapacity:
            # The process died just now and nobody has noticed: once more, on a fresh one.
            await self.roster.close(session_id)
            return await (await self._station_for(session_id)).join(offer)

    async def change_source(self, session: Session, source_id: str) -> None:
        """Let a running session wear another source; hold its lock."""
        if station := self.find(session.id):
            face = await self._face(session, source_id)
            await self._attribute(station.brief.marking.mark_id, session, source_id)
            await station.change_source(face)
            await self._tell_recording(station.brief.marking.mark_id, session, source_id)

    async def end(self, session_id: str, reason: Reason) -> Session:
        """End a session wherever it is. Raises NotFound."""
        self._waiting.remove(session_id)
        async with self.lock(session_id):
            session = (await self.session(session_id)).ended(reason)
            await self._store.save_session(session)
            await self.roster.close(session_id)
            await self.meter.end(session_id)
            self._revived.pop(session_id, None)
        return session

    async def _station_for(self, session_id: str) -> Station:
        await self._waiting.wait(session_id, self._join_wait_s)
        async with self.lock(session_id):
            if station := self.find(session_id):
                return station
            return await self._place(await self.session(session_id))

    async def _place_waiting(self, session_id: str) -> None:
        async with self.lock(session_id):
            session = await self._store.session(session_id)
            if session is not None and not session.closed:
                await self._place(session)

    async def _place(self, session: Session) -> Station:
        if self._admission.draining:
            raise NoCapacity("The server is stopping.")
        live = session.placed()
        face = await self._face(session, session.source_id)
        marking, _ = await self._marks.issue(session.id, "live")
        await self._attribute(marking.mark_id, session, session.source_id)
        recording = self._recordings.new(session.tenant_id, session.id, marking.mark_id)
        record_to = self._recordings.place(recording.id) if session.record else None
        station = await self.roster.open(self._brief(session, marking, record_to), face)
        await self._tell_recording(marking.mark_id, session, session.source_id)
        if session.record:
            await self._recordings.keep(recording, station.gone)
        self.meter.begin(session.id, session.tenant_id)
        mark = mark_name(marking.mark_id)
        await self._journal.write("session.placed", session=session.id, mark=mark)
        await self._store.save_session(live)
        return station

    def _brief(
        self, session: Session, marking: Marking, record_to: SealedPath | None
    ) -> SessionBrief:
        return SessionBrief(
            session_id=session.id,
            channel_id=session.channel_id,
            quality=session.quality,
            shape=self._shape if session.shape is None else session.shape,
            front_uid=session.front_uid,
            algorithm_uid=session.algorithm_uid,
            marking=marking,
            lost_face=self._policy.of(session.tenant_id).lost_face,
            tenant_id=session.tenant_id,
            agora=self._access.agora_seat(session),
            record_to=record_to,
            statement=self._notary.sign(session.id, marking.mark_id),
        )

    async def _station_ended(self, session_id: str, reason: Reason) -> None:
        async with self.lock(session_id):
            session = await self._store.session(session_id)
            # A client may have joined again meanwhile: then it is live on another station.
            if session is not None and self.find(session_id) is None:
                await self.meter.end(session_id)
                if reason is Reason.WORKER_LOST and await self._revive(session):
                    return
                about = {"session": session_id, "reason": reason.value}
                await self._journal.write("session.ended", **about)
                await self._store.save_session(session.ended(reason))

    async def _revive(self, session: Session) -> bool:
        """Whether a session goes on at once: over another network no client's join asks for it."""
        if session.stream_type == "webrtc" or self._revived[session.id] >= self._most_revivals:
            return False
        self._revived[session.id] += 1
        try:
            await self._place(session)
        except MienError as error:
            log.warning("session not revived", session=session.id, error=str(error))
            return False
        return True

    async def _attribute(self, mark_id: int, session: Session, source_id: str) -> None:
        """Before a frame with the faces can leave; each is bound to its record by now."""
        for face in await self._store.faces(source_id):
            await self._marks.used(mark_id, session, face.likeness_id)

    async def _tell_recording(self, mark_id: int, session: Session, source_id: str) -> None:
        """What the faces' pictures say by C2PA goes into the recording's manifest."""
        if session.record:
            await self._recordings.worn(mark_id, await self._store.faces(source_id))

    async def _face(self, session: Session, source_id: str) -> bytes:
        """The prepared face, if it may still be worn and recorded so."""
        if session.record:
            self._recordings.require_allowed(session.tenant_id)
        return await self._sources.wearable(session.tenant_id, source_id, recorded=session.record)

"""The life of sessions: may he, is there room, which face, which process."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import structlog

from mien.errors import Forbidden, MienError, NoCapacity, NotFound
from mien.live.admission import Admission
from mien.live.agora_seat import StreamType, require_agora
from mien.live.ice import IceServers
from mien.live.ids import Clock, Ids
from mien.live.installation import Installation
from mien.live.journal import Journal
from mien.live.kill_switch import KillSwitch
from mien.live.kill_watch import KillWatch
from mien.live.likenesses import Likenesses
from mien.live.marks import Marks
from mien.live.media_access import MediaAccess
from mien.live.meter import Meter
from mien.live.placement import Offer, PeerAnswer, PeerKind, Placement, SessionBrief, Station
from mien.live.rates import Rates
from mien.live.recordings import RecordingLibrary
from mien.live.records import Tenant
from mien.live.roster import Roster
from mien.live.session import Reason, Session, State
from mien.live.sources import SourceLibrary, SourceRequest
from mien.live.store import Store
from mien.live.tokens import MediaToken
from mien.live.waiting import WaitingList
from mien.live.warden import Warden
from mien.settings import Settings
from mien.trust.registry import mark_name

log = structlog.get_logger(__name__)

# The ids of the documentation's example; each session has a channel of its own.
FRONT_UID = 1
ALGORITHM_UID = 3
# The level goes by the picture's size.
DEFAULT_QUALITY = 0
# A join at status 1 waits so long for room: less than proxies' usual 30 s.
JOIN_WAIT_S = 15.0
# A worker that dies again and again is not given a session for ever.
MOST_REVIVALS = 3
NO_SESSION = "There is no session of that _id."
SWEEP_EVERY_S = 600.0


@dataclass(frozen=True)
class SessionView:
    """A session as its owner sees it, with the token and servers to join, and live figures."""

    session: Session
    media_token: str
    app_id: str
    ice_servers: IceServers
    statistics: Mapping[str, Any]


class SessionService:
    """Everything that a caller can do with a session."""

    def __init__(
        self,
        store: Store,
        placement: Placement,
        sources: SourceLibrary,
        recordings: RecordingLibrary,
        rates: Rates,
        settings: Settings,
        installation: Installation,
        marks: Marks,
        likenesses: Likenesses,
        journal: Journal,
        *,
        ids: Ids,
        clock: Clock,
        monotonic: Clock,
        join_wait_s: float = JOIN_WAIT_S,
    ) -> None:
        self._store = store
        self._placement = placement
        self._sources = sources
        self._recordings = recordings
        self._rates = rates
        self._admission = Admission(store, placement, rates, settings)
        self._settings = settings
        self._access = MediaAccess(settings, installation, clock)
        self._marks = marks
        self._likenesses = likenesses
        self._journal = journal
        self._ids = ids
        self._clock = clock
        self._join_wait_s = join_wait_s
        self._roster = Roster(
            placement, self._station_ended, grace_s=settings.join_grace_s, clock=monotonic
        )
        self.kills = KillSwitch(store, journal, clock)
        self._kill_watch = KillWatch(store, self.kills, self._roster)
        self._meter = Meter(store, monotonic)
        self._warden = Warden(store, likenesses, self._roster, self._meter, self.end, monotonic)
        self._waiting = WaitingList(placement, self._place_waiting)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._revived: Counter[str] = Counter()
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def draining(self) -> bool:
        """Whether no session is taken any more."""
        return self._admission.draining

    async def start(self) -> None:
        """Say honestly what an earlier run left behind, then begin."""
        interrupted = await self._store.interrupt_open_sessions()
        recovered = await self._recordings.recover()
        log.info("sessions ready", interrupted=interrupted, recovered_recordings=recovered)
        self._waiting.start()
        self._warden.start()
        self._kill_watch.start()
        self._sweeping = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Take no more; every open session has failed with `server restarted`."""
        self._admission.draining = True
        await self._warden.stop()
        await self._kill_watch.stop()
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
        await self._waiting.stop()
        for session_id in await self._roster.stop():
            await self._meter.end(session_id)
        await self._store.interrupt_open_sessions()

    async def create(
        self,
        tenant: Tenant,
        photos: Sequence[SourceRequest],
        quality: int,
        stream_type: StreamType = "webrtc",
        record: bool = False,
    ) -> SessionView:
        """A new session, live or queued; photos: of one person, at least one.

        Raises what Admission.enter and SourceLibrary.obtain raise, NoCapacity, TenantBlocked,
        ParameterError for a stream type that is not set up, and Forbidden for a recording that is
        not allowed.
        """
        if stream_type == "agora":
            require_agora(self._settings.agora)
        if record:
            self._recordings.require_allowed()
        await self._kill_watch.refuse(tenant.id)
        async with self._admission.enter(tenant):
            kept = await self._sources.obtain(tenant.id, photos)
            session = self._new_session(tenant, kept.id, quality)
            session = replace(session, stream_type=stream_type, record=record)
            await self._kill_watch.refuse_session(session)
            await self._store.save_session(session)
        about = {"session": session.id, "tenant": tenant.id, "source": kept.id}
        await self._journal.write("session.created", **about)
        try:
            return await self._view(await self._place_or_queue(session))
        except MienError:
            await self._journal.write("session.refused", session=session.id)
            await self._store.delete_session(session.id)
            await self._sources.discard(kept.id)
            raise

    async def update(
        self, tenant: Tenant, session_id: str, photos: Sequence[SourceRequest]
    ) -> None:
        """Another face; a bad one leaves the old one running. Raises as create does."""
        session = await self._own(tenant, session_id)
        session.require_open()
        self._rates.count_create(tenant)
        kept = await self._sources.obtain(tenant.id, photos)
        try:
            unused = await self._change_source(tenant, session_id, kept.id)
        except MienError:
            await self._sources.discard(kept.id)
            raise
        await self._sources.discard(unused)

    async def close(self, tenant: Tenant, session_id: str) -> None:
        """End a session for good; idempotent. Raises NotFound."""
        await self._own(tenant, session_id)
        session = await self._end(session_id, Reason.CLOSED)
        await self._journal.write("session.closed", session=session_id, tenant=tenant.id)
        await self._sources.discard(session.source_id)

    async def end(self, session_id: str, reason: Reason) -> None:
        """End a session over its owner's head. Raises NotFound."""
        await self._end(session_id, reason)
        await self._journal.write("session.ended", session=session_id, reason=reason.value)

    def running(self) -> list[Station]:
        """The processes that carry sessions now."""
        return self._roster.running()

    async def info(self, tenant: Tenant, session_id: str) -> SessionView:
        """A session as it is now. Raises NotFound."""
        return await self._view(await self._own(tenant, session_id))

    async def snapshot(self, tenant: Tenant, session_id: str) -> tuple[bytes, int]:
        """The newest picture as JPEG, and its mark. Raises NotFound."""
        session = await self._own(tenant, session_id)
        station = self._roster.station(session.id)
        if station is None:
            raise NotFound("The session is not live. Join it first.")
        return await station.snapshot(), station.brief.marking.mark_id

    def admit(self, media_token: str, channel_id: str) -> MediaToken:
        """The grant of a media token for a channel. Raises BadCredentials, Forbidden."""
        return self._access.admit(media_token, channel_id)

    async def join(
        self, grant: MediaToken, kind: PeerKind, sdp: str, uid: int | None = None
    ) -> tuple[Session, PeerAnswer]:
        """Let a peer in, on a fresh station where the session was interrupted.

        Raises NotFound, SessionClosed, Forbidden, NoCapacity, MediaRejected, and what
        Admission.readmit raises.
        """
        session = await self._granted(grant)
        if uid and uid != session.front_uid:
            raise Forbidden("The media token is for another user id.")
        session.require_open()
        await self._admission.readmit(session)
        await self._kill_watch.refuse_session(session)
        offer = Offer(kind, sdp, self.ice_servers(session.channel_id))
        answer = await self._answer(session, offer)
        self._roster.peer_joined(session.id, answer.peer_id)
        return session, answer

    async def trickle(self, grant: MediaToken, peer_id: str, fragment: str) -> None:
        """Add a peer's candidates. Raises NotFound, MediaRejected."""
        await (await self._running(grant)).trickle(peer_id, fragment)

    async def hang_up(self, grant: MediaToken, peer_id: str) -> None:
        """End one peer. Raises NotFound."""
        station = await self._running(grant)
        await station.hang_up(peer_id)
        self._roster.peer_left(station.brief.session_id, peer_id)

    def ice_servers(self, channel_id: str) -> IceServers:
        """The servers for a peer of that channel, credentials fresh."""
        return self._access.ice_servers(channel_id)

    async def _sweep(self) -> None:
        while True:
            if over := await self._recordings.sweep():
                log.info("recordings swept", count=over)
            if swept := await self._sources.sweep():
                log.info("sources swept", count=swept)
            await self._likenesses.sweep()
            await asyncio.sleep(SWEEP_EVERY_S)

    async def _change_source(self, tenant: Tenant, session_id: str, source_id: str) -> str:
        """Give the session its new source; the id of the old one."""
        async with self._lock(session_id):
            session = await self._own(tenant, session_id)
            session.require_open()
            if station := self._roster.station(session_id):
                await station.change_source(await self._source_path(tenant.id, source_id))
            await self._store.save_session(replace(session, source_id=source_id))
        about = {"session": session_id, "tenant": tenant.id, "source": source_id}
        await self._journal.write("session.source_changed", **about)
        return session.source_id

    async def _answer(self, session: Session, offer: Offer) -> PeerAnswer:
        station = await self._station_for(session.id)
        try:
            return await station.join(offer)
        except NoCapacity:
            # The process died just now and nobody has noticed: once more, on a fresh one.
            await self._roster.close(session.id)
            return await (await self._station_for(session.id)).join(offer)

    async def _station_for(self, session_id: str) -> Station:
        await self._waiting.wait(session_id, self._join_wait_s)
        async with self._lock(session_id):
            if station := self._roster.station(session_id):
                return station
            return await self._place(await self._kept(session_id))

    async def _place_or_queue(self, session: Session) -> Session:
        try:
            await self._place(session)
            return session.placed()
        except NoCapacity:
            if self._settings.when_full == "refuse" or self.draining:
                raise
            self._waiting.add(session.id)
            return session

    async def _place_waiting(self, session_id: str) -> None:
        async with self._lock(session_id):
            session = await self._store.session(session_id)
            if session is not None and not session.closed:
                await self._place(session)

    async def _place(self, session: Session) -> Station:
        if self.draining:
            raise NoCapacity("The server is stopping.")
        live = session.placed()
        marking, _ = await self._marks.issue(session.id, "live")
        recording = self._recordings.new(session.tenant_id, session.id, marking.mark_id)
        brief = SessionBrief(
            session_id=session.id,
            channel_id=session.channel_id,
            source_path=await self._source_path(session.tenant_id, session.source_id),
            quality=session.quality,
            front_uid=session.front_uid,
            algorithm_uid=session.algorithm_uid,
            marking=marking,
            tenant_id=session.tenant_id,
            agora=self._access.agora_seat(session),
            record_to=self._recordings.path(recording.id) if session.record else None,
        )
        station = await self._roster.open(brief)
        if session.record:
            await self._recordings.keep(recording, station.gone)
        self._meter.begin(session.id, session.tenant_id)
        mark = mark_name(brief.marking.mark_id)
        await self._journal.write("session.placed", session=session.id, mark=mark)
        await self._store.save_session(live)
        return station

    async def _end(self, session_id: str, reason: Reason) -> Session:
        self._waiting.remove(session_id)
        async with self._lock(session_id):
            session = (await self._kept(session_id)).ended(reason)
            await self._store.save_session(session)
            await self._roster.close(session_id)
            await self._meter.end(session_id)
            self._revived.pop(session_id, None)
        return session

    async def _station_ended(self, session_id: str, reason: Reason) -> None:
        async with self._lock(session_id):
            session = await self._store.session(session_id)
            # A client may have joined again meanwhile: then it is live on another station.
            if session is not None and self._roster.station(session_id) is None:
                await self._meter.end(session_id)
                if reason is Reason.WORKER_LOST and await self._revive(session):
                    return
                about = {"session": session_id, "reason": reason.value}
                await self._journal.write("session.ended", **about)
                await self._store.save_session(session.ended(reason))

    async def _revive(self, session: Session) -> bool:
        """Whether a session goes on at once: over another network no client's join asks for it."""
        if session.stream_type == "webrtc" or self._revived[session.id] >= MOST_REVIVALS:
            return False
        self._revived[session.id] += 1
        try:
            await self._place(session)
        except MienError as error:
            log.warning("session not revived", session=session.id, error=str(error))
            return False
        return True

    async def _own(self, tenant: Tenant, session_id: str) -> Session:
        session = await self._kept(session_id)
        if session.tenant_id != tenant.id:
            # As if there were none, so that nobody learns which ids are in use.
            raise NotFound(NO_SESSION)
        return session

    async def _kept(self, session_id: str) -> Session:
        session = await self._store.session(session_id)
        if session is None:
            raise NotFound(NO_SESSION)
        return session

    async def _granted(self, grant: MediaToken) -> Session:
        session = await self._store.session_by_channel(grant.channel)
        if session is None:
            raise NotFound("There is no such channel.")
        if grant.uid != session.front_uid:
            raise Forbidden("The media token is for another user id.")
        return session

    async def _running(self, grant: MediaToken) -> Station:
        session = await self._granted(grant)
        session.require_open()
        station = self._roster.station(session.id)
        if station is None:
            raise NotFound("The session has no peers now. Join again.")
        return station

    async def _view(self, session: Session) -> SessionView:
        station = self._roster.station(session.id)
        figures = dict(station.statistics) if station else {}
        access = self._access
        servers = access.ice_servers(session.channel_id)
        return SessionView(session, access.token(session), access.app_id(session), servers, figures)

    def _new_session(self, tenant: Tenant, source_id: str, quality: int) -> Session:
        return Session(
            id=self._ids.session(),
            tenant_id=tenant.id,
            channel_id=self._ids.channel(),
            source_id=source_id,
            quality=quality,
            front_uid=FRONT_UID,
            algorithm_uid=ALGORITHM_UID,
            token_issued_at=int(self._clock()),
            token_expire_s=self._settings.media_token_ttl_s,
            token_salt=self._ids.salt(),
            created_at=self._clock(),
            state=State.QUEUED,
        )

    async def _source_path(self, tenant_id: str, source_id: str) -> Path:
        return Path((await self._sources.wearable(tenant_id, source_id)).path)

    def _lock(self, session_id: str) -> asyncio.Lock:
        return self._locks.setdefault(session_id, asyncio.Lock())

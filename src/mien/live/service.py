"""What a caller can do with sessions: may he, which face, and who is told what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from mien.errors import MienError, NotFound
from mien.live.admission import Admission
from mien.live.agora_seat import StreamType, require_agora
from mien.live.casts import ONE_FACE, CastPlan, Casts
from mien.live.ice import IceServers
from mien.live.ids import Clock, Ids
from mien.live.installation import Installation
from mien.live.journal import Journal
from mien.live.kill_switch import Kill
from mien.live.kill_watch import KillWatch
from mien.live.killed_faces import KilledFaces
from mien.live.likenesses import Likenesses
from mien.live.marks import Marks
from mien.live.media_access import MediaAccess
from mien.live.notary import Notary
from mien.live.peers import Peers
from mien.live.placement import PeerAnswer, PeerKind, Placement, Station
from mien.live.rates import Rates
from mien.live.recordings import RecordingLibrary
from mien.live.records import Tenant
from mien.live.rounds import Rounds
from mien.live.session import Reason, Session, State
from mien.live.sources import SourceLibrary, SourceRequest
from mien.live.stations import NO_SESSION, Stations
from mien.live.store import Store
from mien.live.tokens import MediaToken
from mien.live.warden import Warden
from mien.settings import Settings
from mien.trust.policy import Policy

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
        casts: Casts,
        recordings: RecordingLibrary,
        rates: Rates,
        settings: Settings,
        policy: Policy,
        installation: Installation,
        marks: Marks,
        notary: Notary,
        likenesses: Likenesses,
        killed_faces: KilledFaces,
        journal: Journal,
        *,
        ids: Ids,
        clock: Clock,
        monotonic: Clock,
        join_wait_s: float = JOIN_WAIT_S,
    ) -> None:
        self._store = store
        self._sources = sources
        self._casts = casts
        self._recordings = recordings
        self._rates = rates
        self._admission = Admission(store, placement, rates, settings)
        self._settings = settings
        self._access = MediaAccess(settings, installation, clock)
        self._likenesses = likenesses
        self._journal = journal
        self._notary = notary
        self._ids = ids
        self._clock = clock
        self.kills = killed_faces.switch
        self._stations = Stations(
            *(store, placement, sources, recordings, marks, notary),
            *(self._access, self._admission, journal, settings, policy),
            monotonic=monotonic,
            join_wait_s=join_wait_s,
            most_revivals=MOST_REVIVALS,
        )
        roster, meter = self._stations.roster, self._stations.meter
        self._kill_watch = KillWatch(store, killed_faces, roster)
        self._warden = Warden(store, likenesses, roster, meter, self.end, monotonic)
        self._peers = Peers(store, self._stations, self._access, self._admission, self._kill_watch)
        self._sweeps = Rounds("sweeps", self._sweep)

    @property
    def draining(self) -> bool:
        """Whether no session is taken any more."""
        return self._admission.draining

    async def start(self) -> None:
        """Say honestly what an earlier run left behind, then begin."""
        interrupted = await self._store.interrupt_open_sessions()
        recovered = await self._recordings.recover()
        sealed = await self._sources.seal_older()
        about = {"recovered_recordings": recovered, "sealed_sources": sealed}
        log.info("sessions ready", interrupted=interrupted, **about)
        self._stations.start()
        self._warden.start()
        await self._kill_watch.look()  # before sweeping, which may take a killed face's source
        self._kill_watch.start()
        self._notary.start(self.running)
        self._sweeps.start(SWEEP_EVERY_S)

    async def stop(self) -> None:
        """Take no more; every open session has failed with `server restarted`."""
        self._admission.draining = True
        await self._warden.stop()
        await self._kill_watch.stop()
        await self._notary.stop()
        await self._sweeps.stop()
        await self._stations.stop()
        await self._store.interrupt_open_sessions()

    async def create(
        self,
        tenant: Tenant,
        photos: Sequence[SourceRequest],
        quality: int,
        stream_type: StreamType = "webrtc",
        record: bool = False,
        plan: CastPlan = ONE_FACE,
        shape: float | None = None,
    ) -> SessionView:
        """A new session, live or queued; photos: at least one. shape: see Session.

        Raises what Admission.enter and Casts.obtain raise, NoCapacity, TenantBlocked,
        ParameterError for a stream type that is not set up, and Forbidden for a recording that is
        not allowed.
        """
        if stream_type == "agora":
            require_agora(self._settings.agora)
        if record:
            self._recordings.require_allowed(tenant.id)
        await self._kill_watch.refuse(tenant.id)
        async with self._admission.enter(tenant):
            kept = await self._casts.obtain(tenant.id, photos, plan, recorded=record)
            session = self._new_session(tenant, kept.id, quality)
            session = replace(session, stream_type=stream_type, record=record, shape=shape)
            await self._kill_watch.refuse_session(session)
            await self._store.save_session(session)
        about = {"session": session.id, "tenant": tenant.id, "source": kept.id}
        await self._journal.write("session.created", **about)
        try:
            return await self._view(await self._stations.place_or_queue(session))
        except MienError:
            await self._journal.write("session.refused", session=session.id)
            await self._store.delete_session(session.id)
            await self._sources.discard(kept.id)
            raise

    async def update(
        self,
        tenant: Tenant,
        session_id: str,
        photos: Sequence[SourceRequest],
        plan: CastPlan = ONE_FACE,
    ) -> None:
        """Other faces; a bad one leaves the old ones running. Raises as create does."""
        session = await self._own(tenant, session_id)
        session.require_open()
        self._rates.count_create(tenant)
        kept = await self._casts.obtain(tenant.id, photos, plan, recorded=session.record)
        try:
            unused = await self._change_source(tenant, session_id, kept.id)
        except MienError:
            await self._sources.discard(kept.id)
            raise
        await self._sources.discard(unused)

    async def close(self, tenant: Tenant, session_id: str) -> None:
        """End a session for good; idempotent. Raises NotFound."""
        await self._own(tenant, session_id)
        session = await self._stations.end(session_id, Reason.CLOSED)
        await self._journal.write("session.closed", session=session_id, tenant=tenant.id)
        await self._sources.discard(session.source_id)

    async def end(self, session_id: str, reason: Reason) -> None:
        """End a session over its owner's head. Raises NotFound."""
        await self._stations.end(session_id, reason)
        await self._journal.write("session.ended", session=session_id, reason=reason.value)

    async def kill(self, kill: Kill) -> None:
        """Stop what the operator names, here and now."""
        await self.kills.throw(kill)
        await self._kill_watch.look()

    async def revive(self, kill: Kill) -> bool:
        """Let it go on; False where it was not stopped."""
        lifted = await self.kills.lift(kill)
        await self._kill_watch.look()
        return lifted

    def running(self) -> list[Station]:
        """The processes that carry sessions now."""
        return self._stations.roster.running()

    async def info(self, tenant: Tenant, session_id: str) -> SessionView:
        """A session as it is now. Raises NotFound."""
        return await self._view(await self._own(tenant, session_id))

    async def snapshot(self, tenant: Tenant, session_id: str) -> tuple[bytes, int, list[bytes]]:
        """The newest picture as JPEG, its mark, and what the photos of the faces say by C2PA.

        Raises NotFound.
        """
        session = await self._own(tenant, session_id)
        station = self._stations.find(session.id)
        if station is None:
            raise NotFound("The session is not live", "join it first.")
        said = await self._sources.credentials(session.source_id)
        return await station.snapshot(), station.brief.marking.mark_id, said

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
        return await self._peers.join(grant, kind, sdp, uid)

    async def trickle(self, grant: MediaToken, peer_id: str, fragment: str) -> None:
        """Add a peer's candidates. Raises NotFound, MediaRejected."""
        await self._peers.trickle(grant, peer_id, fragment)

    async def hang_up(self, grant: MediaToken, peer_id: str) -> None:
        """End one peer. Raises NotFound."""
        await self._peers.hang_up(grant, peer_id)

    async def statement(self, grant: MediaToken) -> str:
        """What the server last said of a live session, signed. Raises NotFound, SessionClosed."""
        return await self._peers.statement(grant)

    def ice_servers(self, channel_id: str) -> IceServers:
        """The servers for a peer of that channel, credentials fresh."""
        return self._access.ice_servers(channel_id)

    async def _sweep(self) -> None:
        if over := await self._recordings.sweep():
            log.info("recordings swept", count=over)
        if swept := await self._sources.sweep():
            log.info("sources swept", count=swept)
        await self._likenesses.sweep()

    async def _change_source(self, tenant: Tenant, session_id: str, source_id: str) -> str:
        """Give the session its new source; the id of the old one."""
        async with self._stations.lock(session_id):
            session = await self._own(tenant, session_id)
            session.require_open()
            await self._stations.change_source(session, source_id)
            await self._store.save_session(replace(session, source_id=source_id))
        about = {"session": session_id, "tenant": tenant.id, "source": source_id}
        await self._journal.write("session.source_changed", **about)
        return session.source_id

    async def _own(self, tenant: Tenant, session_id: str) -> Session:
        session = await self._stations.session(session_id)
        if session.tenant_id != tenant.id:
            # As if there were none, so that nobody learns which ids are in use.
            raise NotFound(NO_SESSION)
        return session

    async def _view(self, session: Session) -> SessionView:
        station = self._stations.find(session.id)
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

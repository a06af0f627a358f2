"""Peers of a channel: let in with a media token, patched, hung up."""

from mien.errors import Forbidden, NotFound
from mien.live.admission import Admission
from mien.live.kill_watch import KillWatch
from mien.live.media_access import MediaAccess
from mien.live.placement import Offer, PeerAnswer, PeerKind, Station
from mien.live.session import Session
from mien.live.stations import Stations
from mien.live.store import Store
from mien.live.tokens import MediaToken


class Peers:
    """What the holder of a media token can do with the session that it is for."""

    def __init__(
        self,
        store: Store,
        stations: Stations,
        access: MediaAccess,
        admission: Admission,
        kill_watch: KillWatch,
    ) -> None:
        self._store = store
        self._stations = stations
        self._access = access
        self._admission = admission
        self._kill_watch = kill_watch

    async def join(
        self, grant: MediaToken, kind: PeerKind, sdp: str, uid: int | None
    ) -> tuple[Session, PeerAnswer]:
        """Let a peer in. Raises as SessionService.join does."""
        session = await self._granted(grant)
        if uid and uid != session.front_uid:
            raise Forbidden("The media token is for another user id.")
        session.require_open()
        await self._admission.readmit(session)
        await self._kill_watch.refuse_session(session)
        offer = Offer(kind, sdp, self._access.ice_servers(session.channel_id))
        answer = await self._stations.answer(session.id, offer)
        self._stations.roster.peer_joined(session.id, answer.peer_id)
        return session, answer

    async def trickle(self, grant: MediaToken, peer_id: str, fragment: str) -> None:
        """Add a peer's candidates. Raises NotFound, MediaRejected."""
        await (await self._running(grant)).trickle(peer_id, fragment)

    async def hang_up(self, grant: MediaToken, peer_id: str) -> None:
        """End one peer. Raises NotFound."""
        station = await self._running(grant)
        await station.hang_up(peer_id)
        self._stations.roster.peer_left(station.brief.session_id, peer_id)

    async def statement(self, grant: MediaToken) -> str:
        """What the server last said of the session, signed. Raises NotFound."""
        return (await self._running(grant)).statement

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
        station = self._stations.find(session.id)
        if station is None:
            raise NotFound("The session has no peers now", "join again.")
        return station

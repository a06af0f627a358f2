"""Has the pictures of live sessions covered as the kill switch says, and new ones refused."""

import asyncio
from collections.abc import Collection

import structlog

from mien.errors import MienError, TenantBlocked
from mien.live.kill_switch import Kill, Scope
from mien.live.killed_faces import Faces, KilledFaces
from mien.live.placement import Station
from mien.live.roster import Roster
from mien.live.rounds import Rounds
from mien.live.session import Session
from mien.live.store import Store

log = structlog.get_logger(__name__)

# What a command throws is seen after so long at the latest.
LOOK_EVERY_S = 0.15
ALL = Kill(Scope.ALL)


class KillWatch:
    """Looks again and again, because commands throw the switch beside the server."""

    def __init__(self, store: Store, faces: KilledFaces, roster: Roster) -> None:
        self._store = store
        self._faces = faces
        self._switch = faces.switch
        self._roster = roster
        self._halted: set[Station] = set()
        # One look at a time: an older one must not uncover what a newer one has covered.
        self._turn = asyncio.Lock()
        self._rounds = Rounds("kill watch", self.look)

    def start(self) -> None:
        """Begin to look."""
        self._rounds.start(LOOK_EVERY_S)

    async def stop(self) -> None:
        """Look no more."""
        await self._rounds.stop()

    async def refuse(self, tenant_id: str, *others: Kill) -> None:
        """Before anything is begun for a tenant. Raises TenantBlocked where it is stopped."""
        _refuse(await self._switch.thrown(), (ALL, Kill(Scope.TENANT, tenant_id), *others))

    async def refuse_session(self, session: Session) -> None:
        """Before a session goes on. Raises TenantBlocked where it is stopped."""
        thrown = await self._switch.thrown()
        _refuse(thrown, await self._kills_of(session, await self._faces.of(thrown)))

    async def look(self) -> None:
        """Cover what is stopped, and uncover what is revived."""
        async with self._turn:
            await self._look()

    async def _look(self) -> None:
        # Also where nothing runs: a killed face must be kept before its record can be erased.
        thrown = await self._switch.thrown()
        faces = await self._faces.of(thrown)
        stations = self._roster.running()
        self._halted.intersection_update(stations)
        if thrown or self._halted:
            await asyncio.gather(*(self._apply(station, thrown, faces) for station in stations))

    async def _apply(self, station: Station, thrown: frozenset[Kill], faces: Faces) -> None:
        session = await self._store.session(station.brief.session_id)
        stopped = session is not None and not thrown.isdisjoint(
            await self._kills_of(session, faces)
        )
        if stopped is (station in self._halted):
            return
        try:
            await station.halt(stopped)
        except MienError as error:
            log.error("not halted", session=station.brief.session_id, error=str(error))
            return
        (self._halted.add if stopped else self._halted.discard)(station)

    async def _kills_of(self, session: Session, faces: Faces) -> tuple[Kill, ...]:
        """Each of these stops the session."""
        worn = await self._store.faces(session.source_id)
        names = {session.source_id, *(one.id for one in worn), *(one.likeness_id for one in worn)}
        return (
            ALL,
            Kill(Scope.TENANT, session.tenant_id),
            *(Kill(Scope.LIKENESS, name) for name in names if name),
            *(kill for one in worn for kill in self._faces.kills(one, faces)),
            Kill(Scope.SESSION, session.id),
        )


def _refuse(thrown: frozenset[Kill], kills: Collection[Kill]) -> None:
    if not thrown.isdisjoint(kills):
        raise TenantBlocked("The operator has stopped this.")

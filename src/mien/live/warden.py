"""Ends what may not go on: sessions of blocked tenants, without credit, or without consent."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from mien.errors import MienError
from mien.live.ids import Clock
from mien.live.likenesses import Likenesses
from mien.live.meter import Meter
from mien.live.records import Tenant
from mien.live.roster import Roster
from mien.live.rounds import Rounds
from mien.live.session import Reason
from mien.live.store import Store

log = structlog.get_logger(__name__)

# Ends a session for that reason.
End = Callable[[str, Reason], Awaitable[None]]

# What the operator's commands write is seen after so long at the latest.
LOOK_EVERY_S = 0.2
CHARGE_EVERY_S = 5.0


class Warden:
    """Looks into the store again and again, because commands write there beside the server."""

    def __init__(
        self,
        store: Store,
        likenesses: Likenesses,
        roster: Roster,
        meter: Meter,
        end: End,
        clock: Clock,
    ) -> None:
        self._store = store
        self._likenesses = likenesses
        self._roster = roster
        self._meter = meter
        self._end = end
        self._clock = clock
        self._charge_at = clock() + CHARGE_EVERY_S
        self._rounds = Rounds("warden", self.look)
        self._ending: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Begin to look."""
        self._rounds.start(LOOK_EVERY_S)

    async def stop(self) -> None:
        """Look no more."""
        await self._rounds.stop()
        tasks = list(self._ending.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def look(self) -> None:
        """Charge where it is time, and end what may not go on."""
        if not (stations := self._roster.running()):
            return
        if self._clock() >= self._charge_at:
            self._charge_at = self._clock() + CHARGE_EVERY_S
            await self._meter.charge()
        unwelcome = {tenant.id: _why(tenant) for tenant in await self._store.tenants()}
        for station in stations:
            if reason := unwelcome.get(station.brief.tenant_id):
                self._begin_to_end(station.brief.session_id, reason)
        running = [station.brief.session_id for station in stations]
        for session_id in await self._likenesses.withdrawn(running):
            self._begin_to_end(session_id, Reason.CONSENT_WITHDRAWN)

    def _begin_to_end(self, session_id: str, reason: Reason) -> None:
        """Beside the looking: a worker says goodbye to its peers first."""
        if session_id in self._ending:
            return
        task = asyncio.create_task(self._end_one(session_id, reason))
        self._ending[session_id] = task
        task.add_done_callback(lambda _: self._ending.pop(session_id, None))

    async def _end_one(self, session_id: str, reason: Reason) -> None:
        try:
            await self._end(session_id, reason)
        except MienError as error:
            log.warning("not ended", session=session_id, error=str(error))


def _why(tenant: Tenant) -> Reason | None:
    if tenant.blocked:
        return Reason.ACCOUNT_BLOCKED
    return Reason.QUOTA_USED_UP if tenant.credit_left <= 0 else None

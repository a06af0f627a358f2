"""How long tenants' sessions have had a process: what their minutes are counted by."""

from mien.live.ids import Clock
from mien.live.store import Store


class Meter:
    """Charges in small steps, so that a server that dies forgets seconds only."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._running: dict[str, tuple[str, float]] = {}

    def begin(self, session_id: str, tenant_id: str) -> None:
        """The session has a process from now on."""
        self._running[session_id] = (tenant_id, self._clock())

    async def end(self, session_id: str) -> None:
        """It has none any more; idempotent."""
        tenant_id, since = self._running.pop(session_id, ("", 0.0))
        if tenant_id:
            await self._store.charge_tenant(tenant_id, self._clock() - since)

    async def charge(self) -> None:
        """Charge what has run since the last time."""
        for session_id, (tenant_id, since) in list(self._running.items()):
            now = self._clock()
            if session_id in self._running:
                self._running[session_id] = (tenant_id, now)
                await self._store.charge_tenant(tenant_id, now - since)

"""May this tenant have one more session, and is there room for it?"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mien.errors import NoCapacity, QuotaExceeded, TenantBlocked
from mien.live.placement import Placement
from mien.live.rates import Rates
from mien.live.records import Tenant
from mien.live.session import Session
from mien.live.store import Store
from mien.settings import Settings


class Admission:
    """Asked before a session is made, and again before one is given another process."""

    def __init__(
        self, store: Store, placement: Placement, rates: Rates, settings: Settings
    ) -> None:
        self._store = store
        self._placement = placement
        self._rates = rates
        self._when_full = settings.when_full
        self._entering: Counter[str] = Counter()
        self.draining = False

    @asynccontextmanager
    async def enter(self, tenant: Tenant) -> AsyncIterator[None]:
        """Hold room while a face is prepared, so that a flood of creates prepares none in vain.

        Raises TooFrequent, QuotaExceeded, NoCapacity.
        """
        self._rates.count_create(tenant)
        _require_credit(tenant)
        self._require_room()
        # Counted before the store is asked, so that two at once don't both take the last place.
        self._entering[tenant.id] += 1
        try:
            entering = self._entering[tenant.id] - 1
            await self._require_place(tenant, entering, without="")
            yield
        finally:
            self._entering[tenant.id] -= 1
            self._entering += Counter()

    async def readmit(self, session: Session) -> None:
        """Before a session that waited or was interrupted goes on.

        Raises TenantBlocked, QuotaExceeded.
        """
        tenant = await self._store.tenant(session.tenant_id)
        if tenant is None or tenant.blocked:
            raise TenantBlocked("The account is blocked.")
        _require_credit(tenant)
        await self._require_place(tenant, self._entering[tenant.id], without=session.id)

    def _require_room(self) -> None:
        full = self._placement.capacity().free <= self._entering.total()
        if self.draining or (full and self._when_full == "refuse"):
            raise NoCapacity("No process has room for one more session.")

    async def _require_place(self, tenant: Tenant, entering: int, *, without: str) -> None:
        if tenant.sessions is None:
            return
        others = set(await self._store.open_sessions(tenant.id)) - {without}
        if len(others) + entering >= tenant.sessions:
            raise QuotaExceeded(f"The account has {tenant.sessions} sessions, as many as it may.")


def _require_credit(tenant: Tenant) -> None:
    if tenant.credit_left <= 0:
        raise QuotaExceeded("The account's credit is used up.")

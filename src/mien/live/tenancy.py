"""The operator's side of tenants: made, given secrets and quotas, blocked. Each act is logged."""

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from mien.errors import NotFound, ParameterError
from mien.live.accounts import DEFAULT_CREDIT, DEFAULT_TENANT, digest_of
from mien.live.command_store import open_command_store
from mien.live.ids import Clock, RandomBytes
from mien.live.installation import keep_secret, open_installation
from mien.live.journal import Journal
from mien.live.records import Tenant
from mien.live.store import Store
from mien.settings import Settings

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)


@dataclass(frozen=True)
class Quota:
    """What a tenant may use; None leaves it to the installation's own limits.

    minutes: of live sessions, in all. sessions: at once. creates, detects: a minute.
    """

    minutes: int | None = None
    sessions: int | None = None
    creates: int | None = None
    detects: int | None = None


@dataclass(frozen=True)
class Credentials:
    """A tenant with its new secret, which is told this once; the repr does not show it."""

    tenant: Tenant
    secret: str

    def __repr__(self) -> str:
        return f"Credentials({self.tenant.id!r})"


class Tenancy:
    """Writes into the store, where a server that runs beside sees it at its next look."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        settings: Settings,
        *,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self._store = store
        self._journal = journal
        self._settings = settings
        self._clock = clock
        self._random = random
        self._pepper = open_installation(settings, random).pepper

    async def add(self, tenant_id: str, quota: Quota) -> Credentials:
        """A new tenant. Raises ParameterError for a name that is taken or has no such form."""
        if not NAME.fullmatch(tenant_id):
            raise ParameterError("A name has up to 32 of a-z, 0-9, - and _.")
        if await self._store.tenant(tenant_id):
            raise ParameterError(f"There is a tenant {tenant_id} already", "choose another name.")
        secret = self._fresh_secret()
        client_id = self._random(12).hex()
        made = Tenant(
            tenant_id, client_id, self._digest(secret), False, DEFAULT_CREDIT, self._clock()
        )
        tenant = replace(made, **_fields(quota))
        await self._store.put_tenant(tenant)
        await self._journal.write("tenant.added", tenant=tenant_id)
        return Credentials(tenant, secret)

    async def listed(self) -> list[Tenant]:
        """Every tenant, the oldest first."""
        return await self._store.tenants()

    async def limit(self, tenant_id: str, quota: Quota) -> Tenant:
        """Other quotas, all of them; minutes count from the first one on. Raises NotFound."""
        await self._change(tenant_id, **_fields(quota))
        about = {name: value for name, value in vars(quota).items() if value is not None}
        await self._journal.write("tenant.limited", tenant=tenant_id, **about)
        return await self._known(tenant_id)

    async def rotate(self, tenant_id: str, keep_s: float) -> Credentials:
        """A new secret; the one before it stays good for keep_s seconds, any older one ends.

        Raises NotFound, and ParameterError where the secret is the settings'.
        """
        tenant = await self._known(tenant_id)
        secret = self._fresh_secret()
        if tenant_id == DEFAULT_TENANT:
            keep_secret(self._settings, secret)
        await self._change(
            tenant_id,
            secret_digest=self._digest(secret),
            old_digest=tenant.secret_digest if keep_s > 0 else None,
            old_expires_at=self._clock() + keep_s,
        )
        await self._journal.write("tenant.secret_rotated", tenant=tenant_id, keep_s=int(keep_s))
        return Credentials(await self._known(tenant_id), secret)

    async def revoke_old(self, tenant_id: str) -> None:
        """End the older of two secrets now, with the tokens that were got with it."""
        await self._change(tenant_id, old_digest=None)
        await self._journal.write("tenant.old_secret_revoked", tenant=tenant_id)

    async def block(self, tenant_id: str) -> None:
        """Refuse every call, and have live sessions ended. Raises NotFound."""
        await self._change(tenant_id, blocked=True)
        await self._journal.write("tenant.blocked", tenant=tenant_id)

    async def unblock(self, tenant_id: str) -> None:
        """Let it call again. Raises NotFound."""
        await self._change(tenant_id, blocked=False)
        await self._journal.write("tenant.unblocked", tenant=tenant_id)

    async def _change(self, tenant_id: str, **values: object) -> None:
        if not await self._store.change_tenant(tenant_id, **values):
            raise _unknown(tenant_id)

    async def _known(self, tenant_id: str) -> Tenant:
        tenant = await self._store.tenant(tenant_id)
        if tenant is None:
            raise _unknown(tenant_id)
        return tenant

    def _digest(self, secret: str) -> str:
        return digest_of(secret, self._pepper)

    def _fresh_secret(self) -> str:
        """256 random bits, so that a quick keyed hash of it is enough."""
        return base64.urlsafe_b64encode(self._random(32)).decode().rstrip("=")


@asynccontextmanager
async def open_tenancy(
    settings: Settings, *, clock: Clock, random: RandomBytes
) -> AsyncIterator[Tenancy]:
    """For a command: over the store and the log that the server uses."""
    async with open_command_store(settings, clock) as (store, journal):
        yield Tenancy(store, journal, settings, clock=clock, random=random)


def _fields(quota: Quota) -> dict[str, Any]:
    metered = quota.minutes is not None
    return {
        "metered": metered,
        "credit": quota.minutes if metered else DEFAULT_CREDIT,
        "sessions": quota.sessions,
        "creates": quota.creates,
        "detects": quota.detects,
    }


def _unknown(tenant_id: str) -> NotFound:
    return NotFound(f"There is no tenant {tenant_id}", "see `mien tenants list`.")

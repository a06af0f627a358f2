"""Everything the routes work with; `assembly.py` puts it together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry

from mien.errors import NotFound
from mien.live.accounts import Accounts
from mien.live.consents import Consents
from mien.live.ids import Clock, RandomBytes
from mien.live.imaging import Imaging
from mien.live.inspection_process import InspectionProcess
from mien.live.installation import Installation
from mien.live.journal import Journal
from mien.live.likenesses import Likenesses
from mien.live.live_gate import LiveGate
from mien.live.notary import Notary
from mien.live.placement import Placement
from mien.live.rates import Rates
from mien.live.recordings import RecordingLibrary
from mien.live.service import SessionService
from mien.live.signing import Signing
from mien.live.source_gate import SourceGate
from mien.live.sources import Fetch, SourceLibrary
from mien.live.store import Store
from mien.settings import Settings
from mien.trust.policy import Policy

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class World:
    """Clocks and randomness: wall seconds, monotonic seconds, that many random bytes."""

    clock: Clock
    monotonic: Clock
    random: RandomBytes


@dataclass(frozen=True)
class Services:
    """What a request may ask for."""

    settings: Settings
    installation: Installation
    store: Store
    accounts: Accounts
    sources: SourceLibrary
    likenesses: Likenesses
    consents: Consents
    gate: SourceGate
    live_gate: LiveGate
    notary: Notary
    sessions: SessionService
    inspection: InspectionProcess
    signing: Signing
    recordings: RecordingLibrary
    journal: Journal
    imaging: Imaging
    placement: Placement
    rates: Rates
    fetch: Fetch
    registry: CollectorRegistry
    world: World
    operator_token: str = field(repr=False)
    audit_key: Ed25519PrivateKey = field(repr=False)
    policy: Policy | None

    async def start(self) -> None:
        """Open what lasts, then warm what works."""
        await self.store.open()
        digest = None if self.policy is None else self.policy.digest
        label = self.policy.label if self.policy else "burned_in"
        await self.journal.write("server.started", policy=digest, label=label)
        kept = self.installation
        await self.accounts.register_default(kept.client_id, kept.client_secret)
        await self._tell_unknown_tenants()
        await asyncio.gather(self.imaging.start(), self.placement.start())
        await self.sessions.start()
        self.live_gate.start()

    async def stop(self) -> None:
        """Refuse the new, end the live, let go."""
        await self.live_gate.stop()
        await self.sessions.stop()
        await asyncio.gather(self.placement.stop(self.settings.drain_s), self.imaging.stop())
        await self.recordings.stop()
        await self.store.close()
        await self.journal.write("server.stopped")
        await self.journal.sign()

    async def _tell_unknown_tenants(self) -> None:
        """A name that is mistyped in the policy would leave its tenant as lax as everybody."""
        named = self.policy.tenants if self.policy else {}
        known = {tenant.id for tenant in await self.store.tenants()}
        if unknown := sorted(set(named) - known):
            log.warning("policy names tenants that are not here", tenants=unknown)

    async def sign_picture(self, picture: bytes, mark_id: int, archived: Sequence[bytes]) -> bytes:
        """A picture of a live session with its manifest. Raises NotFound, SigningFailed.

        archived: what its sources say, as `credentials.archive` gave it.
        """
        statement = await self.store.statement(mark_id)
        if statement is None:
            raise NotFound("Nothing is known of the picture's mark.")
        return await asyncio.to_thread(self.signing.picture, picture, statement, archived)

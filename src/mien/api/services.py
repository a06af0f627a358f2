"""Everything the routes work with, put together once."""

import asyncio
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry

from mien.api.fetch import GuardedFetch
from mien.errors import NotFound
from mien.live.accounts import Accounts
from mien.live.blocked_faces import BlockedFaces
from mien.live.certificates import open_identity, trust_anchors
from mien.live.consents import Consents
from mien.live.governance import govern
from mien.live.ids import Clock, Ids, RandomBytes
from mien.live.imaging import Imaging
from mien.live.inspection_process import InspectionProcess
from mien.live.installation import (
    Installation,
    open_installation,
    open_operator_token,
    open_signing_key,
)
from mien.live.journal import Journal
from mien.live.likeness_store import LikenessStore
from mien.live.likenesses import Likenesses
from mien.live.live_gate import LiveGate
from mien.live.marks import Marks
from mien.live.placement import Placement
from mien.live.rates import Rates
from mien.live.recordings import RecordingLibrary
from mien.live.service import SessionService
from mien.live.signing import Signing
from mien.live.source_gate import SourceGate
from mien.live.sources import Fetch, SourceLibrary
from mien.live.store import Store
from mien.settings import Settings
from mien.trust.audit import KEY_FILE, open_audit_log, read_key
from mien.trust.keyring import open_keyring
from mien.trust.policy import Policy
from mien.trust.sealing import open_seal
from mien.trust.wording import wording_of

SOURCES_FOLDER, EVIDENCE_FOLDER, RECORDINGS_FOLDER = "sources", "evidence", "recordings"


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
        await self.journal.write("server.started", policy=digest)
        kept = self.installation
        await self.accounts.register_default(kept.client_id, kept.client_secret)
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

    async def sign_picture(self, picture: bytes, mark_id: int) -> bytes:
        """A picture of a live session with its manifest. Raises NotFound, SigningFailed."""
        statement = await self.store.statement(mark_id)
        if statement is None:
            raise NotFound("Nothing is known of the picture's mark.")
        return await asyncio.to_thread(self.signing.picture, picture, statement)


def build_services(
    settings: Settings,
    placement: Placement,
    imaging: Imaging,
    world: World,
    fetch: Fetch | None = None,
    policy: Policy | None = None,
) -> Services:
    """Put the parts together over `settings.data_dir`; nothing runs until `start`.

    policy: the signed one, which overrides settings.
    """
    settings = govern(settings, policy)
    installation = open_installation(settings, world.random)
    wording_of(settings.label_language)
    keyring = open_keyring(settings.data_dir, world.random, world.clock())
    signing = Signing(open_identity(settings, world.clock))
    journal = Journal(open_audit_log(settings.data_dir, world.clock))
    folder = settings.data_dir.resolve() / SOURCES_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    store = Store(settings.resolved_database_url)
    ids = Ids(world.clock, world.random)
    rates = Rates(settings.limits)
    fetch = fetch or GuardedFetch.from_settings(settings)
    accounts = Accounts(
        store,
        open_signing_key(settings.data_dir),
        pepper=installation.pepper,
        ttl_s=settings.token_ttl_s,
        clock=world.clock,
        random=world.random,
    )
    seal = open_seal(settings.data_dir, world.random)
    audit_key = read_key(settings.data_dir / KEY_FILE)
    records = LikenessStore(store, seal)
    inspection = InspectionProcess(settings, keyring, trust_anchors(settings))
    likenesses = Likenesses(
        records,
        audit_key,
        seal,
        settings.data_dir.resolve() / EVIDENCE_FOLDER,
        journal,
        ids=ids,
        clock=world.clock,
        mode=settings.likeness,
    )
    blocked = BlockedFaces(store, seal, journal, clock=world.clock, random=world.random)
    gate = SourceGate(likenesses, blocked, seal, journal, settings.gate)
    sources = SourceLibrary(
        store, imaging, fetch, folder, settings.limits, gate, ids=ids, clock=world.clock
    )
    kept = settings.data_dir.resolve() / RECORDINGS_FOLDER
    kept.mkdir(mode=0o700, exist_ok=True)
    recordings = RecordingLibrary(
        store, signing, kept, settings.recording, clock=world.clock, random=world.random
    )
    sessions = SessionService(
        store,
        placement,
        sources,
        recordings,
        rates,
        settings,
        installation,
        Marks(keyring, store, settings.label_language, world.random, world.clock),
        likenesses,
        journal,
        ids=ids,
        clock=world.clock,
        monotonic=world.monotonic,
    )
    return Services(
        settings=settings,
        installation=installation,
        store=store,
        accounts=accounts,
        sources=sources,
        likenesses=likenesses,
        consents=Consents(
            *(store, records, likenesses, inspection), clock=world.clock, random=world.random
        ),
        gate=gate,
        live_gate=LiveGate(sessions.running, sessions.end, imaging, settings.gate, world.monotonic),
        sessions=sessions,
        signing=signing,
        inspection=inspection,
        recordings=recordings,
        journal=journal,
        imaging=imaging,
        placement=placement,
        rates=rates,
        fetch=fetch,
        registry=CollectorRegistry(),
        world=world,
        operator_token=open_operator_token(settings.data_dir, world.random),
        audit_key=audit_key,
        policy=policy,
    )

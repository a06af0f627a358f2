"""How everything that the routes work with is put together, once, from its data directory."""

from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry

from mien.api.fetch import GuardedFetch
from mien.api.services import Services, World
from mien.live.accounts import Accounts
from mien.live.blocked_faces import BlockedFaces
from mien.live.casts import Casts
from mien.live.certificates import open_identity, trust_anchors
from mien.live.consents import Consents
from mien.live.governance import govern, policy_of
from mien.live.ids import Ids
from mien.live.imaging import Imaging
from mien.live.inspection_process import InspectionProcess
from mien.live.installation import open_installation, open_operator_token, open_signing_key
from mien.live.journal import Journal
from mien.live.kill_switch import KillSwitch
from mien.live.killed_faces import KilledFaces
from mien.live.likeness_store import LikenessStore
from mien.live.likenesses import Likenesses
from mien.live.live_gate import LiveGate
from mien.live.marks import Marks
from mien.live.notary import Notary
from mien.live.placement import Placement
from mien.live.rates import Rates
from mien.live.recording_files import RecordingFiles
from mien.live.recordings import RecordingLibrary
from mien.live.service import SessionService
from mien.live.signing import Signing
from mien.live.source_gate import SourceGate
from mien.live.source_vault import SourceVault
from mien.live.sources import Fetch, SourceLibrary
from mien.live.store import Store
from mien.settings import Settings
from mien.trust.audit import KEY_FILE, open_audit_log, read_key
from mien.trust.keyring import open_keyring
from mien.trust.policy import Policy
from mien.trust.sealing import open_seal
from mien.trust.statement_keys import open_statement_keys
from mien.trust.wording import wording_of

SOURCES_FOLDER, EVIDENCE_FOLDER, RECORDINGS_FOLDER = "sources", "evidence", "recordings"


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
    wording_of(settings.label_language)
    return _Assembly(settings, placement, imaging, world, fetch, policy).services()


class _Assembly:
    """Each part is made when the first other one needs it."""

    def __init__(
        self,
        settings: Settings,
        placement: Placement,
        imaging: Imaging,
        world: World,
        fetch: Fetch | None,
        signed: Policy | None,
    ) -> None:
        self.settings = govern(settings, signed)
        self.signed, self.policy = signed, signed or policy_of(settings)
        self.placement, self.imaging, self.world = placement, imaging, world
        self.fetch = fetch or GuardedFetch.from_settings(settings)
        self.installation = open_installation(settings, world.random)
        self.store = Store(settings.resolved_database_url)
        self.ids = Ids(world.clock, world.random)
        self.rates = Rates(settings.limits)
        self.seal = open_seal(settings.data_dir, world.random)
        self.keyring = open_keyring(settings.data_dir, world.random, world.clock())
        # Before the inspection is told whom to trust: it makes the development CA.
        self.signing = Signing(open_identity(settings, world.clock))
        self.journal = Journal(open_audit_log(settings.data_dir, world.clock))
        self.records = LikenessStore(self.store, self.seal)

    def services(self) -> Services:
        """All of it."""
        return Services(
            settings=self.settings,
            installation=self.installation,
            store=self.store,
            accounts=self.accounts,
            sources=self.sources,
            likenesses=self.likenesses,
            consents=self.consents,
            gate=self.gate,
            live_gate=self.live_gate,
            notary=self.notary,
            sessions=self.sessions,
            signing=self.signing,
            inspection=self.inspection,
            recordings=self.recordings,
            journal=self.journal,
            imaging=self.imaging,
            placement=self.placement,
            rates=self.rates,
            fetch=self.fetch,
            registry=CollectorRegistry(),
            world=self.world,
            operator_token=open_operator_token(self.settings.data_dir, self.world.random),
            audit_key=self.audit_key,
            policy=self.signed,
        )

    @cached_property
    def audit_key(self) -> Ed25519PrivateKey:
        """Made by the audit log; signs likeness records and statements too."""
        return read_key(self.settings.data_dir / KEY_FILE)

    @cached_property
    def accounts(self) -> Accounts:
        """Who is calling."""
        return Accounts(
            self.store,
            open_signing_key(self.settings.data_dir),
            pepper=self.installation.pepper,
            ttl_s=self.settings.token_ttl_s,
            clock=self.world.clock,
            random=self.world.random,
        )

    @cached_property
    def likenesses(self) -> Likenesses:
        """On what ground a face is worn."""
        return Likenesses(
            *(self.records, self.audit_key, self.seal),
            self._folder(EVIDENCE_FOLDER),
            self.journal,
            ids=self.ids,
            clock=self.world.clock,
            policy=self.policy,
        )

    @cached_property
    def consents(self) -> Consents:
        """What the depicted person is asked."""
        return Consents(
            *(self.store, self.records, self.likenesses, self.inspection),
            clock=self.world.clock,
            random=self.world.random,
        )

    @cached_property
    def inspection(self) -> InspectionProcess:
        """Who reads strangers' marked files and consent clips."""
        return InspectionProcess(self.settings, self.keyring, trust_anchors(self.settings))

    @cached_property
    def gate(self) -> SourceGate:
        """What a face must pass."""
        clock, random = self.world.clock, self.world.random
        blocked = BlockedFaces(self.store, self.seal, self.journal, clock=clock, random=random)
        killed = self.killed_faces
        return SourceGate(self.likenesses, blocked, killed, self.seal, self.journal, self.policy)

    @cached_property
    def killed_faces(self) -> KilledFaces:
        """What the operator has stopped."""
        switch = KillSwitch(self.store, self.journal, self.world.clock)
        return KilledFaces(self.store, switch, self.records, self.seal)

    @cached_property
    def live_gate(self) -> LiveGate:
        """What a live camera must pass."""
        sessions, monotonic = self.sessions, self.world.monotonic
        return LiveGate(sessions.running, sessions.end, self.imaging, self.policy, monotonic)

    @cached_property
    def sources(self) -> SourceLibrary:
        """The faces that may be worn."""
        return SourceLibrary(
            *(self.store, self.imaging, self.fetch),
            SourceVault(self.store, self.seal, self._folder(SOURCES_FOLDER)),
            *(self.settings.limits, self.gate),
            ids=self.ids,
            clock=self.world.clock,
        )

    @cached_property
    def casts(self) -> Casts:
        """What a session wears."""
        return Casts(self.sources, self.imaging, self.journal)

    @cached_property
    def recordings(self) -> RecordingLibrary:
        """What is kept of sessions."""
        folder, random = self._folder(RECORDINGS_FOLDER), self.world.random
        return RecordingLibrary(
            self.store,
            RecordingFiles(folder, self.seal, self.signing, random),
            self.policy,
            clock=self.world.clock,
            random=random,
        )

    @cached_property
    def marks(self) -> Marks:
        """Who is given which mark."""
        return Marks(
            *(self.keyring, self.store, self.settings.label_language),
            *(self.world.random, self.world.clock, self.policy.label),
        )

    @cached_property
    def notary(self) -> Notary:
        """Who signs what is said of live sessions."""
        return Notary(
            open_statement_keys(self.settings.data_dir),
            self.settings.issuer or f"mien-{self.installation.app_id}",
            self.policy,
            signed=self.signed is not None,
            clock=self.world.clock,
        )

    @cached_property
    def sessions(self) -> SessionService:
        """What a caller can do with sessions."""
        return SessionService(
            *(self.store, self.placement, self.sources, self.casts, self.recordings, self.rates),
            *(self.settings, self.policy, self.installation, self.marks),
            *(self.notary, self.likenesses, self.killed_faces, self.journal),
            ids=self.ids,
            clock=self.world.clock,
            monotonic=self.world.monotonic,
        )

    def _folder(self, name: str) -> Path:
        path = self.settings.data_dir.resolve() / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

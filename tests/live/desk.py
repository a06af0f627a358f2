"""A session service with everything under it, over in-memory processes and a real database."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.live.fakes import JPEG, FakeImaging, FakePlacement, FakeStation

from mien.errors import FetchFailed
from mien.live.blocked_faces import BlockedFaces
from mien.live.casts import Casts
from mien.live.certificates import open_identity
from mien.live.governance import policy_of
from mien.live.ids import Ids
from mien.live.installation import open_installation
from mien.live.journal import Journal
from mien.live.kill_switch import KillSwitch
from mien.live.killed_faces import KilledFaces
from mien.live.likeness_store import LikenessStore
from mien.live.likenesses import Likenesses
from mien.live.marks import Marks
from mien.live.notary import Notary
from mien.live.rates import Rates
from mien.live.recording_files import RecordingFiles
from mien.live.recordings import RecordingLibrary
from mien.live.records import Tenant
from mien.live.service import SessionService, SessionView
from mien.live.session import Session, State
from mien.live.signing import Signing
from mien.live.source_gate import SourceGate
from mien.live.source_vault import SourceVault
from mien.live.sources import SourceLibrary, SourceRequest
from mien.live.store import Store
from mien.live.tokens import MediaToken
from mien.settings import Settings
from mien.trust.audit import KEY_FILE, open_audit_log, read_key
from mien.trust.keyring import open_keyring
from mien.trust.policy import Policy
from mien.trust.sealing import open_seal
from mien.trust.statement_keys import open_statement_keys

TENANT = Tenant("t1", "client", "d" * 64, False, 100, 1.0)
OTHER = Tenant("t2", "other", "e" * 64, False, 100, 1.0)
URL = "https://example.com/face.jpg"
FACE = SourceRequest(URL)
OFFER = "v=0\r\n"

T = TypeVar("T")


@dataclass
class Desk:
    """A service with everything under it, and a clock that the test moves."""

    folder: Path
    settings: Settings
    placement: FakePlacement = field(default_factory=FakePlacement)
    imaging: FakeImaging = field(default_factory=FakeImaging)
    pages: dict[str, bytes] = field(default_factory=lambda: {URL: JPEG})
    now: float = 1_800_000_000.0
    join_wait_s: float = 5.0
    signed: Policy | None = None

    async def open(self) -> None:
        installation = open_installation(self.settings, secrets.token_bytes)
        keyring = open_keyring(self.settings.data_dir, secrets.token_bytes, self.now)
        self.store = Store(self.settings.resolved_database_url)
        await self.store.open()
        await self.store.put_tenant(TENANT)
        await self.store.put_tenant(OTHER)
        ids = Ids(self.clock, secrets.token_bytes)
        limits = self.settings.limits
        policy = self.signed or policy_of(self.settings)
        self.likenesses, self.gate = self._rules(ids, policy)
        seal = open_seal(self.settings.data_dir, secrets.token_bytes)
        self.vault = SourceVault(self.store, seal, self.folder)
        self.sources = SourceLibrary(
            *(self.store, self.imaging, self.fetch, self.vault, limits, self.gate),
            ids=ids,
            clock=self.clock,
        )
        signing = Signing(open_identity(self.settings, time.time))
        self.recordings = RecordingLibrary(
            self.store,
            RecordingFiles(self.folder, seal, signing, secrets.token_bytes),
            policy,
            clock=self.clock,
            random=secrets.token_bytes,
        )
        keys = open_statement_keys(self.settings.data_dir)
        self.notary = Notary(keys, "desk", Policy(), signed=False, clock=self.clock)
        self.service = SessionService(
            self.store,
            self.placement,
            self.sources,
            Casts(self.sources, self.imaging, self.journal),
            self.recordings,
            Rates(limits),
            self.settings,
            policy,
            installation,
            Marks(keyring, self.store, "en", secrets.token_bytes, self.clock),
            self.notary,
            self.likenesses,
            self.killed_faces,
            self.journal,
            ids=ids,
            clock=self.clock,
            monotonic=self.clock,
            join_wait_s=self.join_wait_s,
        )
        await self.service.start()

    def _rules(self, ids: Ids, policy: Policy) -> tuple[Likenesses, SourceGate]:
        folder = self.settings.data_dir
        self.journal = Journal(open_audit_log(folder, self.clock))
        seal = open_seal(folder, secrets.token_bytes)
        records = LikenessStore(self.store, seal)
        likenesses = Likenesses(
            records,
            read_key(folder / KEY_FILE),
            seal,
            folder / "evidence",
            self.journal,
            ids=ids,
            clock=self.clock,
            policy=policy,
        )
        self.blocked = BlockedFaces(
            self.store, seal, self.journal, clock=self.clock, random=secrets.token_bytes
        )
        self.killed_faces = KilledFaces(
            self.store, KillSwitch(self.store, self.journal, self.clock), records, seal
        )
        rules = (self.blocked, self.killed_faces, seal, self.journal, policy)
        gate = SourceGate(likenesses, *rules)
        return likenesses, gate

    async def shut(self) -> None:
        await self.service.stop()
        await self.placement.stop(1.0)
        await self.recordings.stop()
        await self.store.close()

    def clock(self) -> float:
        return self.now

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        if url not in self.pages:
            raise FetchFailed("The URL could not be fetched.")
        return self.pages[url]

    async def create(self, source: SourceRequest = FACE, record: bool = False) -> SessionView:
        return await self.service.create(TENANT, [source], 2, record=record)

    def grant(self, view: SessionView) -> MediaToken:
        return self.service.admit(view.media_token, view.session.channel_id)

    async def join(self, view: SessionView) -> str:
        _, answer = await self.service.join(self.grant(view), "join", OFFER)
        return answer.peer_id

    async def session(self, view: SessionView) -> Session:
        return (await self.service.info(TENANT, view.session.id)).session

    async def until(self, view: SessionView, state: State) -> Session:
        async def settled() -> Session | None:
            session = await self.session(view)
            return session if session.state is state else None

        return await eventually(settled)

    def files(self) -> int:
        return len(list(self.folder.glob("src_*")))

    @property
    def station(self) -> FakeStation:
        return self.placement.stations[-1]


async def eventually(look: Callable[[], Awaitable[T | None]]) -> T:
    async with asyncio.timeout(15):
        while not (seen := await look()):  # noqa: ASYNC110  no event tells
            await asyncio.sleep(0.01)
    return seen


@asynccontextmanager
async def opened_desk(folder: Path, **options: Any) -> AsyncIterator[Desk]:
    """A desk that is open; options are settings, join_wait_s, and signed: a policy."""
    wait, signed = options.pop("join_wait_s", 5.0), options.pop("signed", None)
    settings = Settings(data_dir=folder / "data", **{"join_grace_s": 0.2, **options})
    desk = Desk(folder, settings, join_wait_s=wait, signed=signed)
    await desk.open()
    yield desk
    await desk.shut()

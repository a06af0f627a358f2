"""Whose face a session wears, and on what ground: asked before it is worn, and while it is."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mien.errors import FaceBlocked, NotFound, ParameterError, VerificationRequired
from mien.live.ids import Clock, Ids
from mien.live.journal import Journal
from mien.live.likeness_store import LikenessStore
from mien.live.records import Source
from mien.live.store import OPEN_STATES
from mien.trust.likeness import Basis, Likeness, Scope, alike, is_genuine, sign_likeness
from mien.trust.policy import Policy
from mien.trust.private_file import write_private
from mien.trust.sealing import Seal
from mien.vision.identity import Embedding

UNPROVEN = "No valid likeness record proves the use of this face."
BINDING_TAKES_S = 60.0
EVERYTHING = (Scope.LIVE, Scope.FILE, Scope.RECORDING)


@dataclass(frozen=True)
class Registration:
    """What a tenant says of a face. evidence: SHA-256 of a document that he keeps, hex; None
    where the person is to be asked through a link."""

    subject: str
    basis: Basis
    scope: tuple[Scope, ...] = EVERYTHING
    adult: bool = False
    valid_until: float | None = None
    evidence: str | None = None


class Likenesses:
    """The installation's likeness records. `policy` says for whom a call alone is enough."""

    def __init__(
        self,
        store: LikenessStore,
        key: Ed25519PrivateKey,
        seal: Seal,
        folder: Path,
        journal: Journal,
        *,
        ids: Ids,
        clock: Clock,
        policy: Policy,
    ) -> None:
        self._store = store
        self._key = key
        self._seal = seal
        self._folder = folder
        self._journal = journal
        self._ids = ids
        self._clock = clock
        self._policy = policy

    async def register(
        self, tenant_id: str, about: Registration, embedding: Embedding | None
    ) -> Likeness:
        """A new record. Raises ParameterError for a minor, and where nothing is registered."""
        if not about.adult:
            raise ParameterError("adult: state that the person is an adult; no others are taken.")
        if about.basis is Basis.ATTESTED:
            raise ParameterError("basis: 'attested' is what calls say by themselves.")
        if embedding is None:
            raise ParameterError("source: the picture's face could not be recognised.")
        verifier = f"tenant {tenant_id}" if about.evidence else None
        record = self._signed(self._fresh(tenant_id, about, verifier))
        await self._store.add(record, embedding)
        await self._journal.write(
            "likeness.registered", likeness=record.id, tenant=tenant_id, basis=record.basis.value
        )
        return record

    async def license(
        self, tenant_id: str, source: Source, embedding: Embedding | None, uses: Sequence[Scope]
    ) -> str:
        """The id of the one record under which a source may be put to all of the uses.

        Raises VerificationRequired where records are required and none proves it, FaceBlocked
        where consent was withdrawn, has run out, or does not cover a use.
        """
        known = await self._matches(tenant_id, source, embedding)
        # What was registered outweighs what calls have said of the same face.
        matches = [one for one in known if one.basis is not Basis.ATTESTED] or known
        objections = [_objection(one, uses, self._clock()) for one in matches]
        fitting = [one for one, why in zip(matches, objections, strict=True) if why is None]
        proven = [one for one in fitting if one.proven and self.is_genuine(one)]
        if proven:
            return await self._bind(source, proven[0])
        if self._policy.of(tenant_id).likeness == "required":
            why = next(filter(None, objections), "")
            raise VerificationRequired(f"{UNPROVEN} {why}".strip())
        if fitting:
            return await self._bind(source, fitting[0])
        if matches:
            raise FaceBlocked(str(objections[-1]))
        return await self._bind(source, await self._attest(tenant_id, embedding))

    async def get(self, tenant_id: str, likeness_id: str) -> Likeness:
        """A tenant's own record. Raises NotFound, also for somebody else's."""
        record = await self._store.get(likeness_id)
        if record is None or record.tenant_id != tenant_id:
            raise NotFound("There is no likeness record of that id.")
        return record

    async def listed(self, tenant_id: str) -> list[Likeness]:
        """A tenant's records, the oldest first."""
        return await self._store.of_tenant(tenant_id)

    def is_genuine(self, record: Likeness) -> bool:
        """Whether the record is as this installation signed it."""
        return is_genuine(record, self._key.public_key())

    async def prove(self, likeness_id: str, evidence: bytes, verifier: str) -> Likeness:
        """Keep what proves a record, sealed, and sign the record with its hash."""
        record = await self._store.get(likeness_id)
        if record is None:
            raise NotFound("There is no likeness record of that id.")
        sealed = self._seal.close(evidence, _about(likeness_id))
        await asyncio.to_thread(write_private, self._file(likeness_id), sealed)
        digest = hashlib.sha256(evidence).hexdigest()
        proven = self._signed(replace(record, evidence=digest, verifier=verifier))
        await self._store.save(proven)
        await self._journal.write("likeness.proven", likeness=likeness_id, evidence=digest)
        return proven

    async def evidence(self, tenant_id: str, likeness_id: str) -> bytes:
        """The clip that was recorded for a record. Raises NotFound where there is none."""
        await self.get(tenant_id, likeness_id)
        path = self._file(likeness_id)
        if not path.exists():
            raise NotFound("No clip is kept for this record.")
        sealed = await asyncio.to_thread(path.read_bytes)
        return self._seal.open(sealed, _about(likeness_id))

    async def revoke(self, likeness_id: str, by: str) -> None:
        """Withdraw consent; sessions end at the next look. Idempotent. Raises NotFound."""
        record = await self._store.get(likeness_id)
        if record is None:
            raise NotFound("There is no likeness record of that id.")
        for one in (record, *await self._attested_alike(record)):
            if one.revoked_at is None:
                await self._store.save(replace(one, revoked_at=self._clock()))
                await self._journal.write("likeness.revoked", likeness=one.id, by=by)

    async def withdrawn(self, session_ids: Sequence[str]) -> set[str]:
        """Those of the sessions whose face may not be worn any more."""
        return await self._store.withdrawn(session_ids, self._clock())

    async def export(self, tenant_id: str, likeness_id: str) -> dict[str, Any]:
        """All that is kept about a face, but for its embedding and the clip itself."""
        record = await self.get(tenant_id, likeness_id)
        return {
            **asdict(record),
            "genuine": self.is_genuine(record),
            "embedding_kept": await self._store.embedding(likeness_id) is not None,
            "clip_kept": self._file(likeness_id).exists(),
            "sources": await self._store.sources(likeness_id),
            "sessions": await self._store.sessions(likeness_id),
            "marks": await self._store.marks(likeness_id),
        }

    async def same_face(self, tenant_id: str, likeness_id: str) -> list[str]:
        """Ids of a record and of what calls of the same account have said of the same face."""
        record = await self.get(tenant_id, likeness_id)
        return [one.id for one in (record, *await self._attested_alike(record))]

    async def erase(self, tenant_id: str, likeness_id: str) -> tuple[list[str], list[str]]:
        """Forget a record, its face and its clip; ids of its open sessions and of its sources."""
        record = await self.get(tenant_id, likeness_id)
        sessions: list[str] = []
        sources: list[str] = []
        for one in (record, *await self._attested_alike(record)):
            known = await self._store.sessions(one.id)
            sessions += [each["id"] for each in known if each["state"] in OPEN_STATES]
            sources += await self._store.sources(one.id)
            await self._store.drop(one.id)
            await self._journal.write("likeness.erased", likeness=one.id, tenant=tenant_id)
        self._file(likeness_id).unlink(missing_ok=True)
        return sessions, sources

    async def sweep(self) -> int:
        """Forget what calls attested and nothing uses any more; returns how many."""
        # A younger one may be about to get its source.
        return await self._store.drop_unused_attested(self._clock() - BINDING_TAKES_S)

    async def _matches(
        self, tenant_id: str, source: Source, embedding: Embedding | None
    ) -> list[Likeness]:
        """The records of the face: the one it was used under, then those that look like it."""
        names = [source.likeness_id] if source.likeness_id else []
        if embedding is not None:
            names += alike(embedding, await self._store.embeddings(tenant_id))
        return [record for name in names if (record := await self._store.get(name))]

    async def _attested_alike(self, record: Likeness) -> list[Likeness]:
        """What calls of the same account have said of the same face."""
        embedding = await self._store.embedding(record.id)
        if embedding is None:
            return []
        names = alike(embedding, await self._store.embeddings(record.tenant_id))
        others = [await self._store.get(name) for name in names if name != record.id]
        return [one for one in others if one and one.basis is Basis.ATTESTED]

    async def _attest(self, tenant_id: str, embedding: Embedding | None) -> Likeness:
        """What calling says: that the caller may use the face."""
        about = Registration(subject="", basis=Basis.ATTESTED)
        record = self._signed(self._fresh(tenant_id, about, None))
        await self._store.add(record, embedding)
        await self._journal.write("likeness.attested", likeness=record.id, tenant=tenant_id)
        return record

    async def _bind(self, source: Source, record: Likeness) -> str:
        if source.likeness_id != record.id:
            await self._store.bind_source(source.id, record.id)
        return record.id

    def _fresh(self, tenant_id: str, about: Registration, verifier: str | None) -> Likeness:
        now = self._clock()
        return Likeness(
            id=self._ids.likeness(),
            tenant_id=tenant_id,
            verifier=verifier,
            valid_from=now,
            created_at=now,
            **{name: getattr(about, name) for name in Registration.__dataclass_fields__},
        )

    def _signed(self, record: Likeness) -> Likeness:
        return sign_likeness(record, self._key)

    def _file(self, likeness_id: str) -> Path:
        return self._folder / f"{likeness_id}.sealed"


def _objection(record: Likeness, uses: Sequence[Scope], now: float) -> str | None:
    return next((why for use in uses if (why := record.objection(use, now))), None)


def _about(likeness_id: str) -> str:
    return f"evidence of {likeness_id}"

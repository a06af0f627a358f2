"""Likeness records in the database: names and embeddings sealed, the rest to be looked for."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import delete, select, update

from mien.live.schema import (
    ConsentRow,
    LikenessRow,
    MarkUseRow,
    RecordingRow,
    SessionRow,
    SourceRow,
)
from mien.live.store import Store
from mien.live.worn import worn_sources
from mien.trust.likeness import Basis, Likeness, Scope
from mien.trust.registry import mark_name
from mien.trust.sealing import Seal
from mien.vision.identity import Embedding


class LikenessStore:
    """The repository of likeness records."""

    def __init__(self, store: Store, seal: Seal) -> None:
        self._store = store
        self._seal = seal

    async def add(self, record: Likeness, embedding: Embedding | None) -> None:
        """Keep a new record; the embedding of its face, where one is known."""
        values = self._values(record) | {"embedding": self._sealed(record.id, embedding)}
        await self._store.write(lambda db: db.add(LikenessRow(**values)))

    async def save(self, record: Likeness) -> None:
        """Replace a record; its embedding stays."""
        change = update(LikenessRow).where(LikenessRow.id == record.id)
        values = self._values(record)
        await self._store.write(lambda db: db.execute(change.values(**values)))

    async def get(self, likeness_id: str) -> Likeness | None:
        """The record of that id."""
        return await self._store.read(lambda db: self._record(db.get(LikenessRow, likeness_id)))

    async def of_tenant(self, tenant_id: str) -> list[Likeness]:
        """A tenant's records, the oldest first."""
        wanted = (
            select(LikenessRow)
            .where(LikenessRow.tenant_id == tenant_id)
            .order_by(LikenessRow.created_at, LikenessRow.id)
        )
        rows = await self._store.read(lambda db: list(db.scalars(wanted)))
        return [record for row in rows if (record := self._record(row))]

    async def embeddings(self, tenant_id: str) -> dict[str, Embedding]:
        """The faces of a tenant's records, by the records' ids."""
        wanted = select(LikenessRow.id, LikenessRow.embedding).where(
            LikenessRow.tenant_id == tenant_id, LikenessRow.embedding.is_not(None)
        )
        rows = await self._store.read(lambda db: db.execute(wanted).all())
        return {name: self._opened(name, sealed) for name, sealed in rows if sealed}

    async def embedding(self, likeness_id: str) -> Embedding | None:
        """The face of one record."""
        wanted = select(LikenessRow.embedding).where(LikenessRow.id == likeness_id)
        sealed = await self._store.read(lambda db: db.scalar(wanted))
        return None if sealed is None else self._opened(likeness_id, sealed)

    async def bind_source(self, source_id: str, likeness_id: str) -> None:
        """Say under which record a source is used."""
        change = update(SourceRow).where(SourceRow.id == source_id)
        await self._store.write(lambda db: db.execute(change.values(likeness_id=likeness_id)))

    async def sources(self, likeness_id: str) -> list[str]:
        """Ids of the sources that are used under a record."""
        wanted = select(SourceRow.id).where(SourceRow.likeness_id == likeness_id)
        return await self._store.read(lambda db: list(db.scalars(wanted)))

    async def sessions(self, likeness_id: str) -> list[dict[str, Any]]:
        """id, creation time and state of the sessions of which it is a face now."""
        worn = worn_sources()
        wanted = (
            select(SessionRow.id, SessionRow.created_at, SessionRow.state)
            .distinct()
            .join(worn, worn.c.session_id == SessionRow.id)
            .join(SourceRow, SourceRow.id == worn.c.source_id)
            .where(SourceRow.likeness_id == likeness_id)
            .order_by(SessionRow.created_at)
        )
        rows = await self._store.read(lambda db: db.execute(wanted).all())
        return [{"id": name, "created_at": at, "state": state} for name, at, state in rows]

    async def marks(self, likeness_id: str) -> list[str]:
        """Names of the marks under which the face was worn, the oldest first."""
        its = MarkUseRow.likeness_id == likeness_id
        wanted = select(MarkUseRow.mark_id).where(its).order_by(MarkUseRow.id)
        found = await self._store.read(lambda db: list(db.scalars(wanted)))
        return [mark_name(one) for one in dict.fromkeys(found)]

    async def withdrawn(self, session_ids: Sequence[str], now: float) -> set[str]:
        """Those of the sessions with a face whose record was revoked or has run out."""
        worn = worn_sources()
        over = LikenessRow.revoked_at.is_not(None) | (LikenessRow.valid_until <= now)
        wanted = (
            select(worn.c.session_id)
            .join(SourceRow, SourceRow.id == worn.c.source_id)
            .join(LikenessRow, LikenessRow.id == SourceRow.likeness_id)
            .where(worn.c.session_id.in_(session_ids), over)
        )
        return await self._store.read(lambda db: set(db.scalars(wanted)))

    async def drop(self, likeness_id: str) -> None:
        """Forget a record, its face and its invitations."""

        def work(db: Any) -> None:
            db.execute(
                update(SourceRow)
                .where(SourceRow.likeness_id == likeness_id)
                .values(likeness_id=None)
            )
            db.execute(delete(ConsentRow).where(ConsentRow.likeness_id == likeness_id))
            db.execute(delete(LikenessRow).where(LikenessRow.id == likeness_id))

        await self._store.write(work)

    async def drop_unused_attested(self, before: float) -> int:
        """Forget the records that calls made before that moment and nothing needs any more.

        What shows a face in a recording is needed to find that again.
        """
        used = select(SourceRow.likeness_id).where(SourceRow.likeness_id.is_not(None))
        recorded = (
            select(MarkUseRow.likeness_id)
            .join(RecordingRow, RecordingRow.mark_id == MarkUseRow.mark_id)
            .where(MarkUseRow.likeness_id.is_not(None))
        )
        change = delete(LikenessRow).where(
            LikenessRow.basis == Basis.ATTESTED.value,
            LikenessRow.created_at < before,
            LikenessRow.revoked_at.is_(None),
            LikenessRow.id.not_in(used),
            LikenessRow.id.not_in(recorded),
        )
        return await self._store.write(lambda db: int(getattr(db.execute(change), "rowcount", 0)))

    def _values(self, record: Likeness) -> dict[str, Any]:
        subject = self._seal.close(record.subject.encode(), _about("subject", record.id))
        return {
            **asdict(record),
            "subject": subject,
            "basis": record.basis.value,
            "scope": [use.value for use in record.scope],
        }

    def _record(self, row: LikenessRow | None) -> Likeness | None:
        if row is None:
            return None
        return Likeness(
            id=row.id,
            tenant_id=row.tenant_id,
            subject=self._seal.open(row.subject, _about("subject", row.id)).decode(),
            basis=Basis(row.basis),
            scope=tuple(Scope(use) for use in row.scope),
            adult=row.adult,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            created_at=row.created_at,
            evidence=row.evidence,
            verifier=row.verifier,
            revoked_at=row.revoked_at,
            signature=row.signature,
        )

    def _sealed(self, likeness_id: str, embedding: Embedding | None) -> bytes | None:
        if embedding is None:
            return None
        data = np.ascontiguousarray(embedding, np.float32).tobytes()
        return self._seal.close(data, _about("embedding", likeness_id))

    def _opened(self, likeness_id: str, sealed: bytes) -> Embedding:
        data = self._seal.open(sealed, _about("embedding", likeness_id))
        return np.frombuffer(data, np.float32)


def _about(what: str, likeness_id: str) -> str:
    """A sealed text opens in its own row only."""
    return f"{what} of {likeness_id}"

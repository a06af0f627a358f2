"""Faces that nobody may wear on this installation, told by their embeddings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
from sqlalchemy import delete, select

from mien.errors import NotFound
from mien.live.command_store import open_command_store
from mien.live.ids import Clock, RandomBytes
from mien.live.journal import Journal
from mien.live.schema import BlockedFaceRow
from mien.live.store import Store
from mien.settings import Settings
from mien.trust.likeness import alike
from mien.trust.sealing import Seal, open_seal
from mien.vision.identity import Embedding

# Wider than a licence's: one photo too many is refused rather than one too few.
WITHIN = 0.55


@dataclass(frozen=True)
class BlockedFace:
    """An entry of the list."""

    id: str
    reason: str
    created_at: float


class BlockedFaces:
    """The block list. A server sees what a command adds at the next face it is sent."""

    def __init__(
        self, store: Store, seal: Seal, journal: Journal, *, clock: Clock, random: RandomBytes
    ) -> None:
        self._store = store
        self._seal = seal
        self._journal = journal
        self._clock = clock
        self._random = random

    async def add(self, embedding: Embedding, reason: str) -> BlockedFace:
        """Block a face from now on."""
        entry = BlockedFace("blk_" + self._random(12).hex(), reason, self._clock())
        data = np.ascontiguousarray(embedding, np.float32).tobytes()
        row = BlockedFaceRow(**vars(entry), embedding=self._seal.close(data, entry.id))
        await self._store.write(lambda db: db.add(row))
        await self._journal.write("blocklist.added", entry=entry.id)
        return entry

    async def listed(self) -> list[BlockedFace]:
        """Every entry, the oldest first."""
        wanted = select(BlockedFaceRow).order_by(BlockedFaceRow.created_at, BlockedFaceRow.id)
        rows = await self._store.read(lambda db: list(db.scalars(wanted)))
        return [BlockedFace(row.id, row.reason, row.created_at) for row in rows]

    async def remove(self, entry_id: str) -> None:
        """Take a face off the list. Raises NotFound."""
        wanted = select(BlockedFaceRow.id).where(BlockedFaceRow.id == entry_id)
        if await self._store.read(lambda db: db.scalar(wanted)) is None:
            raise NotFound(f"There is no entry {entry_id}", "see `mien blocklist list`.")
        change = delete(BlockedFaceRow).where(BlockedFaceRow.id == entry_id)
        await self._store.write(lambda db: db.execute(change))
        await self._journal.write("blocklist.removed", entry=entry_id)

    async def match(self, embedding: Embedding) -> str | None:
        """The id of the entry that is the same person's, if there is one."""
        wanted = select(BlockedFaceRow.id, BlockedFaceRow.embedding)
        rows = await self._store.read(lambda db: db.execute(wanted).all())
        known = {
            name: np.frombuffer(self._seal.open(sealed, name), np.float32) for name, sealed in rows
        }
        return next(iter(alike(embedding, known, WITHIN)), None)


@asynccontextmanager
async def open_blocked_faces(
    settings: Settings, *, clock: Clock, random: RandomBytes
) -> AsyncIterator[BlockedFaces]:
    """For a command: over the store, the key and the log that the server uses."""
    async with open_command_store(settings, clock) as (store, journal):
        seal = open_seal(settings.data_dir, random)
        yield BlockedFaces(store, seal, journal, clock=clock, random=random)

"""Faces that nobody may wear on this installation, told by their embeddings."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import delete, select

from mien.errors import NotFound
from mien.live.ids import Clock, RandomBytes
from mien.live.schema import BlockedFaceRow
from mien.live.store import Store
from mien.trust.likeness import alike
from mien.trust.sealing import Seal
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

    def __init__(self, store: Store, seal: Seal, *, clock: Clock, random: RandomBytes) -> None:
        self._store = store
        self._seal = seal
        self._clock = clock
        self._random = random

    async def add(self, embedding: Embedding, reason: str) -> BlockedFace:
        """Block a face from now on."""
        entry = BlockedFace("blk_" + self._random(12).hex(), reason, self._clock())
        data = np.ascontiguousarray(embedding, np.float32).tobytes()
        row = BlockedFaceRow(**vars(entry), embedding=self._seal.close(data, entry.id))
        await self._store.write(lambda db: db.add(row))
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
            raise NotFound(f"There is no entry {entry_id}; see `mien blocklist list`.")
        change = delete(BlockedFaceRow).where(BlockedFaceRow.id == entry_id)
        await self._store.write(lambda db: db.execute(change))

    async def match(self, embedding: Embedding) -> str | None:
        """The id of the entry that is the same person's, if there is one."""
        wanted = select(BlockedFaceRow.id, BlockedFaceRow.embedding)
        rows = await self._store.read(lambda db: db.execute(wanted).all())
        known = {
            name: np.frombuffer(self._seal.open(sealed, name), np.float32) for name, sealed in rows
        }
        return next(iter(alike(embedding, known, WITHIN)), None)

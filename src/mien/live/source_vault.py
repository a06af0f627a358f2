"""Prepared faces and their previews as they are kept: sealed, each under its source's id."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from mien.errors import SourceRejected
from mien.live.records import Source
from mien.live.schema import SourceRow
from mien.live.store import Store
from mien.trust.private_file import write_private
from mien.trust.sealing import Seal, SealBroken

SEALED, UNSEALED = ".sealed", ".npz"
SAID = "credentials"


class SourceVault:
    """Rows with sealed previews in the store, sealed faces in `folder`."""

    def __init__(self, store: Store, seal: Seal, folder: Path) -> None:
        self._store, self._seal, self._folder = store, seal, folder

    async def keep(
        self,
        source: Source,
        face: bytes,
        preview: bytes,
        members: Sequence[str] = (),
        credentials: Sequence[bytes] = (),
    ) -> Source:
        """Keep a new source; as it is kept, with path and sealed preview. members: of a cast.

        credentials: see PreparedSource.
        """
        kept = replace(source, **await self._sealed(source.id, face, preview))
        if credentials:
            said = json.dumps([b64encode(one).decode() for one in credentials]).encode()
            kept = replace(kept, credentials=self._seal.close(said, _about(SAID, source.id)))
        await self._store.add_source(kept, members)
        return kept

    async def face(self, source: Source) -> bytes:
        """The prepared face, for a process that wears it. Raises SourceRejected."""
        try:
            sealed = await asyncio.to_thread(Path(source.path).read_bytes)
            return self._seal.open(sealed, _about("face", source.id))
        except (OSError, SealBroken) as error:
            raise SourceRejected("The prepared face can't be opened", "upload it again.") from error

    def preview(self, source: Source) -> bytes:
        """The small JPEG. Raises SealBroken."""
        return self._seal.open(source.preview, _about("preview", source.id))

    def credentials(self, source: Source) -> tuple[bytes, ...]:
        """What its pictures' own manifests say. Raises SealBroken."""
        return open_credentials(self._seal, source.id, source.credentials)

    async def remove(self, source: Source) -> None:
        """Delete the face of a source whose row is gone."""
        await asyncio.to_thread(Path(source.path).unlink, missing_ok=True)

    async def seal_older(self) -> int:
        """Seal what an earlier version kept readable; returns how many faces."""
        wanted = select(SourceRow).where(SourceRow.path.endswith(UNSEALED))
        rows = await self._store.read(lambda db: list(db.scalars(wanted)))
        for row in rows:
            await self._reseal(row)
        left = await asyncio.to_thread(lambda: list(self._folder.glob(f"*{UNSEALED}*")))
        for path in left:
            await asyncio.to_thread(path.unlink)
        if rows:
            await self._store.compact()
        return len(rows)

    async def _reseal(self, row: SourceRow) -> None:
        face = await asyncio.to_thread(_read, Path(row.path))
        values = await self._sealed(row.id, face, row.preview)
        change = update(SourceRow).where(SourceRow.id == row.id).values(**values)
        await self._store.write(lambda db: db.execute(change))

    async def _sealed(self, source_id: str, face: bytes, preview: bytes) -> dict[str, Any]:
        """What a row says of a face that now lies in the folder."""
        path = self._folder / f"{source_id}{SEALED}"
        sealed = self._seal.close(face, _about("face", source_id))
        await asyncio.to_thread(write_private, path, sealed)
        return {
            "path": str(path),
            "preview": self._seal.close(preview, _about("preview", source_id)),
        }


def open_credentials(seal: Seal, source_id: str, sealed: bytes | None) -> tuple[bytes, ...]:
    """What was kept of a source's pictures' manifests. Raises SealBroken."""
    if sealed is None:
        return ()
    return tuple(b64decode(one) for one in json.loads(seal.open(sealed, _about(SAID, source_id))))


def _about(what: str, source_id: str) -> str:
    return f"{what} of {source_id}"


def _read(path: Path) -> bytes:
    """A face that is gone is told when it is worn."""
    return path.read_bytes() if path.exists() else b""

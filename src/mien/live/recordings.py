"""The recordings of sessions: begun with a station, signed when it ends, deleted on time."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import structlog
from sqlalchemy import ColumnElement, delete, select, update

from mien.errors import Forbidden, NotFound
from mien.live.ids import Clock, RandomBytes
from mien.live.recording_files import RecordingFiles
from mien.live.records import Recording, Source
from mien.live.schema import MarkUseRow, RecordingInputRow, RecordingRow
from mien.live.store import Store
from mien.trust.policy import Policy
from mien.trust.sealed_file import SealedFile, SealedPath

RECORDING_PREFIX = "rec_"
DAY_S = 86_400.0
LIST_LIMIT = 200
NO_RECORDING = "There is no recording of that id."

log = structlog.get_logger()


class RecordingLibrary:
    """Keeps recordings: rows in the store, MP4s in `files`."""

    def __init__(
        self,
        store: Store,
        files: RecordingFiles,
        policy: Policy,
        *,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self._store, self._files = store, files
        self._policy, self._clock, self._random = policy, clock, random
        self._finishing: set[asyncio.Task[None]] = set()

    def require_allowed(self, tenant_id: str) -> None:
        """Raises Forbidden where no sessions of the tenant are recorded."""
        if self._policy.of(tenant_id).recording == "deny":
            raise Forbidden(
                "This server records no sessions of this account", "leave out `record`."
            )

    def new(self, tenant_id: str, session_id: str, mark_id: int) -> Recording:
        """A recording that may begin; nothing is kept of it before `keep`."""
        now, days = self._clock(), self._policy.of(tenant_id).recording_days
        return Recording(
            id=RECORDING_PREFIX + self._random(16).hex(),
            tenant_id=tenant_id,
            session_id=session_id,
            mark_id=mark_id,
            created_at=now,
            expires_at=now + days * DAY_S,
            ready=False,
            bytes=0,
        )

    def place(self, recording_id: str) -> SealedPath:
        """Where a recording's file lies, and the key of that file alone."""
        return self._files.place(recording_id)

    async def keep(self, recording: Recording, written: asyncio.Future[Any]) -> None:
        """Keep a recording that has begun, and sign it when the process that writes has ended."""
        await self._store.write(lambda db: db.add(RecordingRow(**asdict(recording))))
        task = asyncio.create_task(self._finish_after(recording, written))
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def worn(self, mark_id: int, faces: Sequence[Source]) -> None:
        """Keep what the faces' pictures say by C2PA until that mark's recording is signed."""
        rows = [
            RecordingInputRow(mark_id=mark_id, source_id=face.id, credentials=face.credentials)
            for face in faces
            if face.credentials
        ]
        if rows:
            await self._store.write(lambda db: db.add_all(rows))

    async def recover(self) -> int:
        """Sign what an earlier run left unfinished; returns how many."""
        if sealed := await asyncio.to_thread(self._files.tidy):
            log.info("recordings.sealed", count=sealed)
        left = await self._where(~RecordingRow.ready)
        for recording in left:
            await self._finish(recording)
        return len(left)

    async def stop(self) -> None:
        """Wait for what is being signed; the processes that write must have ended."""
        await asyncio.gather(*self._finishing, return_exceptions=True)

    async def listed(self, tenant_id: str) -> list[Recording]:
        """A tenant's recordings, newest first, at most 200."""
        return await self._where(RecordingRow.tenant_id == tenant_id)

    async def get(self, tenant_id: str, recording_id: str) -> Recording:
        """A tenant's own recording. Raises NotFound, also for somebody else's."""
        found = await self._where(
            RecordingRow.id == recording_id, RecordingRow.tenant_id == tenant_id
        )
        if not found or found[0].expires_at <= self._clock():
            raise NotFound(NO_RECORDING)
        return found[0]

    async def open(self, tenant_id: str, recording_id: str) -> SealedFile:
        """The MP4 of a finished recording, which the caller closes. Raises NotFound."""
        recording = await self._finished(tenant_id, recording_id)
        return await asyncio.to_thread(self._files.open, recording.id)

    async def delete(self, tenant_id: str, recording_id: str) -> None:
        """Delete a finished recording. Raises NotFound."""
        await self._finished(tenant_id, recording_id)
        await self._drop([recording_id])

    async def showing(self, likeness_ids: Sequence[str]) -> list[Recording]:
        """The recordings in which a face was worn under one of those records, newest first."""
        return await self._where(_shows(likeness_ids))

    async def forget(self, likeness_ids: Sequence[str]) -> None:
        """Delete every recording of those; one that is still written goes when it ends."""
        change = update(RecordingRow).where(_shows(likeness_ids)).values(expires_at=0.0)
        await self._store.write(lambda db: db.execute(change))
        await self.sweep()

    async def sweep(self) -> int:
        """Delete what has been kept long enough; returns how many."""
        over = await self._where(RecordingRow.ready, RecordingRow.expires_at <= self._clock())
        await self._drop([one.id for one in over])
        return len(over)

    async def _finished(self, tenant_id: str, recording_id: str) -> Recording:
        recording = await self.get(tenant_id, recording_id)
        if not recording.ready:
            raise NotFound("The session is still being recorded", "ask again when it has ended.")
        return recording

    async def _finish_after(self, recording: Recording, written: asyncio.Future[Any]) -> None:
        await asyncio.wait((written,))
        await self._finish(recording)
        # It may have been forgotten meanwhile.
        await self.sweep()

    async def _finish(self, recording: Recording) -> None:
        statement = await self._store.statement(recording.mark_id)
        size = 0
        if statement is not None:
            inputs = await self._inputs(recording.mark_id)
            size = await asyncio.to_thread(self._files.finish, recording.id, statement, inputs)
        await self._forget_inputs(recording.mark_id)
        if size == 0:
            await self._drop([recording.id])
            return
        change = update(RecordingRow).where(RecordingRow.id == recording.id)
        await self._store.write(lambda db: db.execute(change.values(ready=True, bytes=size)))

    async def _inputs(self, mark_id: int) -> list[tuple[str, bytes]]:
        """Of each face that was worn, once: its source's id and its sealed credentials."""
        its = RecordingInputRow.mark_id == mark_id
        wanted = select(RecordingInputRow).where(its).order_by(RecordingInputRow.id)
        return await self._store.read(
            lambda db: list({row.source_id: row.credentials for row in db.scalars(wanted)}.items())
        )

    async def _forget_inputs(self, mark_id: int) -> None:
        gone = delete(RecordingInputRow).where(RecordingInputRow.mark_id == mark_id)
        await self._store.write(lambda db: db.execute(gone))

    async def _drop(self, ids: Sequence[str]) -> None:
        for recording_id in ids:
            await asyncio.to_thread(self._files.remove, recording_id)
        gone = delete(RecordingRow).where(RecordingRow.id.in_(ids))
        await self._store.write(lambda db: db.execute(gone))

    async def _where(self, *conditions: object) -> list[Recording]:
        wanted = (
            select(RecordingRow)
            .where(*conditions)  # type: ignore[arg-type]
            .order_by(RecordingRow.created_at.desc(), RecordingRow.id)
            .limit(LIST_LIMIT)
        )
        return await self._store.read(lambda db: [_recording(row) for row in db.scalars(wanted)])


def _shows(likeness_ids: Sequence[str]) -> ColumnElement[bool]:
    worn = select(MarkUseRow.mark_id).where(MarkUseRow.likeness_id.in_(likeness_ids))
    return RecordingRow.mark_id.in_(worn)


def _recording(row: RecordingRow) -> Recording:
    return Recording(
        row.id,
        row.tenant_id,
        row.session_id,
        row.mark_id,
        row.created_at,
        row.expires_at,
        row.ready,
        row.bytes,
    )

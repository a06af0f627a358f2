"""Who did what, into the audit log, off the event loop."""

import asyncio

from mien.trust.audit import AuditLog


class Journal:
    """Each entry is on the disk when its `write` returns."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    async def write(self, event: str, **about: str | int | None) -> None:
        """An event such as `session.created`, and what it was about: ids, never contents."""
        await asyncio.to_thread(self._log.append, event, **about)

    async def sign(self) -> None:
        """A checkpoint, so that what was written before is signed."""
        await asyncio.to_thread(self._log.checkpoint)

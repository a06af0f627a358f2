"""The store and the log of a data directory, for a command beside the server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mien.live.ids import Clock
from mien.live.journal import Journal
from mien.live.store import Store
from mien.settings import Settings
from mien.trust.audit import open_audit_log


@asynccontextmanager
async def open_command_store(
    settings: Settings, clock: Clock, *, migrate: bool = True
) -> AsyncIterator[tuple[Store, Journal]]:
    """Both are those that the server uses. A command in a hurry migrates nothing."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(settings.resolved_database_url)
    try:
        if migrate:
            await store.open()
        yield store, Journal(open_audit_log(settings.data_dir, clock))
    finally:
        await store.close()

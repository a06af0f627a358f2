"""Marks given out: an id for every stream and file, and the statement that is kept about it."""

import asyncio
import secrets
import time
from importlib.metadata import version
from pathlib import Path

from sqlalchemy.engine import make_url

from mien.live.ids import Clock, RandomBytes
from mien.live.session import Session
from mien.live.store import Store
from mien.settings import Settings
from mien.trust.keyring import Keyring, open_keyring
from mien.trust.marking import Marking
from mien.trust.registry import Made, MarkUse, Registry, Statement, new_mark_id, session_digest
from mien.trust.strictness import LabelBy


class Marks:
    """Gives every session its mark, with the newest key."""

    def __init__(
        self,
        keyring: Keyring,
        registry: Registry,
        language: str,
        random: RandomBytes,
        clock: Clock,
        label: LabelBy = "burned_in",
    ) -> None:
        self._keyring, self._registry = keyring, registry
        self._language, self._label = language, label
        self._random, self._clock = random, clock

    async def issue(self, session_id: str, made: Made) -> tuple[Marking, Statement]:
        """A new mark; its statement is kept before any frame can carry it."""
        statement = Statement(
            mark_id=new_mark_id(self._random),
            session=session_digest(session_id),
            made=made,
            made_at=self._clock(),
            engine_version=version("mien"),
        )
        await self._registry.add_statement(statement)
        key, by_clients = self._keyring.newest.secret, self._label == "client"
        return Marking(key, statement.mark_id, self._language, by_clients), statement

    async def used(self, mark_id: int, session: Session, likeness_id: str | None) -> None:
        """Keep who has a mark and whose face is worn under it from now on."""
        now = self._clock()
        use = MarkUse(mark_id, session.id, session.tenant_id, likeness_id, now)
        await self._registry.add_use(use)


def mark_for_file(settings: Settings) -> tuple[Marking, Statement]:
    """A mark for a file that a command writes; keys and registry are the server's."""
    random = secrets.token_bytes
    keyring = open_keyring(settings.data_dir, random, time.time())

    async def issue() -> tuple[Marking, Statement]:
        store = Store(settings.resolved_database_url)
        await store.open()
        try:
            marks = Marks(keyring, store, settings.label_language, random, time.time)
            return await marks.issue(random(16).hex(), "file")
        finally:
            await store.close()

    return asyncio.run(issue())


def known_statement(settings: Settings, mark_id: int | None) -> Statement | None:
    """What the registry says of a mark. A registry that is not there says nothing."""
    if mark_id is None or not _is_there(settings.resolved_database_url):
        return None

    async def ask() -> Statement | None:
        store = Store(settings.resolved_database_url)
        await store.open()
        try:
            return await store.statement(mark_id)
        finally:
            await store.close()

    return asyncio.run(ask())


def known_uses(settings: Settings, mark_id: int) -> list[MarkUse]:
    """Who had a mark. A registry that is not there says nothing."""
    if not _is_there(settings.resolved_database_url):
        return []

    async def ask() -> list[MarkUse]:
        store = Store(settings.resolved_database_url)
        await store.open()
        try:
            return await store.uses(mark_id)
        finally:
            await store.close()

    return asyncio.run(ask())


def _is_there(url: str) -> bool:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return True
    return Path(parsed.database).exists()

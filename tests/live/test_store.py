import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from mien.live.records import Source, Tenant
from mien.live.schema import Base
from mien.live.session import Reason, Session, State
from mien.live.store import Store, migrate

TENANT = Tenant("t1", "client", "d" * 64, False, 100, 1.5)
OTHER = Tenant("t2", "other", "e" * 64, True, 0, 2.5)
SOURCE = Source(
    "src_1", "t1", 10.0, True, 640, 480, 2, ((1, 2), (3, 4)), (5, 6, 7, 8), ("n",),
    "/tmp/1.sealed", b"a sealed preview",
)  # fmt: skip
SESSION = Session("a" * 24, "t1", "20260101000000000_0001", "src_1", 2, 1, 3, 100, 3600, 7, 100.5)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await opened(tmp_path)
    yield store
    await store.close()


async def opened(folder: Path) -> Store:
    store = Store(f"sqlite:///{folder / 'mien.sqlite3'}")
    await store.open()
    await store.put_tenant(TENANT)
    await store.put_tenant(OTHER)
    return store


def test_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'fresh.sqlite3'}")
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
    migrate(engine)
    engine.dispose()


async def test_tenants_are_found_by_each_name(store: Store) -> None:
    assert await store.tenant("t1") == TENANT
    assert await store.tenant_by_client("other") == OTHER
    assert await store.tenant_by_digest("d" * 64) == TENANT
    assert await store.tenant("none") is None
    assert await store.tenant_by_client("none") is None
    assert await store.tenant_by_digest("none") is None


async def test_a_tenant_is_replaced(store: Store) -> None:
    await store.put_tenant(replace(TENANT, blocked=True, secret_digest="f" * 64))
    assert await store.tenant_by_digest("d" * 64) is None
    found = await store.tenant_by_digest("f" * 64)
    assert found is not None
    assert found.blocked


async def test_a_source_comes_back_as_it_went_in(store: Store) -> None:
    await store.add_source(SOURCE)
    assert await store.source("src_1") == SOURCE
    assert await store.source("src_2") is None


async def test_uploads_are_listed_newest_first_for_their_owner(store: Store) -> None:
    for number in range(4):
        await store.add_source(replace(SOURCE, id=f"src_{number}", created_at=float(number)))
    await store.add_source(replace(SOURCE, id="unlisted", listed=False))
    await store.add_source(replace(SOURCE, id="foreign", tenant_id="t2"))
    ids = [source.id for source in await store.listed_sources("t1", 3)]
    assert ids == ["src_3", "src_2", "src_1"]


EXPIRED = SESSION.token_issued_at + SESSION.token_expire_s


async def test_a_source_goes_only_when_nobody_needs_it(store: Store) -> None:
    await store.add_source(SOURCE)
    assert await store.drop_unused_source("src_1", EXPIRED) is None, "listed"
    await store.save_session(SESSION)
    await store.unlist_source("src_1")
    assert await store.listed_sources("t1", 9) == []
    assert await store.drop_unused_source("src_1", EXPIRED) is None, "used by a queued session"
    await store.save_session(SESSION.ended(Reason.WORKER_LOST))
    assert await store.drop_unused_source("src_1", EXPIRED - 1) is None, "may be joined again"
    await store.save_session(SESSION.ended(Reason.CLOSED))
    dropped = await store.drop_unused_source("src_1", 0)
    assert dropped == replace(SOURCE, listed=False)
    assert await store.source("src_1") is None
    assert await store.drop_unused_source("src_1", 0) is None


async def test_what_expired_sessions_left_behind_is_found(store: Store) -> None:
    ends = {"open": None, "lost": Reason.WORKER_LOST, "closed": Reason.CLOSED}
    for name, reason in ends.items():
        await store.add_source(replace(SOURCE, id=name, listed=False))
        session = replace(SESSION, id=name, channel_id=name, source_id=name)
        await store.save_session(session.ended(reason) if reason else session.placed())
    await store.add_source(replace(SOURCE, id="young", listed=False, created_at=500.0))
    await store.add_source(SOURCE)
    assert await store.unused_sources(400.0, EXPIRED - 1) == ["closed"]
    assert sorted(await store.unused_sources(400.0, EXPIRED)) == ["closed", "lost"]


async def test_a_session_comes_back_as_it_went_in(store: Store) -> None:
    for session in (SESSION, SESSION.placed(), SESSION.ended(Reason.CAMERA_GONE)):
        await store.save_session(session)
        assert await store.session(session.id) == session
        assert await store.session_by_channel(session.channel_id) == session
    await store.delete_session(SESSION.id)
    assert await store.session(SESSION.id) is None
    assert await store.session_by_channel("none") is None


async def test_two_sessions_cannot_share_a_channel(store: Store) -> None:
    await store.save_session(SESSION)
    with pytest.raises(IntegrityError):
        await store.save_session(replace(SESSION, id="b" * 24))


async def test_a_restart_keeps_everything_and_says_what_was_interrupted(tmp_path: Path) -> None:
    before = await opened(tmp_path)
    await before.add_source(SOURCE)
    kept = {
        "queued": SESSION,
        "live": SESSION.placed(),
        "closed": SESSION.ended(Reason.CLOSED),
        "lost": SESSION.ended(Reason.WORKER_LOST),
    }
    for name, session in kept.items():
        await before.save_session(replace(session, id=name, channel_id=name))
    await before.close()

    after = await opened(tmp_path)
    assert await after.interrupt_open_sessions() == 2
    found = {name: await after.session(name) for name in kept}
    reasons = {name: session and session.reason for name, session in found.items()}
    assert reasons == {
        "queued": Reason.SERVER_RESTARTED,
        "live": Reason.SERVER_RESTARTED,
        "closed": Reason.CLOSED,
        "lost": Reason.WORKER_LOST,
    }
    live = found["live"]
    assert live is not None
    assert live.state is State.FAILED
    assert await after.source("src_1") == SOURCE
    await after.close()


async def test_a_slow_database_does_not_hold_up_the_event_loop(
    store: Store, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "mien.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(store.save_session(SESSION))
    done, _ = await asyncio.wait({writing}, timeout=0.2)
    assert not done, "the lock of the other writer was not waited for"
    other.execute("COMMIT")
    other.close()
    await writing
    assert await store.session(SESSION.id) == SESSION

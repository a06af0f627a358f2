"""What must last: tenants, sources, sessions. SQLAlchemy on SQLite, any other database by URL."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Engine, Exists, create_engine, delete, event, select, update
from sqlalchemy import exists as sql_exists
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session as Database

from mien.live.records import Source, Tenant
from mien.live.schema import CastMemberRow, MarkRow, MarkUseRow, SessionRow, SourceRow, TenantRow
from mien.live.session import Reason, Session, State
from mien.live.worn import worn_sources
from mien.trust.registry import MarkUse, Statement

MIGRATIONS = Path(__file__).parent / "migrations"
OPEN_STATES = (State.QUEUED.value, State.LIVE.value)

T = TypeVar("T")


class Store:
    """The repository. Its work runs on a thread of its own, so the event loop never waits.

    One thread: SQLite has one writer, and a call here takes about a millisecond.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def open(self) -> None:
        """Bring the tables up to date, in a file that only its owner reads."""
        await self._in_thread(lambda: migrate(self._engine))
        await self._in_thread(lambda: _keep_private(self._engine))

    async def close(self) -> None:
        """Let go of the database."""
        await self._in_thread(self._engine.dispose)
        self._thread.shutdown()

    async def put_tenant(self, tenant: Tenant) -> None:
        """Add or replace a tenant."""
        await self.write(lambda db: db.merge(TenantRow(**asdict(tenant))))

    async def tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant of that id."""
        return await self.read(lambda db: _tenant(db.get(TenantRow, tenant_id)))

    async def tenant_by_client(self, client_id: str) -> Tenant | None:
        """The tenant with that client id."""
        wanted = select(TenantRow).where(TenantRow.client_id == client_id)
        return await self.read(lambda db: _tenant(db.scalar(wanted)))

    async def tenant_by_digest(self, digest: str) -> Tenant | None:
        """The tenant one of whose secrets, the older one included, has that digest."""
        its = (TenantRow.secret_digest == digest) | (TenantRow.old_digest == digest)
        return await self.read(lambda db: _tenant(db.scalar(select(TenantRow).where(its))))

    async def tenants(self) -> list[Tenant]:
        """Every tenant, the oldest first."""
        wanted = select(TenantRow).order_by(TenantRow.created_at, TenantRow.id)
        return await self.read(lambda db: [_to(Tenant, row) for row in db.scalars(wanted)])

    async def change_tenant(self, tenant_id: str, **values: Any) -> bool:
        """Set some of a tenant's fields and leave the others; False where there is none."""
        change = update(TenantRow).where(TenantRow.id == tenant_id).values(**values)
        return await self.write(lambda db: cast(Any, db.execute(change)).rowcount > 0)

    async def charge_tenant(self, tenant_id: str, seconds: float) -> None:
        """Add to what a tenant has used."""
        used = TenantRow.used_s + seconds
        change = update(TenantRow).where(TenantRow.id == tenant_id).values(used_s=used)
        await self.write(lambda db: db.execute(change))

    async def add_source(self, source: Source, faces: Iterable[str] = ()) -> None:
        """Keep a new source; faces: the sources of which it is the cast."""

        def work(db: Database) -> None:
            db.add(SourceRow(**asdict(source)))
            db.flush()
            members = sorted(set(faces))
            db.add_all(CastMemberRow(cast_id=source.id, source_id=one) for one in members)

        await self.write(work)

    async def faces(self, source_id: str) -> list[Source]:
        """The faces of a cast; of any other source, itself."""
        its = select(CastMemberRow.source_id).where(CastMemberRow.cast_id == source_id)
        wanted = select(SourceRow).where(SourceRow.id.in_(its)).order_by(SourceRow.id)
        itself = select(SourceRow).filter_by(id=source_id)
        return await self.read(
            lambda db: [_to(Source, row) for row in db.scalars(wanted).all() or db.scalars(itself)]
        )

    async def casts(self, source_id: str) -> list[str]:
        """Ids of the casts that a source belongs to."""
        wanted = select(CastMemberRow.cast_id).where(CastMemberRow.source_id == source_id)
        return await self.read(lambda db: list(db.scalars(wanted)))

    async def source(self, source_id: str) -> Source | None:
        """The source of that id."""
        return await self.read(lambda db: _source(db.get(SourceRow, source_id)))

    async def listed_sources(self, tenant_id: str, limit: int) -> list[Source]:
        """A tenant's uploads, newest first."""
        wanted = (
            select(SourceRow)
            .where(SourceRow.tenant_id == tenant_id, SourceRow.listed)
            .order_by(SourceRow.created_at.desc(), SourceRow.id)
            .limit(limit)
        )
        return await self.read(lambda db: [_to(Source, row) for row in db.scalars(wanted)])

    async def unlist_source(self, source_id: str) -> None:
        """Take a source out of the library; sessions that use it keep it."""
        change = update(SourceRow).where(SourceRow.id == source_id).values(listed=False)
        await self.write(lambda db: db.execute(change))

    async def drop_unused_source(self, source_id: str, now: float) -> Source | None:
        """Forget a source that is neither listed nor needed by a session; say which."""
        return await self.write(lambda db: _drop_unused(db, source_id, now))

    async def drop_source(self, source_id: str) -> Source | None:
        """Forget a source, whether it is needed or not; say which."""

        def work(db: Database) -> Source | None:
            row = db.get(SourceRow, source_id)
            source = _source(row)
            if row is not None:
                db.delete(row)
            return source

        return await self.write(work)

    async def unused_sources(self, before: float, now: float) -> list[str]:
        """Ids of unlisted sources, made before that moment, that no session needs."""
        wanted = select(SourceRow.id).where(
            ~SourceRow.listed, SourceRow.created_at < before, ~_needed(SourceRow.id, now)
        )
        return await self.read(lambda db: list(db.scalars(wanted)))

    async def save_session(self, session: Session) -> None:
        """Add or replace a session."""
        await self.write(lambda db: db.merge(SessionRow(**_plain(session))))

    async def delete_session(self, session_id: str) -> None:
        """Forget a session."""
        await self.write(lambda db: db.execute(delete(SessionRow).filter_by(id=session_id)))

    async def session(self, session_id: str) -> Session | None:
        """The session of that id."""
        return await self.read(lambda db: _session(db.get(SessionRow, session_id)))

    async def session_by_channel(self, channel_id: str) -> Session | None:
        """The session of that channel."""
        wanted = select(SessionRow).where(SessionRow.channel_id == channel_id)
        return await self.read(lambda db: _session(db.scalar(wanted)))

    async def open_sessions(self, tenant_id: str) -> list[str]:
        """Ids of a tenant's sessions that wait for room or are live."""
        its = SessionRow.tenant_id == tenant_id
        wanted = select(SessionRow.id).where(its, SessionRow.state.in_(OPEN_STATES))
        return await self.read(lambda db: list(db.scalars(wanted)))

    async def add_statement(self, statement: Statement) -> None:
        """Keep what is publicly said of a mark, for good."""
        await self.write(lambda db: db.add(MarkRow(**asdict(statement))))

    async def statement(self, mark_id: int) -> Statement | None:
        """The statement about a mark."""
        return await self.read(lambda db: _statement(db.get(MarkRow, mark_id)))

    async def add_use(self, use: MarkUse) -> None:
        """Keep who had a mark with which face, for good."""
        await self.write(lambda db: db.add(MarkUseRow(**asdict(use))))

    async def uses(self, mark_id: int) -> list[MarkUse]:
        """Who had a mark, with which faces, the oldest first."""
        wanted = select(MarkUseRow).where(MarkUseRow.mark_id == mark_id).order_by(MarkUseRow.id)
        return await self.read(lambda db: [_to(MarkUse, row) for row in db.scalars(wanted)])

    async def interrupt_open_sessions(self) -> int:
        """What was queued or live when the server ended has failed; returns how many."""
        change = (
            update(SessionRow)
            .where(SessionRow.state.in_(OPEN_STATES))
            .values(state=State.FAILED.value, reason=Reason.SERVER_RESTARTED.value)
        )
        return await self.write(lambda db: cast(Any, db.execute(change)).rowcount)

    async def compact(self) -> None:
        """Leave nothing in the file of what was deleted or replaced."""
        if self._engine.dialect.name == "sqlite":
            await self._in_thread(lambda: _vacuum(self._engine))

    async def read(self, work: Callable[[Database], T]) -> T:
        """Run work that changes nothing, for the repositories that share this database."""

        def run() -> T:
            with Database(self._engine) as database:
                return work(database)

        return await self._in_thread(run)

    async def write(self, work: Callable[[Database], T]) -> T:
        """Run work in one transaction."""

        def run() -> T:
            with Database(self._engine) as database, database.begin():
                return work(database)

        return await self._in_thread(run)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def migrate(engine: Engine) -> None:
    """Run the packaged migrations up to the newest."""
    # Imported late: a command that is in a hurry doesn't migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection: Any, _record: Any) -> None:
    # WAL lets a reader in beside the writer; NORMAL is safe with it short of a power cut.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _keep_private(engine: Engine) -> None:
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and Path(file).is_file():
        Path(file).chmod(0o600)


def _vacuum(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _drop_unused(database: Database, source_id: str, now: float) -> Source | None:
    row = database.get(SourceRow, source_id)
    if row is None or row.listed or database.scalar(select(_needed(source_id, now))):
        return None
    source = _to(Source, row)
    database.delete(row)
    return source


def _needed(source_id: Any, now: float) -> Exists:
    """Whether a session wears the source, or may be joined again with the token it has."""
    worn = worn_sources()
    runs = SessionRow.state.in_(OPEN_STATES)
    closed = SessionRow.reason.is_not_distinct_from(Reason.CLOSED.value)
    expires = SessionRow.token_issued_at + SessionRow.token_expire_s
    lasts = runs | (~closed & (expires > now))
    return sql_exists().where(
        worn.c.source_id == source_id, worn.c.session_id == SessionRow.id, lasts
    )


def _tenant(row: TenantRow | None) -> Tenant | None:
    return None if row is None else _to(Tenant, row)


def _source(row: SourceRow | None) -> Source | None:
    return None if row is None else _to(Source, row)


def _statement(row: MarkRow | None) -> Statement | None:
    return None if row is None else _to(Statement, row)


def _session(row: SessionRow | None) -> Session | None:
    if row is None:
        return None
    values = {field.name: getattr(row, field.name) for field in fields(Session)}
    reason = Reason(row.reason) if row.reason else None
    return Session(**{**values, "state": State(row.state), "reason": reason})


def _plain(session: Session) -> dict[str, Any]:
    reason = session.reason.value if session.reason else None
    return {**asdict(session), "state": session.state.value, "reason": reason}


def _to(kind: type[T], row: Any) -> T:
    values = {field.name: getattr(row, field.name) for field in fields(cast(Any, kind))}
    return kind(**{name: _tuples(value) for name, value in values.items()})


def _tuples(value: Any) -> Any:
    """JSON's lists as tuples, so that what comes out equals what went in."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value

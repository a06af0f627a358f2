"""The operator's kill switch: what is stopped, for whom, until it is revived."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, inspect, select

from mien.errors import ParameterError
from mien.live.ids import Clock
from mien.live.journal import Journal
from mien.live.schema import KillRow
from mien.live.store import Store

MOST_NAME = 64


class Scope(StrEnum):
    """How much one kill stops. A likeness is named by a record's id or a source's."""

    ALL = "all"
    TENANT = "tenant"
    LIKENESS = "likeness"
    SESSION = "session"


@dataclass(frozen=True)
class Kill:
    """One thing that is stopped; target is empty for all."""

    scope: Scope
    target: str = ""

    @property
    def name(self) -> str:
        """As the command says it."""
        return f"{self.scope.value} {self.target}".strip()


class KillSwitch:
    """Kept in the database: commands throw it beside the server, and it outlives restarts."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    async def ready(self) -> bool:
        """Whether the database has the switch's table: a command in a hurry migrates nothing."""
        table = KillRow.__tablename__
        return await self._store.read(lambda db: inspect(db.connection()).has_table(table))

    async def throw(self, kill: Kill) -> None:
        """Stop it; again is no harm."""
        row = {"scope": kill.scope.value, "target": kill.target, "since": self._clock()}
        await self._store.write(lambda db: db.merge(KillRow(**row)))
        await self._journal.write("kill.thrown", scope=kill.scope.value, target=kill.target)

    async def lift(self, kill: Kill) -> bool:
        """Let it go on; False where it was not stopped."""
        its = delete(KillRow).filter_by(scope=kill.scope.value, target=kill.target)
        if not await self._store.write(lambda db: db.execute(its.returning(KillRow.scope)).all()):
            return False
        await self._journal.write("kill.lifted", scope=kill.scope.value, target=kill.target)
        return True

    async def thrown(self) -> frozenset[Kill]:
        """All that is stopped now."""
        rows = select(KillRow.scope, KillRow.target)
        found = await self._store.read(lambda db: db.execute(rows).all())
        return frozenset(Kill(Scope(scope), target) for scope, target in found)


def kill_named(scope: str, target: str | None) -> Kill:
    """What an operator names. Raises ParameterError."""
    if scope not in tuple(Scope):
        raise ParameterError(f"scope: one of {', '.join(Scope)}.")
    kill = Kill(Scope(scope), target or "")
    if (kill.scope is Scope.ALL) != (not kill.target):
        raise ParameterError("target: the id of a tenant, likeness or session; none for all.")
    if len(kill.target) > MOST_NAME:
        raise ParameterError(f"target: at most {MOST_NAME} characters.")
    return kill

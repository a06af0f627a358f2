"""Whose mark it is: what is kept about each id, and what of it anybody may read."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, Protocol

from mien.trust.sealing import RandomBytes

Made = Literal["live", "file"]


@dataclass(frozen=True)
class Statement:
    """The public statement about a mark: nothing in it names a person or a tenant.

    session: SHA-256 of the session's id, 32 hex digits of it. made_at: seconds since 1970.
    """

    mark_id: int
    session: str
    made: Made
    made_at: float
    engine_version: str


@dataclass(frozen=True)
class MarkUse:
    """Who had a mark, and whose face was worn under it since then: for the operator, never public.

    likeness_id: None where the face's record was not known.
    """

    mark_id: int
    session_id: str
    tenant_id: str
    likeness_id: str | None
    since: float


class Registry(Protocol):
    """Where statements and uses are kept, for good."""

    async def add_statement(self, statement: Statement) -> None:
        """Keep it. Must be done before the first marked frame leaves."""

    async def add_use(self, use: MarkUse) -> None:
        """Keep it. Must be done before the first frame with that face leaves."""

    async def uses(self, mark_id: int) -> list[MarkUse]:
        """Of that mark, the oldest first; none for a file's."""

    async def statement(self, mark_id: int) -> Statement | None:
        """The statement about a mark; None where the id was never given out."""


def new_mark_id(random: RandomBytes) -> int:
    """48 random bits: ids tell nothing and can't be guessed from each other."""
    # Imported late, with numpy: a command that is in a hurry gives out no marks.
    from mien.trust.code import ID_BITS

    return int.from_bytes(random(ID_BITS // 8), "big")


def session_digest(session_id: str) -> str:
    """What a statement says of a session: enough to compare, not to use."""
    return sha256(b"mien session\n" + session_id.encode()).hexdigest()[:32]


def mark_name(mark_id: int) -> str:
    """An id as people read it: 12 hex digits."""
    return f"{mark_id:012x}"

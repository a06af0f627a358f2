"""Links by which the depicted person consents, and by which he takes it back."""

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from mien.errors import BadCredentials, NotFound, ParameterError, TooFrequent
from mien.live.ids import Clock, RandomBytes
from mien.live.inspection_process import InspectionProcess
from mien.live.likeness_store import LikenessStore
from mien.live.likenesses import Likenesses
from mien.live.schema import ConsentRow
from mien.live.store import Store
from mien.trust.likeness import Likeness
from mien.trust.liveness import Challenge, make_challenge, objections

LINK_DAYS = 7
# A challenge is answered at once, or somebody has had time to make a film of it.
CHALLENGE_S = 120.0
MOST_TRIES = 10
VERIFIER = "consent page"


@dataclass(frozen=True)
class Invitation:
    """One link. Times are seconds since the epoch; asked_at: when its challenge was drawn."""

    digest: str
    likeness_id: str
    created_at: float
    expires_at: float
    tries: int = 0
    phrase: tuple[str, ...] = ()
    turns: tuple[Any, ...] = ()
    asked_at: float | None = None
    given_at: float | None = None


class Consents:
    """Invites, asks, and judges the clip that comes back."""

    def __init__(
        self,
        store: Store,
        records: LikenessStore,
        likenesses: Likenesses,
        inspection: InspectionProcess,
        *,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self._store = store
        self._records = records
        self._likenesses = likenesses
        self._inspection = inspection
        self._clock = clock
        self._random = random

    async def invite(self, tenant_id: str, likeness_id: str) -> str:
        """A new link's token, told this once. Raises NotFound."""
        await self._likenesses.get(tenant_id, likeness_id)
        token = base64.urlsafe_b64encode(self._random(24)).decode()
        now = self._clock()
        made = Invitation(_digest(token), likeness_id, now, now + LINK_DAYS * 86_400)
        await self._save(made)
        return token

    async def look(self, token: str) -> tuple[Invitation, Likeness]:
        """What a link is about. Raises BadCredentials for a link that is none of ours."""
        row = await self._store.read(lambda db: _plain(db.get(ConsentRow, _digest(token))))
        record = await self._records.get(row.likeness_id) if row else None
        if row is None or record is None:
            raise BadCredentials("This link is not known here", "ask for a new one.")
        return row, record

    async def challenge(self, token: str) -> Challenge:
        """Draw what must be said and done now. Raises as `look`, TooFrequent, ParameterError."""
        invitation = await self._open(token)
        drawn = make_challenge(self._random)
        await self._save(
            replace(
                invitation,
                tries=invitation.tries + 1,
                phrase=drawn.phrase,
                turns=drawn.turns,
                asked_at=self._clock(),
            )
        )
        return drawn

    async def answer(self, token: str, clip: bytes) -> tuple[str, ...]:
        """Judge a clip: what speaks against it, or nothing, and then consent is given.

        Raises as `challenge`, and ImageRejected for a clip that can't be read.
        """
        invitation = await self._open(token)
        asked_at = invitation.asked_at
        if asked_at is None or self._clock() - asked_at > CHALLENGE_S:
            raise ParameterError("The words are too old", "begin again and read the new ones.")
        embedding = await self._records.embedding(invitation.likeness_id)
        if embedding is None:
            raise NotFound("The registered face is gone", "ask for a new link.")
        # One clip a challenge: a second one has had time to be made.
        await self._save(replace(invitation, asked_at=None))
        reading = await self._inspection.read_person(clip, embedding)
        faults = objections(reading, Challenge(invitation.phrase, invitation.turns))
        if not faults:
            await self._likenesses.prove(invitation.likeness_id, clip, VERIFIER)
            await self._save(replace(invitation, asked_at=None, given_at=self._clock()))
        return faults

    async def withdraw(self, token: str) -> None:
        """Take consent back, or refuse it. Works for as long as the record is kept."""
        invitation, _ = await self.look(token)
        await self._likenesses.revoke(invitation.likeness_id, by="the person")

    async def listed(self, likeness_id: str) -> list[Invitation]:
        """The links that were made for a record, without their tokens."""
        wanted = select(ConsentRow).where(ConsentRow.likeness_id == likeness_id)
        rows = await self._store.read(lambda db: [_plain(row) for row in db.scalars(wanted)])
        return [row for row in rows if row]

    async def _open(self, token: str) -> Invitation:
        invitation, record = await self.look(token)
        if record.revoked_at is not None:
            raise ParameterError("Consent was refused or withdrawn by this link.")
        if invitation.given_at is not None:
            raise ParameterError("Consent was given by this link already.")
        if self._clock() > invitation.expires_at:
            raise ParameterError("This link has run out", "ask for a new one.")
        if invitation.tries >= MOST_TRIES and invitation.asked_at is None:
            raise TooFrequent("There were too many tries", "ask for a new link.")
        return invitation

    async def _save(self, invitation: Invitation) -> None:
        values = vars(invitation) | {
            "phrase": list(invitation.phrase),
            "turns": list(invitation.turns),
        }
        await self._store.write(lambda db: db.merge(ConsentRow(**values)))


def _digest(token: str) -> str:
    """The token has 192 random bits, so a plain hash can't be turned back."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(row: ConsentRow | None) -> Invitation | None:
    if row is None:
        return None
    return Invitation(
        digest=row.digest,
        likeness_id=row.likeness_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        tries=row.tries,
        phrase=tuple(row.phrase),
        turns=tuple(row.turns),
        asked_at=row.asked_at,
        given_at=row.given_at,
    )

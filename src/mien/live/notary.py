"""Signs what is said of live sessions, at their start and every minute."""

import asyncio
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

import structlog

from mien.errors import MienError
from mien.live.ids import Clock
from mien.live.placement import Station
from mien.live.rounds import Rounds
from mien.trust.policy import Policy
from mien.trust.registry import mark_name, session_digest
from mien.trust.session_statement import SessionStatement, sign_statement
from mien.trust.statement_keys import StatementKeys

RENEW_EVERY_S = 60.0

log = structlog.get_logger(__name__)


class Notary:
    """Holds the key, which no process that handles strangers' media ever sees.

    policy: what is in force; signed: by an operator, else it is what the settings amount to.
    """

    def __init__(
        self, keys: StatementKeys, issuer: str, policy: Policy, *, signed: bool, clock: Clock
    ) -> None:
        self.keys = keys
        self._issuer, self._policy, self._signed = issuer, policy, signed
        self._clock = clock
        self._rounds: Rounds | None = None

    def sign(self, session_id: str, mark_id: int) -> str:
        """The statement about a session as of now, a compact JWS."""
        statement = SessionStatement(
            iss=self._issuer,
            iat=int(self._clock()),
            session=session_digest(session_id),
            mark_id=mark_name(mark_id),
            policy=self._policy.digest,
            policy_signed=self._signed,
            label=self._policy.label,
            engine_version=version("mien"),
        )
        return sign_statement(statement, self.keys.newest)

    def start(self, running: Callable[[], list[Station]]) -> None:
        """Begin to renew what is said of the sessions that run."""
        self._rounds = Rounds("notary", partial(self._renew_all, running))
        self._rounds.start(RENEW_EVERY_S)

    async def stop(self) -> None:
        """Renew no more."""
        if self._rounds is not None:
            await self._rounds.stop()

    async def renew(self, station: Station) -> None:
        """Have everybody on a station told what holds now."""
        brief = station.brief
        try:
            await station.hand_on(self.sign(brief.session_id, brief.marking.mark_id))
        except MienError as error:
            log.warning("statement.not_handed_on", session=brief.session_id, error=str(error))

    async def _renew_all(self, running: Callable[[], list[Station]]) -> None:
        await asyncio.gather(*map(self.renew, running()))

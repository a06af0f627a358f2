"""Looks at each live camera once a second, and ends the session of one that shows nudity."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from mien.errors import MienError
from mien.live.ids import Clock
from mien.live.imaging import Imaging
from mien.live.placement import Station
from mien.live.rounds import Rounds
from mien.live.session import Reason
from mien.trust.policy import Policy
from mien.trust.strictness import GateMode
from mien.vision.nudity import NUDE

End = Callable[[str, Reason], Awaitable[None]]

LOOK_EVERY_S = 1.0
# One picture may be mistaken; so many in a row are not.
IN_A_ROW = 2
# A camera that nobody could look at for so long ends, where the gate is required.
BLIND_S = 10.0

log = structlog.get_logger(__name__)


class LiveGate:
    """The pictures are looked at by the imaging process: a frame never waits for it."""

    def __init__(
        self,
        running: Callable[[], list[Station]],
        end: End,
        imaging: Imaging,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._running = running
        self._end = end
        self._imaging = imaging
        self._policy = policy
        self._clock = clock
        self._nude: dict[str, int] = {}
        self._seen: dict[str, float] = {}
        self._rounds = Rounds("live gate", self.look)

    def start(self) -> None:
        """Begin to look."""
        self._rounds.start(LOOK_EVERY_S)

    async def stop(self) -> None:
        """Look no more."""
        await self._rounds.stop()

    async def look(self) -> None:
        """At every session that runs, once; not where its tenant's gate is off."""
        stations = [one for one in self._running() if self._mode(one) != "off"]
        ids = {station.brief.session_id for station in stations}
        self._nude = {one: count for one, count in self._nude.items() if one in ids}
        self._seen = {one: self._seen.get(one, self._clock()) for one in ids}
        await asyncio.gather(*(self._look_at(station) for station in stations))

    async def _look_at(self, station: Station) -> None:
        session_id = station.brief.session_id
        try:
            picture = await station.look()
            score = await self._imaging.nudity(picture) if picture else 0.0
        except MienError as error:
            log.warning("gate.blind", session=session_id, error=str(error))
            blind_s = self._clock() - self._seen[session_id]
            if self._mode(station) == "required" and blind_s > BLIND_S:
                await self._refuse(session_id)
            return
        self._seen[session_id] = self._clock()
        self._nude[session_id] = self._nude.get(session_id, 0) + 1 if score >= NUDE else 0
        if self._nude[session_id] >= IN_A_ROW:
            await self._refuse(session_id)

    def _mode(self, station: Station) -> GateMode:
        return self._policy.of(station.brief.tenant_id).gate

    async def _refuse(self, session_id: str) -> None:
        try:
            await self._end(session_id, Reason.CONTENT_REFUSED)
        except MienError as error:
            log.warning("gate.not_ended", session=session_id, error=str(error))

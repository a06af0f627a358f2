"""Sessions that wait for room, first come first served."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import structlog

from mien.errors import MienError, NoCapacity
from mien.live.placement import Placement
from mien.live.rounds import Rounds

log = structlog.get_logger(__name__)

# Puts the session on a station. Raises NoCapacity.
Place = Callable[[str], Awaitable[None]]

# Longer than that nobody waits for a live picture.
MAX_WAITING = 256
# Room comes also without a session ending here (measured load falls), so look again.
LOOK_AGAIN_S = 0.5


class WaitingList:
    """Holds ids of queued sessions and places the first one whenever there is room."""

    def __init__(self, placement: Placement, place: Place) -> None:
        self._placement = placement
        self._place = place
        self._waiting: OrderedDict[str, asyncio.Event] = OrderedDict()
        self._rounds = Rounds("waiting list", self._place_all)

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self) -> None:
        """Begin to place."""
        self._rounds.start(LOOK_AGAIN_S)

    async def stop(self) -> list[str]:
        """Stop placing; the ids that were left waiting."""
        await self._rounds.stop()
        return list(self._waiting)

    def add(self, session_id: str) -> None:
        """Queue up. Raises NoCapacity when the queue is full too."""
        if len(self._waiting) >= MAX_WAITING:
            raise NoCapacity("The queue is full.")
        self._waiting.setdefault(session_id, asyncio.Event())

    def remove(self, session_id: str) -> None:
        """Leave the queue; whoever waits for this session stops waiting."""
        if event := self._waiting.pop(session_id, None):
            event.set()

    async def wait(self, session_id: str, seconds: float) -> None:
        """Return when the session has left the queue. Raises NoCapacity after `seconds`."""
        event = self._waiting.get(session_id)
        if event is None:
            return
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError as error:
            raise NoCapacity("Still waiting for room", "join again in a moment.") from error

    async def _place_all(self) -> None:
        while self._waiting and self._placement.capacity().free > 0:
            if not await self._place_first():
                return

    async def _place_first(self) -> bool:
        session_id = next(iter(self._waiting))
        try:
            await self._place(session_id)
        except NoCapacity:
            return False
        except MienError as error:
            log.warning("not placed", session=session_id, error=str(error))
        self.remove(session_id)
        return True

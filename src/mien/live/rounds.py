"""Work that is done again and again beside everything else."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)


class Rounds:
    """Does `work` every so many seconds, from the start on; a failure does not end the rounds."""

    def __init__(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        self._name = name
        self._work = work
        self._task: asyncio.Task[None] | None = None

    def start(self, every_s: float) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(every_s))

    async def stop(self) -> None:
        """End, also in the middle of a round."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, every_s: float) -> None:
        while True:
            try:
                await self._work()
            except Exception:  # this task's edge: the next round may go well
                log.exception("round failed", rounds=self._name)
            await asyncio.sleep(every_s)

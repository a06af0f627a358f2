"""Idle processes kept warm, so that nobody waits for one to start."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from mien.errors import MienError, NoCapacity
from mien.live.child import Child

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0

log = structlog.get_logger()


class WarmPool:
    """Keeps `size` idle children, and starts more while somebody waits for one.

    `start_child` starts one that is ready. One at a time is started: more would only take the
    processor from each other. For rest_s after one was taken none is started, unless somebody
    waits: who took it wants the processor for its first frames.
    """

    def __init__(
        self, start_child: Callable[[], Awaitable[Child]], size: int, rest_s: float = 0.0
    ) -> None:
        self._start_child, self._size, self._rest_s = start_child, size, rest_s
        self._idle: deque[Child] = deque()
        self._waiting: deque[asyncio.Future[Child]] = deque()
        self._hungry, self._urgent = asyncio.Event(), asyncio.Event()
        self._filling: asyncio.Task[None] | None = None

    @property
    def idle(self) -> int:
        """Children that wait to be taken."""
        return len(self._idle)

    async def start(self) -> None:
        """Begin to fill; returns when the first child is warm. Raises what its start raised."""
        if self._size > 0:
            self._keep(await self._start_child())
        self._hungry.set()
        self._filling = asyncio.create_task(self._fill())

    async def stop(self, within_s: float) -> None:
        """End every idle child; who waits for one gets NoCapacity."""
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.gather(self._filling, return_exceptions=True)
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(NoCapacity("The server is stopping."))
        idle = tuple(self._idle)
        await asyncio.gather(*(child.stop(within_s) for child in idle))

    async def take(self, within_s: float) -> Child:
        """A warm child, which is the caller's from now on. Raises NoCapacity after that time."""
        while self._idle:
            child = self._idle.popleft()
            self._hungry.set()
            if child.alive:
                return child
        waiter: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._hungry.set()
        self._urgent.set()
        try:
            return await asyncio.wait_for(waiter, within_s)
        except TimeoutError as error:
            raise NoCapacity("No process became ready in time", "try again in a minute.") from error
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    async def _fill(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            await self._hungry.wait()
            self._hungry.clear()
            await self._rest()
            while len(self._idle) < self._size or self._waiting:
                try:
                    self._keep(await self._start_child())
                    pause_s = FIRST_PAUSE_S
                except MienError as error:
                    log.error("pool.start_failed", error=str(error), again_in_s=pause_s)
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._urgent.wait(), self._rest_s)
        self._urgent.clear()

    def _keep(self, child: Child) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(child)
                return
        self._idle.append(child)
        child.ended.add_done_callback(lambda _: self._forget(child))

    def _forget(self, child: Child) -> None:
        if child in self._idle:
            self._idle.remove(child)
            self._hungry.set()

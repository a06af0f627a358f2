"""A supervised child process, seen from both sides: started, asked over a wire, ended for sure."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Any

import structlog

from mien.errors import ParameterError
from mien.live.wire import EventHandler, Message, Wire

ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
}
"""Libraries that would start a thread a core; a pipeline of two threads beats that."""
MALLOC_ARENAS = {"MALLOC_ARENA_MAX": "2"}
LOG_LINE_BYTES = 64 * 1024
KILL_WITHIN_S = 2.0

log = structlog.get_logger()


class Child:
    """One process that runs `python -m module` and answers over a wire.

    on_event hears what it tells; ended brings its exit status as soon as it is gone.
    """

    def __init__(self, module: str, process: asyncio.subprocess.Process) -> None:
        self.module = module
        self.ready: Mapping[str, Any] = {}
        self.on_event: EventHandler = _ignore
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._process = process
        self._wire: Wire | None = None
        self._watching = asyncio.create_task(self._watch())

    @classmethod
    async def start(
        cls, module: str, config: Mapping[str, Any] | None = None, *, ready_within_s: float = 60.0
    ) -> "Child":
        """Start a process and wait until it has answered `prepare` with what is then `ready`.

        Raises ProcessLost when it ends or is not ready in time, or what `prepare` raised.
        """
        near, far = socket.socketpair()
        try:
            with far:
                child = cls(module, await _spawn(module, far))
        except BaseException:
            near.close()
            raise
        try:
            await child._prepare(near, config or {}, ready_within_s)
        except BaseException:
            await child.stop(0)
            raise
        return child

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not self.ended.done()

    async def call(
        self,
        name: str,
        body: Mapping[str, Any] | None = None,
        blob: bytes = b"",
        *,
        within_s: float = 10.0,
    ) -> Message:
        """Ask the process. Raises what it raised, or ProcessLost."""
        assert self._wire is not None, "start() makes the wire"
        return await self._wire.call(name, body, blob, within_s=within_s)

    async def stop(self, within_s: float) -> None:
        """Ask it to end (SIGTERM), and kill it when it hasn't within that time; idempotent."""
        if within_s > 0:
            self._signal(signal.SIGTERM)
            await asyncio.wait((self.ended,), timeout=within_s)
        if self.alive:
            self._signal(signal.SIGKILL)
        await asyncio.wait((self._watching,), timeout=KILL_WITHIN_S)

    def kill(self) -> None:
        """End it now, with whatever it started."""
        self._signal(signal.SIGKILL)

    async def _prepare(self, near: socket.socket, config: Mapping[str, Any], within: float) -> None:
        self._wire = await Wire.over(near, _refuse, self._hear)
        self.ready = (await self.call("prepare", config, within_s=within)).body

    def _hear(self, event: str, body: Mapping[str, Any]) -> None:
        self.on_event(event, body)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            # It may go between the look and the kill.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def _watch(self) -> None:
        forwarding = asyncio.create_task(self._forward_logs())
        status = await self._process.wait()
        self.ended.set_result(status)
        log.info("child.ended", module=self.module, pid=self.pid, status=status)
        if self._wire is not None:
            await self._wire.close()
        await forwarding

    async def _forward_logs(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None, "stderr is a pipe"
        while not stderr.at_eof():
            try:
                line = await stderr.readline()
            except ValueError:
                log.warning("child.log_line_too_long", module=self.module, pid=self.pid)
                continue
            if line.strip():
                self._forward(line.decode(errors="replace").strip())

    def _forward(self, line: str) -> None:
        try:
            entry = json.loads(line)
            event, level = str(entry.pop("event")), str(entry.pop("level", "info"))
        except (ValueError, KeyError, AttributeError, TypeError):
            event, level, entry = "child.stderr", "warning", {"line": line}
        level = level if level in ("debug", "info", "warning", "error", "critical") else "info"
        about = {"module": self.module, "pid": self.pid}
        getattr(log, level)(event, **{**entry, **about})


async def _spawn(module: str, far: socket.socket) -> asyncio.subprocess.Process:
    command = (sys.executable, "-P", "-m", module, str(far.fileno()), str(os.getpid()))
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=LOG_LINE_BYTES,
        pass_fds=(far.fileno(),),
        start_new_session=True,
        env=_environment(),
    )


def _environment() -> dict[str, str]:
    """Ours without our settings: a child is told what it needs, and no secret with it."""
    passed = {key: value for key, value in os.environ.items() if not key.startswith("MIEN_")}
    return passed | ONE_THREAD | MALLOC_ARENAS


def _ignore(event: str, body: Mapping[str, Any]) -> None:
    pass


async def _refuse(call: str, message: Message) -> Message:
    raise ParameterError(f"A child process may not ask for '{call}'.")

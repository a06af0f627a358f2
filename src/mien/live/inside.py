"""What every child process does at its start: end with its parent, log as JSON, serve its wire."""

import asyncio
import ctypes
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

import structlog

from mien.live.wire import Message, Wire

PR_SET_PDEATHSIG = 1
"""linux/prctl.h: the signal that the kernel sends when the parent has died."""

Tell = Callable[[str, Mapping[str, Any]], bool]


class ChildService(Protocol):
    """What a child process offers over its wire; `prepare` is always asked first."""

    async def answer(self, call: str, message: Message) -> Message:
        """Answer one request; several may be under way."""

    async def close(self) -> None:
        """End what is under way, in well under a second."""


def run_child(make: Callable[[Tell], ChildService]) -> None:
    """A child's main function: serve until SIGTERM or until the parent's end of the wire closes."""
    end = socket.socket(fileno=int(sys.argv[1]))
    die_with_parent(int(sys.argv[2]))
    forbid_core_files()
    log_as_json()
    asyncio.run(_serve(end, make))
    end_process()


def end_process() -> NoReturn:
    """End at once, with all done and closed.

    Taking models and compilers apart costs half a second of a core, in each process at once.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def forbid_core_files() -> None:
    """This process's memory, in which there are faces and keys, is not written to the disk."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    # A program that core files are piped to is started at a limit of 0, not at one of 1: see
    # fs/coredump.c of Linux.
    limit = min(most, 1) if most != resource.RLIM_INFINITY else 1
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, and end if it already has."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)


def log_as_json() -> None:
    """Log to stderr, a JSON object a line, which the parent logs again at the same level."""
    steps: list[Any] = [structlog.stdlib.add_log_level, structlog.processors.format_exc_info]
    structlog.configure(
        processors=[*steps, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=steps,
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


async def _serve(end: socket.socket, make: Callable[[Tell], ChildService]) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    wires: list[Wire] = []
    service = make(lambda event, body: bool(wires) and wires[0].tell(event, body))
    wires.append(await Wire.over(end, service.answer, lambda event, body: None))
    ends = [asyncio.create_task(wires[0].closed.wait()), asyncio.create_task(stopping.wait())]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    await service.close()
    await wires[0].close()
    for task in ends:
        task.cancel()

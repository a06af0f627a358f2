"""`mien kill`: cover the picture of everybody, a tenant, a likeness or a session, at once."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mien.cli.beside import DataDir, run_beside
from mien.live.command_store import open_command_store
from mien.live.kill_switch import KillSwitch, kill_named
from mien.settings import Settings

T = TypeVar("T")

Scope = Annotated[str, typer.Argument(help="all, tenant, likeness or session; or list.")]
Target = Annotated[str | None, typer.Argument(help="Its id; none for all.")]


def kill(scope: Scope, target: Target = None, data_dir: DataDir = None) -> None:
    """Cover pictures with a card, and refuse new sessions, until `mien revive`."""
    if scope == "list":
        thrown = at_switch(data_dir, lambda switch: switch.thrown())
        typer.echo("\n".join(sorted(one.name for one in thrown)) or "Nothing is stopped.")
        return
    at_switch(data_dir, lambda switch: switch.throw(kill_named(scope, target)))


def at_switch(data_dir: Path | None, work: Callable[[KillSwitch], Awaitable[T]]) -> T:
    """Do something with the switch that the server watches."""
    return run_beside(data_dir, _opened, work)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[KillSwitch]:
    async with open_command_store(settings, time.time, migrate=False) as (store, journal):
        switch = KillSwitch(store, journal, time.time)
        if not await switch.ready():
            await store.open()
        yield switch

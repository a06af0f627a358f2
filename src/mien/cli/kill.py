"""`mien kill`: cover the picture of everybody, a tenant, a likeness or a session, at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mien.errors import MienError
from mien.live.journal import Journal
from mien.live.kill_switch import KillSwitch, kill_named
from mien.live.store import Store
from mien.settings import Settings
from mien.trust.audit import open_audit_log

T = TypeVar("T")

Scope = Annotated[str, typer.Argument(help="all, tenant, likeness or session; or list.")]
Target = Annotated[str | None, typer.Argument(help="Its id; none for all.")]
DataDir = Annotated[Path | None, typer.Option(help="The server's data directory.")]


def kill(scope: Scope, target: Target = None, data_dir: DataDir = None) -> None:
    """Cover pictures with a card, and refuse new sessions, until `mien revive`."""
    if scope == "list":
        thrown = at_switch(data_dir, lambda switch: switch.thrown())
        typer.echo("\n".join(sorted(one.name for one in thrown)) or "Nothing is stopped.")
        return
    at_switch(data_dir, lambda switch: switch.throw(kill_named(scope, target)))


def at_switch(data_dir: Path | None, work: Callable[[KillSwitch], Awaitable[T]]) -> T:
    """Do something with the switch that the server watches."""
    settings = Settings()
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir})

    async def run() -> T:
        store = Store(settings.resolved_database_url)
        try:
            journal = Journal(open_audit_log(settings.data_dir, time.time))
            switch = KillSwitch(store, journal, time.time)
            if not await switch.ready():
                await store.open()
            return await work(switch)
        finally:
            await store.close()

    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return asyncio.run(run())
    except (MienError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error

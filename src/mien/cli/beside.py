"""Commands that work in a data directory beside the server that may run on it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mien.cli.failures import say_failures
from mien.settings import Settings

T = TypeVar("T")
Desk = TypeVar("Desk")

DataDir = Annotated[Path | None, typer.Option(help="The server's data directory.")]


def settings_in(data_dir: Path | None) -> Settings:
    """The environment's settings, with a directory that the command line may name."""
    settings = Settings()
    return settings if data_dir is None else settings.model_copy(update={"data_dir": data_dir})


def run_beside(
    data_dir: Path | None,
    opened: Callable[[Settings], AbstractAsyncContextManager[Desk]],
    work: Callable[[Desk], Awaitable[T]],
) -> T:
    """What `work` gives, at what `opened` opens. Says what went wrong, with exit status 1."""
    settings = settings_in(data_dir)

    async def run() -> T:
        async with opened(settings) as desk:
            return await work(desk)

    with say_failures():
        return asyncio.run(run())

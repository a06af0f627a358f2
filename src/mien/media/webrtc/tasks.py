"""Tasks whose failure is seen."""

import asyncio
from collections.abc import Coroutine

import structlog


def start_logged(work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
    """A task that logs the error it ends with; the caller owns and cancels it."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_log_failure)
    return task


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log = structlog.get_logger(__name__)
        log.error("task_failed", task=task.get_name(), exc_info=error)

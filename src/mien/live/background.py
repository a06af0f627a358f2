"""Work that is done beside a stream, and gives way to it."""

import os
import threading
from collections.abc import Callable

import structlog

from mien.live.memory import give_back

# Of 19: a stream's threads come first wherever both want a core.
NICENESS = 10

log = structlog.get_logger()


class Background:
    """Does one job at a time, on a thread of its own; gives back what memory it took."""

    def __init__(self) -> None:
        self._busy = threading.Lock()

    def __call__(self, job: Callable[[], None]) -> bool:
        """Begin the job; False while another is under way."""
        if not self._busy.acquire(blocking=False):
            return False
        # No daemon: an interpreter that ends under a net's C++ code aborts instead.
        threading.Thread(target=self._run, args=(job,), name="background").start()
        return True

    def _run(self, job: Callable[[], None]) -> None:
        try:
            # Linux has this of each thread.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
            job()
            give_back()
        except Exception:
            log.exception("background.job_failed")
        finally:
            self._busy.release()

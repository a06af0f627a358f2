"""Work of a frame that a second core takes over, where there is one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from mien.models.cores import MOST_CORES_A_FRAME, at_most

Job = Callable[[], None]
"""Lets go of the GIL for most of its time."""
Wait = Callable[[], object]
"""Returns once the job is done, and raises what it raised."""


class Begin(Protocol):
    """Begins jobs, one after the other."""

    def __call__(self, job: Job) -> Wait:
        """Begin with it now or soon."""


def at_once(job: Job) -> Wait:
    """Do it here and now."""
    job()
    return lambda: None


class SecondCore:
    """A thread that does the jobs while who gave them goes on."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "second core")

    def __call__(self, job: Job) -> Wait:
        """Begin with it as soon as those before are done."""
        return self._thread.submit(job).result


def beginner(cores: int = MOST_CORES_A_FRAME) -> Begin:
    """Of jobs for so many cores, or as many as there are."""
    return SecondCore() if at_most(cores) > 1 else at_once


def in_halves(begin: Begin, loop: Callable[[int, int], None], count: int) -> None:
    """Have a loop over rows, from the first number up to the second, do the lower half elsewhere
    and the upper one here."""
    wait = begin(partial(loop, count // 2, count))
    loop(0, count // 2)
    wait()

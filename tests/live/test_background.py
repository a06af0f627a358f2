"""Jobs are done beside, one at a time, with less right to the processor."""

import os
import subprocess
import sys
import threading

import pytest
from tests.live.camera_client import until

from mien.live.background import NICENESS, Background


async def test_a_job_is_done_on_another_thread_that_gives_way() -> None:
    told: list[tuple[int, int]] = []

    def job() -> None:
        thread = threading.get_native_id()
        told.append((thread, os.getpriority(os.PRIO_PROCESS, thread)))

    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert Background()(job)
    await until(lambda: told)
    (thread, niceness), *_ = told
    assert thread != threading.get_native_id()
    assert niceness == max(NICENESS, mine)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine


def test_a_program_ends_when_its_job_has() -> None:
    """An interpreter that takes a net apart while it runs aborts."""
    program = (
        "import time; from mien.live.background import Background\n"
        "Background()(lambda: (time.sleep(0.5), print('done')))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "done\n")


async def test_one_job_at_a_time() -> None:
    go_on, done = threading.Event(), list[int]()
    background = Background()

    def slow() -> None:
        go_on.wait(10)
        done.append(1)

    assert background(slow)
    assert not background(lambda: done.append(2))
    go_on.set()
    await until(lambda: background(lambda: done.append(3)))
    await until(lambda: done == [1, 3])


async def test_after_a_job_that_failed_comes_another(capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise ValueError("a fault of the fit")

    background, done = Background(), list[int]()
    assert background(broken)
    await until(lambda: background(lambda: done.append(1)))
    await until(lambda: done)
    assert "a fault of the fit" in "".join(capfd.readouterr())

"""CPU and memory of real processes, against what they are told to use."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mien.bench.processes import Usage, busiest_workers, cpu_between, tree_usage

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc")

CHILD = "import sys; x = b'x' * (80 << 20); print(flush=True); sys.stdin.read()"
BURN = (
    "import sys, time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass\n"
    "print(flush=True); sys.stdin.read()"
)
PARENT = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdin=0, stdout=1)\n"
    "child.wait()"
)


def started(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.communicate(b"")


@pytest.fixture
def family() -> Iterator[subprocess.Popen[bytes]]:
    yield from started(sys.executable, "-c", PARENT, CHILD)


@pytest.fixture
def burner() -> Iterator[subprocess.Popen[bytes]]:
    yield from started(sys.executable, "-c", BURN, "mien.live.worker")


def test_children_are_found_with_their_memory(family: subprocess.Popen[bytes]) -> None:
    usages = tree_usage(family.pid)
    assert len(usages) == 2
    parent = next(u for u in usages if u.pid == family.pid)
    child = next(u for u in usages if u.pid != family.pid)
    assert 80 < child.rss_mb < 160
    assert child.rss_mb - parent.rss_mb == pytest.approx(80, abs=8)
    assert 0 < child.pss_mb <= child.rss_mb
    assert "x' * (80 << 20)" in child.command


def test_cpu_time_is_counted_in_seconds(burner: subprocess.Popen[bytes]) -> None:
    (usage,) = tree_usage(burner.pid)
    assert 0.45 < usage.cpu_s < 2.0
    assert cpu_between([], [usage]) == usage.cpu_s
    assert cpu_between([usage], tree_usage(burner.pid)) < 0.2


def test_a_process_that_has_gone_is_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert tree_usage(process.pid) == []


def usage(pid: int, cpu_s: float, command: str = "python -m mien.live.worker 3 1") -> Usage:
    return Usage(pid, command, cpu_s, rss_mb=100.0, pss_mb=50.0)


def test_work_since_a_moment_counts_new_processes_and_leaves_out_ended_ones() -> None:
    before = [usage(1, 10.0), usage(2, 5.0)]
    assert cpu_between(before, [usage(1, 12.5), usage(3, 1.0)]) == 3.5


def test_idle_workers_and_others_are_not_the_busy_ones() -> None:
    before = [usage(1, 100.0), usage(2, 1.0), usage(3, 0.0, "mien serve")]
    after = [usage(1, 100.1), usage(2, 9.0), usage(3, 50.0, "mien serve"), usage(4, 3.0)]
    assert [u.pid for u in busiest_workers(after, before, 2)] == [2, 4]
    assert [u.pid for u in busiest_workers(after, before, 9)] == [2, 4, 1]

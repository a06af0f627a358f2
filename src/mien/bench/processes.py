"""CPU time and memory of a process and its children, from Linux's /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
WORKER_MODULE = "mien.live.worker"


@dataclass(frozen=True)
class Usage:
    """What one process has used: CPU in seconds since its start, memory in MiB as of now.

    rss_mb counts pages shared with others in full, pss_mb by share.
    """

    pid: int
    command: str
    cpu_s: float
    rss_mb: float
    pss_mb: float


def tree_usage(pid: int) -> list[Usage]:
    """The process and its descendants; empty where there is no /proc or the process is gone."""
    children = _children()
    found: list[Usage] = []
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        waiting += children.get(current, [])
        usage = _usage(current)
        if usage is not None:
            found.append(usage)
    return found


def cpu_between(before: list[Usage], after: list[Usage]) -> float:
    """CPU seconds that the processes of `after` used since `before`.

    One that ended in between is left out; one that began counts in full.
    """
    earlier = {usage.pid: usage.cpu_s for usage in before}
    return sum(usage.cpu_s - earlier.get(usage.pid, 0.0) for usage in after)


def busiest_workers(usages: list[Usage], before: list[Usage], count: int) -> list[Usage]:
    """The `count` session processes that used the most CPU since `before`: those not idle."""
    earlier = {usage.pid: usage.cpu_s for usage in before}
    workers = [usage for usage in usages if WORKER_MODULE in usage.command]
    workers.sort(key=lambda usage: usage.cpu_s - earlier.get(usage.pid, 0.0), reverse=True)
    return workers[:count]


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in PROC.iterdir() if PROC.is_dir() else ():
        if entry.name.isdigit():
            try:
                parent = int(_fields(entry)[1])
            except (OSError, IndexError):
                continue
            found.setdefault(parent, []).append(int(entry.name))
    return found


def _fields(entry: Path) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold blanks and brackets itself."""
    return (entry / "stat").read_text().rpartition(")")[2].split()


def _usage(pid: int) -> Usage | None:
    entry = PROC / str(pid)
    try:
        fields = _fields(entry)
        sizes = dict(
            line.split(":", 1) for line in (entry / "smaps_rollup").read_text().splitlines()[1:]
        )
        command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    ticks = int(fields[11]) + int(fields[12])
    return Usage(
        pid=pid,
        command=command.strip(),
        cpu_s=ticks / os.sysconf("SC_CLK_TCK"),
        rss_mb=_mib(sizes["Rss"]),
        pss_mb=_mib(sizes["Pss"]),
    )


def _mib(text: str) -> float:
    return int(text.split()[0]) / 1024

"""The cores that there are for this process."""

import os
from pathlib import Path

MOST_CORES_A_FRAME = 2
"""On more, its landmarks take hardly less, and nothing else of it is for more than two."""
CGROUP_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(cpu_max: Path = CGROUP_CPU_MAX) -> float:
    """Cores that this process may use: its affinity, and its container's quota (cgroup v2)."""
    cores = float(len(os.sched_getaffinity(0)))
    try:
        quota, period = cpu_max.read_text().split()
        return min(cores, int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return cores  # no quota, "max", or another form of cgroup


def at_most(wanted: int) -> int:
    """So many cores, or as many as there are, at least 1."""
    return max(min(wanted, int(usable_cores())), 1)

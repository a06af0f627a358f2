"""Gives back to the system what only a process's start needed."""

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

MAPS = Path("/proc/self/maps")
# Linux: pages are dropped, and read from the file again if they are ever touched.
MADV_DONTNEED = 4
COMPILER = "libllvmlite"


def give_back() -> None:
    """Freed heap, some 70 MB, and the compiler's code, some 50 MB: all kernels are loaded."""
    libc = ctypes.CDLL(None)
    libc.malloc_trim(0)
    for start, size in code_of(COMPILER):
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), MADV_DONTNEED)


def code_of(library: str, maps: Path = MAPS) -> Iterator[tuple[int, int]]:
    """Address and size of a library's code. Its data is never among it: that was changed."""
    wanted = re.compile(rf"([0-9a-f]+)-([0-9a-f]+) r-xp .*/[^/]*{re.escape(library)}[^/]*$")
    for line in maps.read_text().splitlines():
        if found := wanted.match(line):
            start, end = (int(edge, 16) for edge in found.groups())
            yield start, end - start

import subprocess
import sys
from pathlib import Path

from mien.live.memory import code_of

MAPS = """\
7f0000000000-7f0000001000 r--p 00000000 fe:00 1 /lib/libllvmlite.so
7f0000001000-7f0000003000 r-xp 00001000 fe:00 1 /lib/libllvmlite.so
7f0000003000-7f0000004000 r--p 00003000 fe:00 1 /lib/libllvmlite.so
7f0000004000-7f0000005000 rw-p 00004000 fe:00 1 /lib/libllvmlite.so
7f0000006000-7f0000009000 r-xp 00000000 fe:00 2 /lib/libc.so.6
7f000000a000-7f000000b000 r-xp 00000000 00:00 0
"""
PROGRAM = """
import re, sys
import numba, numpy
from pathlib import Path
from mien.live.memory import give_back

@numba.njit
def twice(values):
    return values * 2

def code_mb():
    smaps = Path("/proc/self/smaps").read_text()
    found = re.findall(r"r-xp .*libllvmlite.*\\n(?:.*\\n)*?Rss: +(\\d+) kB", smaps)
    return sum(map(int, found)) / 1024

assert twice(numpy.ones(3)).sum() == 6
before = code_mb()
give_back()
after = code_mb()
assert before > 20 and after < before / 4, (before, after)
# Compiled code still runs, and so does the compiler.
assert twice(numpy.ones(3)).sum() == 6
assert twice(numpy.ones(3, numpy.float32)).sum() == 6
"""


def test_only_code_of_the_named_library_is_given_back(tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.write_text(MAPS)
    assert list(code_of("libllvmlite", maps)) == [(0x7F0000001000, 0x2000)]


def test_the_compilers_code_leaves_memory_and_comes_back_when_needed() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)

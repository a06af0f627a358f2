"""Two TAP devices joined by a slow line, for kernels without `tc netem`.

A program of its own, so that nothing else holds its frames up: `python -m mien.bench.bridge A B`
with two open descriptors. Each line of its input is a delay and a jitter in milliseconds; it ends
with its input.
"""

import contextlib
import fcntl
import os
import random
import select
import struct
import sys
import time
from collections import deque

TUN = "/dev/net/tun"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
MOST_WAITING = 1000
FRAME_BYTES = 2048


class SlowWay:
    """Frames that are under way in one direction; they keep their order, as routers keep it."""

    def __init__(self, chance: random.Random) -> None:
        self.delay_s = self.jitter_s = 0.0
        self._chance = chance
        self._waiting: deque[tuple[float, bytes]] = deque()

    def push(self, frame: bytes, now: float) -> None:
        """A frame sets out; beyond 1000 it is lost, as in any queue."""
        if len(self._waiting) >= MOST_WAITING:
            return
        due = now + self.delay_s + self._chance.uniform(-self.jitter_s, self.jitter_s)
        before = self._waiting[-1][0] if self._waiting else now
        self._waiting.append((max(due, before), frame))

    def pop_due(self, now: float) -> list[bytes]:
        """Frames that have come."""
        due: list[bytes] = []
        while self._waiting and self._waiting[0][0] <= now:
            due.append(self._waiting.popleft()[1])
        return due

    def wait_s(self, now: float) -> float | None:
        """Seconds until the next comes; None while none is under way."""
        return max(0.0, self._waiting[0][0] - now) if self._waiting else None


def open_tap(name: str) -> int:
    """A new TAP device of this thread's network namespace. Raises OSError."""
    descriptor = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return descriptor


class Bridge:
    """Carries frames both ways until its input ends."""

    def __init__(self, near: int, far: int) -> None:
        # Bad in the same way each time.
        chance = random.Random(1)  # nosec B311
        self._ways = {near: (far, SlowWay(chance)), far: (near, SlowWay(chance))}

    def run(self) -> None:
        """Carry."""
        commands = sys.stdin.fileno()
        while True:
            readable, _, _ = select.select([commands, *self._ways], [], [], self._wait_s())
            if commands in readable and not self._obey(sys.stdin.readline()):
                return
            self._carry([d for d in readable if d != commands])

    def _obey(self, line: str) -> bool:
        if not line:
            return False
        delay_ms, jitter_ms = map(float, line.split())
        for _, way in self._ways.values():
            way.delay_s, way.jitter_s = delay_ms / 1e3, jitter_ms / 1e3
        return True

    def _carry(self, readable: list[int]) -> None:
        now = time.monotonic()
        for descriptor in readable:
            with contextlib.suppress(BlockingIOError):
                self._ways[descriptor][1].push(os.read(descriptor, FRAME_BYTES), now)
        for target, way in self._ways.values():
            for frame in way.pop_due(now):
                with contextlib.suppress(OSError):  # the device is down or full: the frame is lost
                    os.write(target, frame)

    def _wait_s(self) -> float | None:
        now = time.monotonic()
        waits = [way.wait_s(now) for _, way in self._ways.values()]
        return min((wait for wait in waits if wait is not None), default=None)


if __name__ == "__main__":
    Bridge(int(sys.argv[1]), int(sys.argv[2])).run()

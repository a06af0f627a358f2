"""A bad line between two network namespaces of this machine. Needs root, `ip`, `tc` and `nft`."""

import contextlib
import ctypes
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.errors import MienError

CLONE_NEWNET = 0x40000000
TOOLS = ("ip", "tc", "nft")
ALL = 1000


class LineError(MienError):
    """The line could not be made."""


@dataclass(frozen=True)
class Condition:
    """kbit: each way, None for as much as the machine can. loss: 0 to 1, at random, each way."""

    kbit: int | None = None
    loss: float = 0.0


def can_make_lines() -> bool:
    """Whether this user on this machine can."""
    return os.geteuid() == 0 and all(shutil.which(tool) for tool in TOOLS)


class Line:
    """Two namespaces, `near` and `far`, and the one line between them; a context manager."""

    def __init__(self) -> None:
        name = secrets.token_hex(3)
        self.near, self.far = f"mien-{name}-a", f"mien-{name}-b"
        self.near_address, self.far_address = "10.77.0.1", "10.77.0.2"

    def __enter__(self) -> "Line":
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for space in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)

    def set(self, condition: Condition) -> None:
        """Make the line as bad as that, from now on."""
        for space in (self.near, self.far):
            _quietly("ip", "netns", "exec", space, "tc", "qdisc", "del", "dev", "line", "root")
            if condition.kbit is not None:
                rate = ["rate", f"{condition.kbit}kbit", "burst", "3kb", "latency", "500ms"]
                _inside(space, "tc", "qdisc", "add", "dev", "line", "root", "tbf", *rate)
            self._lose(space, round(condition.loss * ALL))

    def cut(self) -> None:
        """Nothing passes until `set` is called."""
        for space in (self.near, self.far):
            self._lose(space, ALL)

    @contextlib.contextmanager
    def inside(self, space: str) -> Iterator[None]:
        """This thread's new sockets and programs belong to the namespace; old ones stay."""
        with Path("/proc/thread-self/ns/net").open() as home:
            with Path(f"/run/netns/{space}").open() as there:
                _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def _make(self) -> None:
        for space in (self.near, self.far):
            _run("ip", "netns", "add", space)
            _inside(space, "ip", "link", "set", "lo", "up")
        _inside(
            self.near, "ip", "link", "add", "line", "type", "veth",
            "peer", "name", "line", "netns", self.far,
        )  # fmt: skip
        addresses = ((self.near, self.near_address), (self.far, self.far_address))
        for space, address in addresses:
            _inside(space, "ip", "address", "add", f"{address}/24", "dev", "line")
            _inside(space, "ip", "link", "set", "line", "up")
            _inside(space, "ip", "route", "add", "default", "dev", "line")

    def _lose(self, space: str, of_thousand: int) -> None:
        _quietly("ip", "netns", "exec", space, "nft", "delete", "table", "inet", "line")
        if not of_thousand:
            return
        chance = f"numgen random mod {ALL} < {of_thousand}" if of_thousand < ALL else ""
        rule = f"iifname line {chance} drop"
        chain = f"chain in {{ type filter hook input priority 0; {rule}; }};"
        table = f"table inet line {{ {chain} }}"
        _inside(space, "nft", table)


def _inside(space: str, *command: str) -> None:
    _run("ip", "netns", "exec", space, *command)


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise LineError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")


def _quietly(*command: str) -> None:
    subprocess.run(command, check=False, capture_output=True)


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET):
        raise LineError(f"setns: {os.strerror(ctypes.get_errno())}")

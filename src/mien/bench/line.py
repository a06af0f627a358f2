"""A bad line between two network namespaces of this machine. Needs `ip`, `tc` and `nft`.

Root can make them, and so can others where the kernel gives them a namespace of their own in
which they are root: see `as_root`.
"""

import contextlib
import ctypes
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.bench.bridge import TUN, open_tap
from mien.errors import MienError

CLONE_NEWNET = 0x40000000
TOOLS = ("ip", "tc", "nft")
# `ip netns` keeps its names under /run, which belongs to the machine's own root.
ENTER = (
    "unshare", "--user", "--map-root-user", "--mount", "--net",
    "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh",
)  # fmt: skip
ALL = 1000


class LineError(MienError):
    """The line could not be made."""


@dataclass(frozen=True)
class Condition:
    """kbit: each way, None for as much as the machine can. loss: 0 to 1, at random, each way.

    delay_ms: each way, more or less by up to jitter_ms; only a `Line(delayed=True)` has any.
    """

    kbit: int | None = None
    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0


def can_make_lines() -> bool:
    """Whether this user on this machine can, as he is."""
    return os.geteuid() == 0 and all(shutil.which(tool) for tool in TOOLS)


def as_root(command: list[str]) -> list[str]:
    """The command that runs this one as root of namespaces of its own.

    Raises LineError when programs are missing, or the kernel makes no such namespaces.
    """
    missing = [tool for tool in (*TOOLS, *ENTER[:1]) if shutil.which(tool) is None]
    if missing:
        raise LineError(
            f"Programs are missing: {', '.join(missing)} (apt install iproute2 nftables util-linux)"
        )
    tried = subprocess.run([*ENTER, "true"], check=False, capture_output=True, text=True)
    if tried.returncode:
        raise LineError(
            f"This machine gives users no namespaces ({tried.stderr.strip()}). Run this as root, "
            "or allow them: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
            "kernel.apparmor_restrict_unprivileged_userns."
        )
    return [*ENTER, *command]


class Line:
    """Two namespaces, `near` and `far`, and the one line between them; a context manager."""

    def __init__(self, *, delayed: bool = False) -> None:
        self._delayed = delayed
        self._bridge: subprocess.Popen[str] | None = None
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
        if self._bridge is not None:
            self._bridge.communicate()  # closes its input, which ends it
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
        if self._bridge is not None and self._bridge.stdin is not None:
            self._bridge.stdin.write(f"{condition.delay_ms} {condition.jitter_ms}\n")
            self._bridge.stdin.flush()

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
        if self._delayed:
            self._join_by_bridge()
        else:
            _inside(
                self.near, "ip", "link", "add", "line", "type", "veth",
                "peer", "name", "line", "netns", self.far,
            )  # fmt: skip
        addresses = ((self.near, self.near_address), (self.far, self.far_address))
        for space, address in addresses:
            _inside(space, "ip", "address", "add", f"{address}/24", "dev", "line")
            _inside(space, "ip", "link", "set", "line", "up")
            _inside(space, "ip", "route", "add", "default", "dev", "line")

    def _join_by_bridge(self) -> None:
        taps = []
        try:
            for space in (self.near, self.far):
                with self.inside(space):
                    taps.append(open_tap("line"))
            command = [sys.executable, "-m", "mien.bench.bridge", *map(str, taps)]
            self._bridge = subprocess.Popen(
                command, stdin=subprocess.PIPE, pass_fds=taps, text=True
            )
        except OSError as error:
            raise LineError(f"No TAP device: {error}. Is there {TUN}?") from error
        finally:
            for tap in taps:
                os.close(tap)

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

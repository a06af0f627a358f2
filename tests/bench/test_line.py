import random
import socket
import subprocess
import sys
import time
from itertools import pairwise

import pytest

from mien.bench.bridge import MOST_WAITING, SlowWay
from mien.bench.line import Condition, Line, LineError, as_root, can_make_lines


def way(delay_s: float, jitter_s: float = 0.0) -> SlowWay:
    slow = SlowWay(random.Random(3))
    slow.delay_s, slow.jitter_s = delay_s, jitter_s
    return slow


def test_frames_come_after_the_delay() -> None:
    slow = way(0.1)
    assert slow.wait_s(5.0) is None
    slow.push(b"a", 5.0)
    slow.push(b"b", 5.05)
    assert slow.wait_s(5.02) == pytest.approx(0.08)
    assert slow.pop_due(5.09) == []
    assert slow.pop_due(5.11) == [b"a"]
    assert slow.pop_due(9.0) == [b"b"]


def test_jitter_spreads_them_but_keeps_their_order() -> None:
    slow, arrivals = way(0.1, 0.03), []
    for number in range(200):
        slow.push(bytes([number]), number * 0.1)
    for number in range(2_100):
        arrivals += [(frame[0], number / 100) for frame in slow.pop_due(number / 100)]
    assert [frame for frame, _ in arrivals] == list(range(200))
    delays = [at - frame * 0.1 for frame, at in arrivals]
    assert 0.069 < min(delays) < 0.085 and 0.12 < max(delays) < 0.15
    assert len({round(b[1] - a[1], 2) for a, b in pairwise(arrivals)}) > 5


def test_the_queue_has_an_end() -> None:
    slow = way(1.0)
    for _ in range(MOST_WAITING + 50):
        slow.push(b"x", 0.0)
    assert len(slow.pop_due(2.0)) == MOST_WAITING


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LineError, match=r"ip, tc, nft, unshare .*apt install"):
        as_root(["true"])


@pytest.mark.network
@pytest.mark.skipif(not can_make_lines(), reason="needs root, iproute2 and nftables")
def test_a_user_is_root_in_a_namespace_of_his_own_or_is_told_why_not() -> None:
    script = "import os; from mien.bench.line import can_make_lines as c; print(os.getuid(), c())"
    try:
        command = as_root([sys.executable, "-c", script])
    except LineError as error:
        assert "as root" in str(error)
        return
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert answer == "0 True\n"


@pytest.mark.network
@pytest.mark.skipif(not can_make_lines(), reason="needs root, iproute2 and nftables")
def test_a_delayed_line_delays_both_ways_and_can_be_changed_and_cut() -> None:
    with Line(delayed=True) as line:
        near, far = _socket(line, line.near), _socket(line, line.far)
        with near, far:
            _round_trip(line, near, far)  # the neighbours' addresses are asked for once
            line.set(Condition(delay_ms=60))
            assert 0.12 <= min(_round_trip(line, near, far) for _ in range(3)) < 0.5
            line.set(Condition())
            assert min(_round_trip(line, near, far) for _ in range(5)) < 0.1
            line.cut()
            with pytest.raises(TimeoutError):
                _round_trip(line, near, far)
    assert line._bridge is not None and line._bridge.returncode == 0


def _socket(line: Line, space: str) -> socket.socket:
    with line.inside(space):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((line.near_address if space == line.near else line.far_address, 0))
    made.settimeout(2)
    return made


def _round_trip(line: Line, near: socket.socket, far: socket.socket) -> float:
    began = time.monotonic()
    near.sendto(b"ping", far.getsockname())
    _, sender = far.recvfrom(100)
    far.sendto(b"pong", sender)
    near.recvfrom(100)
    return time.monotonic() - began

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from mien.errors import ImageRejected, ProcessLost, WeightsError
from mien.live.child import Child

HERE = Path(__file__).parent
Start = Callable[..., Any]


@pytest.fixture(autouse=True)
def find_echo_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HERE))


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    started: list[Child] = []

    async def start_one(**config: Any) -> Child:
        child = await Child.start("echo_child", config, ready_within_s=20)
        started.append(child)
        return child

    yield start_one
    for child in started:
        await child.stop(0)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until_gone(pid: int, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while is_running(pid) and time.monotonic() < deadline:  # noqa: ASYNC110  no event tells
        await asyncio.sleep(0.01)
    return not is_running(pid)


async def test_a_child_is_ready_and_answers(start: Start) -> None:
    child = await start()
    assert child.ready == {"pid": child.pid, "group": child.pid}
    assert child.pid != os.getpid()
    with pytest.raises(ImageRejected, match="Not a picture"):
        await child.call("reject")


async def test_events_reach_whoever_listens_now(start: Start) -> None:
    child = await start()
    heard: list[Any] = []
    child.on_event = lambda event, body: heard.append((event, body))
    await child.call("tell", {"number": 4})
    assert heard == [("told", {"number": 4})]


async def test_sigterm_ends_it(start: Start) -> None:
    child = await start()
    await child.stop(10)
    assert child.ended.result() == 0
    assert not is_running(child.pid)
    await child.stop(10)


async def test_it_ends_without_taking_itself_apart(start: Start) -> None:
    child = await start(heavy=True)
    await child.stop(20)
    assert child.ended.result() == 0, "by itself, before it is killed"


async def test_one_that_does_not_listen_is_killed(start: Start) -> None:
    child = await start(stubborn=True)
    await child.stop(0.3)
    assert child.ended.result() == -signal.SIGKILL
    assert not is_running(child.pid)


async def test_a_killed_child_is_noticed_and_its_calls_fail(start: Start) -> None:
    child = await start()
    with pytest.raises(ProcessLost):
        await child.call("die", within_s=30)
    assert await asyncio.wait_for(child.ended, 5) == -signal.SIGKILL
    assert not child.alive
    with pytest.raises(ProcessLost):
        await child.call("reject")


@pytest.mark.parametrize(
    ("config", "error"),
    [({"broken": True}, WeightsError), ({"dies": True}, ProcessLost)],
)
async def test_one_that_cannot_start_says_why(config: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        await Child.start("echo_child", config)


async def test_one_that_is_never_ready_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with capture_logs() as logs, pytest.raises(ProcessLost):
        await Child.start("echo_child", {"slow": True}, ready_within_s=1.5)
    assert not is_running(next(entry["pid"] for entry in logs if entry["event"] == "child.ended"))


async def test_a_start_that_is_cancelled_leaves_nothing() -> None:
    with capture_logs() as logs:
        starting = asyncio.create_task(Child.start("echo_child", {"slow": True}))
        await asyncio.sleep(1.0)
        starting.cancel()
        await asyncio.wait((starting,))
    assert starting.cancelled()
    assert not is_running(next(entry["pid"] for entry in logs if entry["event"] == "child.ended"))


async def test_a_module_that_does_not_exist_is_told_in_the_log() -> None:
    with capture_logs() as logs, pytest.raises(ProcessLost):
        await Child.start("no_such_module")
    assert any("no_such_module" in entry.get("line", "") for entry in logs)


async def test_its_log_is_forwarded_at_its_level(start: Start) -> None:
    child = await start()
    with capture_logs() as logs:
        await child.call("log")
        await child.stop(10)
    entries = {entry["event"]: entry for entry in logs}
    happened = entries["it.happened"]
    assert (happened["number"], happened["log_level"], happened["pid"]) == (7, "error", child.pid)
    assert entries["child.stderr"]["line"] == "not json"
    assert "child.log_line_too_long" in entries
    assert entries["after"]["log_level"] == "info"


async def test_no_setting_and_no_secret_is_in_its_environment(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CLIENT_SECRET", "hush")
    environment = (await (await start()).call("environment")).body
    assert not [key for key in environment if key.startswith("MIEN_")]
    assert environment["PATH"] == os.environ["PATH"]


async def test_libraries_start_no_threads(start: Start) -> None:
    body = (await (await start()).call("threads")).body
    assert body["threads"] <= 2  # its own, and the watcher of signals at most


PARENT = """
import asyncio, sys
from mien.live.child import Child

async def main():
    child = await Child.start("echo_child", {"stubborn": True})
    sys.stdout.write(f"{child.pid}\\n")
    sys.stdout.flush()
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_it_dies_with_its_parent_however_that_died() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert is_running(pid)
    parent.kill()
    await parent.wait()
    assert await until_gone(pid, 5)

"""`mien bench live`: there and back through a real server and a real browser, on loopback."""

import asyncio
import base64
import contextlib
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from mien.bench.browser import Browser, Page
from mien.bench.drift import drift, percentile
from mien.bench.processes import Usage, busiest_workers, cpu_between, tree_usage
from mien.bench.server import Server
from mien.errors import MienError, ParameterError

MEASURE_S = 15.0
WARM_UP_S = 3.0
FIRST_FRAME_TIMEOUT_S = 30.0
SAMPLE_S = 5.0
NEAR_S = 0.25
FACE = "astronaut.jpg"
CLIP = "head_turns.mp4"
HOW = (
    "Latency: a clock burnt into the top rows of the camera's picture is read from the picture "
    "that comes back. sound_late: how much longer than the pictures around it a beep took, there "
    "and back; negative where it was early. "
    "streams_per_core: 1 / (CPU seconds of the server and all its processes, per "
    "frame shown, times the camera's frames a second), so that frames which a busy machine dropped "
    "don't make a stream look cheap. memory_mb_per_session: resident memory of the largest session "
    "process."
)


class BenchError(MienError):
    """The measurement could not be made."""


@dataclass(frozen=True)
class Target:
    """The server under test; pid None when it isn't ours to look into."""

    origin: str
    token: str
    pid: int | None


@dataclass
class Recording:
    """What was gathered, sample by sample."""

    first_ms: list[float] = field(default_factory=list)
    ages: list[tuple[float, float]] = field(default_factory=list)
    beeps: list[tuple[float, float]] = field(default_factory=list)
    sound_late: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    shown: int = 0
    unread: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    workers: list[Usage] = field(default_factory=list)


async def run(
    minutes: float | None = None,
    sessions: int = 1,
    size: str = "640x480",
    fps: int = 20,
    url: str | None = None,
) -> dict[str, Any]:
    """Measure `sessions` streams at once for 15 s, or for `minutes` with drift reported.

    url: a running server's studio address with its `#token=`, or its origin with MIEN_CLIENT_ID
    and MIEN_CLIENT_SECRET in the environment; without it a server is started for the purpose.
    Raises ParameterError, BenchError, and what the browser and the server raise.
    """
    width, height = parse_size(size)
    seconds = minutes * 60 if minutes else MEASURE_S
    async with _target(url) as target, Browser() as browser:
        page = await browser.new_page()
        # The measuring script brings its clip along, which the page's own policy would refuse.
        await page.call("Page.setBypassCSP", {"enabled": True})
        await page.goto(f"{target.origin}/studio/result.html")
        await _start(page, target, sessions, width, height, fps)
        try:
            recording = await _record(page, target, sessions, seconds)
        finally:
            await page.evaluate("mienBench.stop()")
    return report(recording, sessions, size, fps, soak=minutes is not None)


def parse_size(size: str) -> tuple[int, int]:
    """Width and height of "640x480". Raises ParameterError."""
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ParameterError(f"size: {size} is not of the form 640x480.")
    return int(width), int(height)


def report(
    recording: Recording, sessions: int, size: str, fps: int, *, soak: bool
) -> dict[str, Any]:
    """The figures of a recording, as `mien bench live --json` prints them."""
    ages = [age for _, age in recording.ages]
    measured = recording.cpu_s and recording.shown
    cores = recording.cpu_s / recording.shown * fps if measured else None
    figures: dict[str, Any] = {
        "size": size,
        "sessions": sessions,
        "seconds": round(recording.seconds, 1),
        "first_swapped_frame_s": round(max(recording.first_ms) / 1000, 2),
        "round_trip_p50_ms": percentile(ages, 50),
        "round_trip_p95_ms": percentile(ages, 95),
        "sound_p50_ms": percentile([way for _, way in recording.beeps], 50),
        "sound_late_p50_ms": percentile(recording.sound_late, 50),
        "sound_late_p95_ms": percentile(recording.sound_late, 95),
        "fps": round(recording.shown / recording.seconds / sessions, 1),
        "unread_frames": recording.unread,
        "cores_per_session": round(cores, 3) if cores else None,
        "streams_per_core": round(1 / cores, 2) if cores else None,
        "memory_mb_per_session": _largest(recording.workers, "rss_mb"),
        "memory_pss_mb_per_session": _largest(recording.workers, "pss_mb"),
        "how": HOW,
    }
    if soak:
        figures["soak"] = _soak(recording)
    return figures


def sound_late(
    beeps: Sequence[tuple[float, float]], ages: Sequence[tuple[float, float]]
) -> list[float]:
    """By how many ms each beep took longer than the pictures within a quarter of a second of it.

    Both are (seconds, ms there and back).
    """
    late = []
    for at, way in beeps:
        near = [age for shown, age in ages if abs(shown - at) <= NEAR_S]
        if near:
            late.append(way - sum(near) / len(near))
    return late


def _largest(workers: list[Usage], what: str) -> float | None:
    return round(max(getattr(usage, what) for usage in workers), 1) if workers else None


def _soak(recording: Recording) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, samples in (("latency_ms", recording.ages), ("memory_mb", recording.memory)):
        with contextlib.suppress(ValueError):
            figures[name] = drift(samples).rounded()
    return figures


@contextlib.asynccontextmanager
async def _target(url: str | None) -> AsyncIterator[Target]:
    if url is not None:
        yield await _given(url, os.environ)
        return
    with tempfile.TemporaryDirectory(prefix="mien-bench-") as folder:
        async with Server(Path(folder)) as server:
            yield Target(server.origin, server.token, server.pid)


async def _given(url: str, environment: Mapping[str, str]) -> Target:
    address = urlsplit(url)
    origin = f"{address.scheme}://{address.netloc}"
    token = parse_qs(address.fragment).get("token", [""])[0]
    return Target(origin, token or await _token(origin, environment), None)


async def _token(origin: str, environment: Mapping[str, str]) -> str:
    body = {
        "clientId": environment.get("MIEN_CLIENT_ID", ""),
        "clientSecret": environment.get("MIEN_CLIENT_SECRET", ""),
    }
    async with httpx.AsyncClient(base_url=origin) as client:
        answer = (await client.post("/api/open/v3/getToken", json=body)).json()
    if answer["code"] != 1000:
        raise BenchError(
            f"No token: {answer['msg']} Give the studio address with its #token=, "
            "or set MIEN_CLIENT_ID and MIEN_CLIENT_SECRET."
        )
    return str(answer["token"])


async def _upload(target: Target) -> str:
    files = {"file": (FACE, _media(FACE), "image/jpeg")}
    headers = {"authorization": f"Bearer {target.token}"}
    async with httpx.AsyncClient(base_url=target.origin, headers=headers, timeout=60) as client:
        answer = (await client.post("/v1/sources", files=files)).json()
    if answer["code"] != 1000:
        raise BenchError(f"The source face was refused: {answer['msg']}")
    return str(answer["data"]["id"])


async def _start(
    page: Page, target: Target, sessions: int, width: int, height: int, fps: int
) -> None:
    for name in ("ear.js", "live.js"):
        await page.evaluate((resources.files("mien.bench") / name).read_text("utf-8"))
    options = {
        "token": target.token,
        "source": await _upload(target),
        "clip": "data:video/mp4;base64," + base64.b64encode(_media(CLIP)).decode(),
        "sessions": sessions,
        "width": width,
        "height": height,
        "fps": fps,
        "quality": 3 if height > 480 else 2 if height > 360 else 1,
    }
    await page.evaluate(f"mienBench.start({json.dumps(options)})", 60)


async def _record(page: Page, target: Target, sessions: int, seconds: float) -> Recording:
    recording = Recording(first_ms=await _first_frames(page))
    await asyncio.sleep(WARM_UP_S)
    await page.evaluate("mienBench.take()")
    began, before = time.monotonic(), _usage(target)
    after = before
    while (left := began + seconds - time.monotonic()) > 0:
        await asyncio.sleep(min(SAMPLE_S, left))
        _add(recording, await page.evaluate("mienBench.take()"))
        after = _usage(target)
        recording.workers = busiest_workers(after, before, sessions)
        if recording.workers:
            largest = max(usage.rss_mb for usage in recording.workers)
            recording.memory.append((time.monotonic(), largest))
    recording.seconds = time.monotonic() - began
    recording.cpu_s = cpu_between(before, after)
    return recording


async def _first_frames(page: Page) -> list[float]:
    """Milliseconds from each session's create to its first swapped frame on the screen."""
    deadline = time.monotonic() + FIRST_FRAME_TIMEOUT_S
    while time.monotonic() < deadline:
        taken = await page.evaluate("mienBench.take()")
        if all(one["firstMs"] is not None for one in taken):
            return [one["firstMs"] for one in taken]
        await asyncio.sleep(0.1)
    said = [*page.console, *page.exceptions][-10:]
    raise BenchError("No swapped picture came within 30 s.\n" + "\n".join(said))


def _add(recording: Recording, taken: list[dict[str, Any]]) -> None:
    for one in taken:
        if one["error"]:
            raise BenchError(f"A session ended while it was measured: {one['error']}")
        recording.ages += [(at, age) for at, age in one["ages"]]
        recording.beeps += [(at, way) for at, way in one["beeps"]]
        recording.sound_late += sound_late(one["beeps"], one["ages"])
        recording.shown += one["shown"]
        recording.unread += one["unread"]


def _usage(target: Target) -> list[Usage]:
    return tree_usage(target.pid) if target.pid is not None else []


def _media(name: str) -> bytes:
    return (resources.files("mien.bench") / "media" / name).read_bytes()

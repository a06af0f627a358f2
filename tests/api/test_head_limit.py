"""Heads that are too large, too many lines long, damaged, or slow, on a real server."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import uvicorn
from tests.api.conftest import House

from mien.api.head_limit import HEAD_BYTES, PIECE, HeadLimit

ABOVE = HEAD_BYTES + PIECE
FIRST = b"GET /healthz HTTP/1.1\r\nHost: mien\r\n"


class Impatient(HeadLimit):
    head_s = 0.4


@pytest.fixture
async def origin(house: House) -> AsyncIterator[tuple[str, int]]:
    config = uvicorn.Config(
        house.app,
        "127.0.0.1",
        0,
        lifespan="off",
        log_config=None,
        ws="none",
        http=Impatient,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[:2]
    server.should_exit = True
    await task


async def status_of(origin: tuple[str, int], head: bytes) -> int:
    reader, writer = await asyncio.open_connection(*origin)
    writer.write(head)
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (b"", 200),
        (b"X-Long: " + b"x" * (HEAD_BYTES - 200) + b"\r\n", 200),
        (b"X-Long: " + b"x" * ABOVE + b"\r\n", 400),
        (b"X: y\r\n" * (ABOVE // 6), 400),
        (b"X" * ABOVE, 400),
        (b"no header\r\n", 400),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n", 400),
        (b"Content-Length: -1\r\n", 400),
        (b"Transfer-Encoding: gzip\r\n", 400),
        (b"X: a\0b\r\n", 400),
    ],
    ids=["none", "long", "too long", "too many", "no end", "no colon", "two", "less", "te", "nul"],
)
async def test_a_head_has_a_size_and_a_form(
    origin: tuple[str, int], more: bytes, status: int
) -> None:
    assert await status_of(origin, FIRST + more + b"\r\n") == status


async def test_a_long_path_is_no_way_around(origin: tuple[str, int]) -> None:
    line = b"GET /" + b"a" * ABOVE + b" HTTP/1.1\r\nHost: mien\r\n\r\n"
    assert await status_of(origin, line) == 400


@pytest.mark.parametrize("sends", [b"", b"G", FIRST], ids=["nothing", "a letter", "half"])
async def test_who_never_ends_his_head_is_hung_up_on(origin: tuple[str, int], sends: bytes) -> None:
    reader, writer = await asyncio.open_connection(*origin)
    began = time.monotonic()
    writer.write(sends)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        async with asyncio.timeout(10):
            while not reader.at_eof():
                if sends:
                    writer.write(b"X")  # to dribble is no help
                await asyncio.sleep(0.05)
                await writer.drain()
            raise ConnectionResetError
    assert time.monotonic() - began >= Impatient.head_s
    writer.close()


async def test_the_second_head_of_a_connection_too(origin: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*origin)
    writer.write(FIRST + b"\r\n")
    answer = await reader.readuntil(b"}")
    assert b" 200 " in answer
    writer.write(FIRST)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        async with asyncio.timeout(10):
            await reader.readexactly(1)
    writer.close()


async def test_who_thinks_long_about_the_answer_is_waited_for(
    house: House, origin: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(*_: object, **__: object) -> list[object]:
        await asyncio.sleep(3 * Impatient.head_s)
        return []

    monkeypatch.setattr(house.services.sources, "listed", slowly)
    key = house.key["x-api-key"].encode()
    head = b"GET /v1/sources HTTP/1.1\r\nHost: mien\r\nx-api-key: " + key + b"\r\n\r\n"
    assert await status_of(origin, head) == 200

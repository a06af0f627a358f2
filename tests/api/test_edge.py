import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from structlog.testing import capture_logs
from tests.api.conftest import CREATE, FACE_URL, GET_TOKEN, INFO, QUOTA, House
from tests.live.fakes import JPEG

MIB = 1 << 20


@pytest.fixture
async def origin(house: House) -> AsyncIterator[tuple[str, int]]:
    """The house behind a real HTTP server on loopback."""
    config = uvicorn.Config(house.app, "127.0.0.1", 0, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[:2]
    server.should_exit = True
    await task


async def status_and_code(reader: asyncio.StreamReader) -> tuple[int, int]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].split()[0])
    body = json.loads(await reader.readexactly(length))
    return int(head.split()[1]), body["code"]


async def test_a_declared_body_of_100_mb_is_refused_at_once(origin: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*origin)
    writer.write(b"POST /detect HTTP/1.1\r\nHost: mien\r\nContent-Length: 100000000\r\n\r\n")
    assert await asyncio.wait_for(status_and_code(reader), 2) == (413, 1003)
    writer.close()


@pytest.mark.parametrize("path", [CREATE, GET_TOKEN, "/detect"])
async def test_an_undeclared_body_is_refused_while_it_streams(
    origin: tuple[str, int], path: str
) -> None:
    reader, writer = await asyncio.open_connection(*origin)
    head = f"POST {path} HTTP/1.1\r\nHost: mien\r\nTransfer-Encoding: chunked\r\n"
    writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode())
    answer = asyncio.create_task(status_and_code(reader))
    sent = 0
    while not answer.done() and sent < 60:
        writer.write(b"100000\r\n" + b" " * MIB + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0.001)
        sent += 1
    assert 24 < sent < 60, "answered at the limit, not at the end"
    assert await answer == (413, 1003)
    writer.close()


async def test_a_client_that_first_sends_everything_reads_the_answer(
    origin: tuple[str, int],
) -> None:
    async with httpx.AsyncClient(base_url="http://{}:{}".format(*origin)) as client:
        for content in (b" " * (100 * MIB), spaces(100)):
            answer = await client.post(CREATE, content=content, timeout=20)
            assert (answer.status_code, answer.json()["code"]) == (413, 1003)
        assert (await client.get("/healthz")).status_code == 200


async def spaces(pieces: int) -> AsyncIterator[bytes]:
    for _ in range(pieces):
        yield b" " * MIB


async def test_a_client_that_never_stops_is_cut(origin: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*origin)
    writer.write(b"POST /detect HTTP/1.1\r\nHost: mien\r\nContent-Length: 900000000000\r\n\r\n")
    assert await status_and_code(reader) == (413, 1003)
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(20):
            while True:
                writer.write(b" " * MIB)
                await writer.drain()
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("options", [{"limits": {"body_bytes": 2000}}])
async def test_the_body_limit_is_exact(house: House) -> None:
    body = json.dumps({"sourceImage": [FACE_URL]}).encode()
    for size, status in ((2000, 200), (2001, 413)):
        answer = await house.http.post(CREATE, content=body.ljust(size), headers=house.key)
        assert answer.status_code == status
    whole = await house.http.post(CREATE, content=chunks(body.ljust(2001)), headers=house.key)
    assert (whole.status_code, whole.json()["code"]) == (413, 1003)


@pytest.mark.parametrize("options", [{"limits": {"body_seconds": 0.3}}])
async def test_a_body_that_dribbles_is_given_up(house: House, origin: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*origin)
    head = f"POST {GET_TOKEN} HTTP/1.1\r\nHost: mien\r\nContent-Length: 1000\r\n"
    writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode())
    answer = asyncio.create_task(status_and_code(reader))
    while not answer.done():
        writer.write(b" ")
        await asyncio.sleep(0.05)
    assert await answer == (408, 1003)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b"", "and hung up on"
    writer.close()
    assert (await house.http.get("/healthz")).status_code == 200


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 100):
        yield data[at : at + 100]


@pytest.mark.parametrize("path", [CREATE, INFO, QUOTA, GET_TOKEN, "/detect", "/v1/sources", "/x"])
@pytest.mark.parametrize("origin_header", ["null", "https://page.example"])
async def test_any_page_may_call(house: House, path: str, origin_header: str) -> None:
    preflight = await house.http.options(
        path,
        headers={
            "Origin": origin_header,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, x-api-key",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "x-api-key"))
    for method in ("POST", "PATCH", "DELETE"):
        assert method in preflight.headers["access-control-allow-methods"]
    answer = await house.http.post(path, headers={"Origin": origin_header})
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"]
    assert all(name in exposed for name in ("Location", "ETag", "Link"))


async def test_paths_and_methods_that_are_none(house: House) -> None:
    missing = await house.http.get("/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, 1008)
    said = "There is no such path. Check the id, or create a new session."
    assert missing.json()["msg"] == said, "the kind's own advice"
    wrong = await house.http.get(CREATE)
    assert (wrong.status_code, wrong.json()["code"]) == (405, 1003)


async def test_a_failure_that_knows_what_to_do_says_nothing_else(house: House) -> None:
    refused = await house.http.post("/v1/channels/nothing/whip", content="v=0")
    assert refused.json()["msg"] == "No media token was sent; send front_rtc_token as Bearer."


@pytest.mark.parametrize("path", [QUOTA, "/v1/sources", "/detect"])
async def test_a_fault_of_ours_shows_no_trace(house: House, path: str) -> None:
    async def fail(*_: Any) -> Any:
        raise RuntimeError("the secret detail")

    house.services.accounts.by_key = fail  # type: ignore[method-assign, assignment]
    method = "POST" if path == "/detect" else "GET"
    with capture_logs() as lines:
        headers = house.key | {"Origin": "null"}
        answer = await house.http.request(method, path, headers=headers, json={})
    assert answer.status_code == 500
    assert answer.json()["code"] == 500
    assert answer.headers["x-request-id"] in answer.json()["msg"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "secret detail" not in answer.text
    assert any(line["event"] == "request failed" for line in lines)
    assert answer.json().get("error_code") == (1 if path == "/detect" else None)


async def test_one_line_a_request_and_no_secret_in_it(house: House) -> None:
    house.web.pages[FACE_URL + "?signature=abc"] = JPEG
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        session = await house.create(sourceImage=[FACE_URL + "?signature=abc"])
        await house.http.get(INFO, params={"_id": session["_id"]}, headers=house.key)
    access = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in access] == [
        ("POST", CREATE, 200),
        ("GET", INFO, 200),
    ]
    assert len({line["request_id"] for line in access}) == 2
    text = json.dumps(lines, default=str)
    for secret in ("signature", house.key["x-api-key"], session["front_rtc_token"]):
        assert secret not in text


async def test_a_request_id_that_is_sent_is_kept_when_it_is_one(house: House) -> None:
    kept = await house.http.get("/healthz", headers={"X-Request-Id": "abc-1.2"})
    assert kept.headers["x-request-id"] == "abc-1.2"
    for bad in ("a b", "x" * 65, "é"):
        made = await house.http.get("/healthz", headers=[(b"X-Request-Id", bad.encode())])
        assert len(made.headers["x-request-id"]) == 16

import io

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import Response as Answer

from mien.api.byte_range import answer_in_ranges, byte_range

DATA = bytes(range(200)) * 3000


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=10-", (10, 100)),
        ("bytes=10-500", (10, 100)),
        ("bytes=-7", (93, 100)),
        ("bytes=-700", (0, 100)),
        ("bytes=99-", (99, 100)),
        ("bytes=100-", None),
        ("bytes=100-200", None),
        ("bytes=-0", None),
        # What is wrong or asks for several parts may be ignored.
        ("bytes=9-8", (0, 100)),
        ("bytes=-", (0, 100)),
        ("bytes=0-1,5-6", (0, 100)),
        ("lines=0-1", (0, 100)),
        ("bytes=a-b", (0, 100)),
        ("bytes=\u0661-", (0, 100)),
        ("bytes=" + "9" * 400 + "-", (0, 100)),
    ],
)
def test_ranges_as_the_rfc_has_them(header: str, part: tuple[int, int] | None) -> None:
    assert byte_range(header, 100) == part


async def fetched(headers: dict[str, str]) -> tuple[httpx.Response, io.BytesIO]:
    app, file = FastAPI(), io.BytesIO(DATA)

    @app.get("/", response_class=Answer)
    async def give(request: Request) -> Response:
        return answer_in_ranges(request, file, len(DATA), "video/mp4", "x.mp4")

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.get("/", headers=headers), file


async def test_the_whole_and_a_part() -> None:
    answer, file = await fetched({})
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["accept-ranges"] == "bytes"
    assert file.closed
    answer, _ = await fetched({"Range": "bytes=262143-524289"})
    assert (answer.status_code, answer.content) == (206, DATA[262143:524290])
    assert answer.headers["content-range"] == f"bytes 262143-524289/{len(DATA)}"


async def test_a_part_of_another_file_is_not_mixed_in() -> None:
    for etag, status in (('"x.mp4"', 206), ('"other"', 200)):
        answer, _ = await fetched({"Range": "bytes=0-9", "If-Range": etag})
        assert answer.status_code == status


async def test_beyond_the_end() -> None:
    answer, file = await fetched({"Range": "bytes=600000-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */600000")
    assert file.closed

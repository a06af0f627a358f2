import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from mien.api.form_file import form_file
from mien.errors import ParameterError, PayloadTooLarge

LIMIT = 3 << 20


async def sent(**request: Any) -> bytes | Exception:
    app = FastAPI()
    got: list[bytes | Exception] = []

    @app.post("/")
    async def take(request: Request) -> None:
        try:
            got.append(await form_file(request, LIMIT))
        except (ParameterError, PayloadTooLarge) as error:
            got.append(error)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        await http.post("/", **request)
    return got[0]


async def test_a_large_file_comes_whole_and_touches_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where nothing can be made, nothing can be left behind.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    data = bytes(range(256)) * 8192
    assert await sent(files={"file": ("face.jpg", data)}) == data


async def test_what_is_wrong_with_a_form_is_said() -> None:
    broken = {"content": b"x", "headers": {"content-type": "multipart/form-data"}}
    for request, error in (
        ({"files": {"file": b"x" * (LIMIT + 1)}}, PayloadTooLarge),
        ({"files": {"other": b"x"}}, ParameterError),
        ({"data": {"file": "words"}}, ParameterError),
        ({"content": b""}, ParameterError),
        (broken, ParameterError),
    ):
        assert isinstance(await sent(**request), error)

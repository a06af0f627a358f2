import io
import json
import tarfile
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from mien.api.agora import FOLDER, add_agora, npm_package


@pytest.fixture
def site() -> httpx.AsyncClient:
    app = FastAPI()
    add_agora(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mien")


async def test_the_script_is_served_as_javascript_and_asked_for_anew(
    site: httpx.AsyncClient,
) -> None:
    answer = await site.get("/agora-rtc.js?server=http://elsewhere")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.content == (FOLDER / "agora-rtc.cjs").read_bytes()
    assert b"scope.AgoraRTC = AgoraRTC" in answer.content


async def test_the_modules_are_served_beside_it(site: httpx.AsyncClient) -> None:
    answer = await site.get("/agora/index.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "export default AgoraRTC" in answer.text
    assert (await site.get("/agora/../index.html")).status_code == 404


async def test_the_package_has_what_it_says(site: httpx.AsyncClient) -> None:
    answer = await site.get("/agora-rtc.tgz")
    assert answer.headers["content-type"] == "application/gzip"
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        files = {entry.name: entry for entry in archive if entry.isfile()}
        described = archive.extractfile("package/package.json")
        assert described is not None
        package = json.load(described)
        module = archive.extractfile("package/client.js")
        assert module is not None
        assert module.read() == (FOLDER / "client.js").read_bytes()
    assert all(name.startswith("package/") for name in files)
    named = {package["main"], package["module"], package["types"]}
    for entry in package["exports"].values():
        named |= {entry} if isinstance(entry, str) else set(entry.values())
    assert {f"package/{name.removeprefix('./')}" for name in named} <= set(files)
    assert package["name"] == "mien-agora-rtc" and "dependencies" not in package


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text("export {};")
    (tmp_path / "notes.swp").write_text("no")
    first = npm_package(tmp_path)
    assert npm_package(tmp_path) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        assert archive.getnames() == ["package/index.js"]

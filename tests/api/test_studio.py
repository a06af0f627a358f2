from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.api.conftest import House

from mien.api.studio import add_studio


@pytest.fixture
def page(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / "index.html").write_text("<p>studio</p>")
    (tmp_path / "part.js").write_text("export {};")
    (tmp_path / "look.css").write_text("p {}")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path.parent / "outside.txt").write_text("outside")
    app = FastAPI()
    add_studio(app, tmp_path)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mien")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/studio/", "text/html; charset=utf-8"),
        ("/studio/index.html", "text/html; charset=utf-8"),
        ("/studio/part.js", "text/javascript; charset=utf-8"),
        ("/studio/look.css", "text/css; charset=utf-8"),
        ("/studio/icon.svg", "image/svg+xml"),
    ],
)
async def test_files_have_their_types_and_are_asked_for_anew(
    page: httpx.AsyncClient, path: str, kind: str
) -> None:
    answer = await page.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = await page.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_the_root_leads_to_the_studio(page: httpx.AsyncClient) -> None:
    answer = await page.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/studio/")


@pytest.mark.parametrize("path", ["/studio/none.js", "/studio/%2e%2e/outside.txt", "/studio/..%2f"])
async def test_what_is_not_there_or_outside(page: httpx.AsyncClient, path: str) -> None:
    assert (await page.get(path)).status_code == 404


async def test_the_shipped_page_is_served(house: House) -> None:
    answer = await house.http.get("/studio/")
    assert answer.status_code == 200
    assert "<html" in answer.text

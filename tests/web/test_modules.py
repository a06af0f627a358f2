"""The studio's modules, checked one by one inside a real browser."""

import re
from collections.abc import AsyncIterator, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import pytest_asyncio

import mien
from mien.bench.browser import Browser, Page

pytestmark = pytest.mark.browser
on_one_loop = pytest.mark.asyncio(loop_scope="module")

WEB = Path(mien.__file__).parent / "web"
CHECKS = Path(__file__).with_name("checks.js")
NAMES = re.findall(r"^  (?:async )?'([^']+)'\(\)", CHECKS.read_text(), re.MULTILINE)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "studio").symlink_to(WEB)
    (folder / "checks.js").symlink_to(CHECKS)
    (folder / "index.html").write_text("<!doctype html><title>checks</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Quiet(*a, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(site: str) -> AsyncIterator[Page]:
    async with Browser() as browser:
        yield await browser.new_page(site)


def test_the_checks_are_found() -> None:
    assert len(NAMES) >= 14


@on_one_loop
@pytest.mark.parametrize("name", NAMES)
async def test_module(page: Page, name: str) -> None:
    await page.evaluate(f"import('/checks.js').then(({{checks}}) => checks[{name!r}]())")


@on_one_loop
async def test_nothing_was_thrown_on_the_side(page: Page) -> None:
    assert list(page.exceptions) == []

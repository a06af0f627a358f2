"""The driver against a real Chromium and pages of our own."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import pytest

from mien.bench.browser import (
    Browser,
    BrowserError,
    BrowserMissing,
    BrowserOptions,
    Page,
    find_chromium,
)
from mien.bench.camera_file import write_camera_file

pytestmark = pytest.mark.browser

CLIP = Path(__file__).parents[1] / "media" / "head_turns.mp4"
HTML = """<!doctype html><title>here</title>
<style>body { margin: 0; background: rgb(10, 200, 30) } button { width: 99px }</style>
<button id=first onclick="this.textContent = 'clicked'">press</button>
<input id=name><input id=file type=file>
<script>console.log('hello', 7); setTimeout(() => { throw new Error('on purpose') }, 10)</script>
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text(HTML)
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Quiet(*a, directory=str(tmp_path)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def page(site: str) -> AsyncIterator[Page]:
    async with Browser() as browser:
        yield await browser.new_page(site)


def gone(pid: int) -> bool:
    """Whether the process has ended and has been waited for."""
    return not Path(f"/proc/{pid}").exists()


async def test_a_page_is_evaluated_clicked_typed_into_and_photographed(
    page: Page, tmp_path: Path
) -> None:
    assert await page.evaluate("document.title") == "here"
    assert await page.evaluate("new Promise(r => setTimeout(() => r([1, {a: null}]), 5))") == [
        1,
        {"a": None},
    ]
    await page.click("#first")
    assert await page.evaluate("first.textContent") == "clicked"
    await page.press("Tab")
    await page.type("Ada")
    await page.press("!")
    assert await page.evaluate("document.activeElement.value") == "Ada!"
    await page.press("Tab", shift=True)
    assert await page.evaluate("document.activeElement.id") == "first"
    await page.set_files("#file", [CLIP])
    assert await page.evaluate("file.files[0].name") == "head_turns.mp4"
    await page.set_viewport(320, 200)
    await page.screenshot(tmp_path / "shot.png")
    shot = cv2.imread(str(tmp_path / "shot.png"))
    assert shot is not None and shot.shape == (200, 320, 3)
    assert shot[150, 160].tolist() == [30, 200, 10]  # blue, green, red


async def test_what_the_page_says_and_throws_is_kept(page: Page) -> None:
    await page.wait_for("true")
    assert "log: hello 7" in page.console
    await page.evaluate("new Promise(r => setTimeout(r, 50))")
    assert any("on purpose" in line for line in page.exceptions)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("nowhere.at.all", "nowhere is not defined"),
        ("Promise.reject(new TypeError('late'))", "late"),
        ("(", "SyntaxError"),
    ],
)
async def test_an_exception_of_the_page_is_raised(page: Page, expression: str, words: str) -> None:
    with pytest.raises(BrowserError, match=words):
        await page.evaluate(expression)


async def test_waiting_ends_with_the_value_or_with_what_it_was(page: Page) -> None:
    await page.evaluate("setTimeout(() => { window.ready = 'yes' }, 120)")
    assert await page.wait_for("window.ready", 5) == "yes"
    assert await page.wait_for("document.querySelector('#first')", 5) == {}
    with pytest.raises(BrowserError, match=r"'window.never' was None for 0.2 s"):
        await page.wait_for("window.never", 0.2)


async def test_a_page_that_is_not_there_is_an_error(page: Page) -> None:
    with pytest.raises(BrowserError, match="could not load the page: net::ERR_"):
        await page.goto("http://127.0.0.1:2/")


async def test_missing_elements_are_errors(page: Page) -> None:
    with pytest.raises(BrowserError):
        await page.click("#nothing")
    with pytest.raises(BrowserError, match="no element #nothing"):
        await page.set_files("#nothing", [CLIP])


async def test_nothing_is_left_when_it_stops(site: str) -> None:
    browser = Browser()
    await browser.start()
    pid, profile = browser.pid, browser._profile
    assert pid is not None and profile is not None and profile.exists()
    await browser.new_page(site)
    await browser.stop()
    assert browser.pid is None and gone(pid) and not profile.exists()
    await browser.stop()


async def test_a_browser_that_crashed_is_noticed_and_cleaned_up(site: str) -> None:
    browser = Browser()
    await browser.start()
    page = await browser.new_page(site)
    pid = browser.pid
    assert pid is not None
    os.kill(pid, 9)
    with pytest.raises(BrowserError):
        await page.wait_for("false", 2)
    await browser.stop()
    assert gone(pid)


async def test_a_program_that_is_no_chromium_is_reported_with_its_words(tmp_path: Path) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\necho cannot open display >&2\nexit 3\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    browser = Browser(environment={**os.environ, "MIEN_CHROMIUM": str(fake)})
    with pytest.raises(BrowserError, match="cannot open display"):
        await browser.start()
    assert browser.pid is None


def test_a_missing_chromium_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(BrowserMissing, match="apt install chromium"):
        find_chromium({"PATH": str(tmp_path)})
    with pytest.raises(BrowserMissing, match="MIEN_CHROMIUM names no program: /no/such"):
        find_chromium({"PATH": str(tmp_path), "MIEN_CHROMIUM": "/no/such"})


async def test_the_camera_plays_the_clip_in_its_colours(site: str, tmp_path: Path) -> None:
    camera = tmp_path / "camera.mjpeg"
    write_camera_file(CLIP, camera)
    async with Browser(BrowserOptions(camera=camera)) as browser:
        page = await browser.new_page(site)
        corner = await page.evaluate(
            """(async () => {
              const stream = await navigator.mediaDevices.getUserMedia({video: true, audio: true});
              const video = Object.assign(document.createElement('video'), {muted: true});
              video.srcObject = stream;
              await video.play();
              await new Promise((seen) => video.requestVideoFrameCallback(seen));
              const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
              const context = canvas.getContext('2d');
              context.drawImage(video, 0, 0);
              const pixel = [...context.getImageData(620, 40, 1, 1).data].slice(0, 3);
              const tracks = stream.getTracks().length;
              return {size: [canvas.width, canvas.height], pixel, tracks};
            })()"""
        )
    assert corner["size"] == [640, 480] and corner["tracks"] == 2
    expected = cv2.VideoCapture(str(CLIP)).read()[1][40, 620, ::-1]
    assert np.abs(np.subtract(corner["pixel"], expected.astype(int))).max() < 12


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (BrowserOptions(fake_devices=False), "NotFoundError"),
        (BrowserOptions(accept_media=False), "NotAllowedError"),
    ],
)
async def test_a_missing_or_refused_camera_fails_as_it_would(
    site: str, options: BrowserOptions, error: str
) -> None:
    async with Browser(options) as browser:
        page = await browser.new_page(site)
        await browser.set_permission("camera", "denied", site.rstrip("/"))
        name = await page.evaluate(
            "navigator.mediaDevices.getUserMedia({video: true}).then(() => '', (e) => e.name)"
        )
    # Without devices a browser may hide that there are none from a page that it refuses anyway.
    assert name in {error, "NotAllowedError"} if not options.fake_devices else name == error

"""The AgoraRTC client's modules one by one, and the one script that they are joined to."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.web.agora_page import served

from mien.bench.browser import Browser, Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "src" / "mien" / "web" / "agora"
CHECKS = Path(__file__).with_name("agora_checks.js")
NAMES = [
    name.replace("\\'", "'")
    for name in re.findall(r"^  (?:async )?'((?:[^'\\]|\\.)+)'\(\)", CHECKS.read_text(), re.M)
]
LONGEST_FILE = 400


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "agora").symlink_to(FOLDER)
    (folder / "agora_checks.js").symlink_to(CHECKS)
    (folder / "index.html").write_text("<!doctype html><title>checks</title>")
    with served(folder) as origin:
        yield f"{origin}/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(site: str) -> AsyncIterator[Page]:
    async with Browser() as browser:
        yield await browser.new_page(site)


def test_the_checks_are_found() -> None:
    assert len(NAMES) >= 14


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", NAMES)
async def test_module(page: Page, name: str) -> None:
    await page.evaluate(f"import('/agora_checks.js').then(({{checks}}) => checks[{name!r}]())")


@pytest.mark.asyncio(loop_scope="module")
async def test_module_and_script_are_one_surface(page: Page, site: str) -> None:
    names = """(thing) => {
      const found = new Set();
      for (let at = thing; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        Object.getOwnPropertyNames(at).forEach((name) => found.add(name));
      }
      return [...found].sort();
    }"""
    script = (FOLDER / "agora-rtc.cjs").read_text()
    told: list[list[str]] = await page.evaluate(
        f"(async () => {{ const names = {names};"
        " const module = (await import('/agora/index.js')).default;"
        f" (0, eval)({script!r});"
        " const config = {mode: 'rtc', codec: 'vp8'};"
        " return [module, AgoraRTC, module.createClient(config), AgoraRTC.createClient(config)]"
        "   .map(names); })()"
    )
    assert told[0] == told[1] and told[2] == told[3]
    assert {
        "createClient", "createCameraVideoTrack", "createMicrophoneAudioTrack",
        "createMicrophoneAndCameraTracks", "createCustomVideoTrack", "createCustomAudioTrack",
        "createScreenVideoTrack", "getCameras", "getMicrophones", "getDevices",
        "checkSystemRequirements", "setLogLevel", "enableLogUpload", "setParameter", "VERSION",
    } <= set(told[0])  # fmt: skip
    assert {
        "on", "off", "once", "removeAllListeners", "setClientRole", "startProxyServer", "join",
        "publish", "unpublish", "subscribe", "unsubscribe", "leave", "remoteUsers", "localTracks",
        "uid", "connectionState", "getRTCStats", "getLocalVideoStats", "getRemoteVideoStats",
        "getRemoteAudioStats", "getRemoteNetworkQuality", "renewToken",
        "enableAudioVolumeIndicator",
    } <= set(told[2])  # fmt: skip


def test_the_script_is_as_new_as_the_modules() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "bundle-agora"), "--check"]
    subprocess.run(command, check=True)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.js")), ids=lambda path: path.name)
def test_a_module_is_short_typed_and_asks_nobody_else(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LONGEST_FILE
    assert text.startswith("// @ts-check\n/**")
    imported = re.findall(r"from '([^']+)'", text)
    own = [name for name in imported if name.startswith("./")]
    assert path.name == "react.js" or imported == own
    assert all((FOLDER / name).is_file() for name in own)
    addresses = set(re.findall(r"https?://[a-z0-9.-]+\.[a-z]{2,}", text))
    assert not addresses

"""A headless Chromium of our own, driven over the DevTools protocol, with a fake camera."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mien.bench.devtools import BrowserError, DevTools
from mien.bench.page import Page
from mien.errors import MienError

__all__ = ["Browser", "BrowserError", "BrowserMissing", "BrowserOptions", "Page", "find_chromium"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
POLL_S = 0.05

FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    # A headless page counts as hidden; without these its timers and frames are slowed down.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
    "--window-size=1280,900",
)


class BrowserMissing(MienError):
    """No Chromium on this machine."""


@dataclass(frozen=True)
class BrowserOptions:
    """What the browser sees of the world.

    camera: an .mjpeg or .y4m file that the fake camera repeats (`camera_file` makes one); without
    it the camera shows Chromium's own test picture. microphone: a .wav file. fake_devices False: no
    camera and no microphone at all. accept_media False: nobody answers the permission question,
    so `Browser.set_permission` decides.
    """

    camera: Path | None = None
    microphone: Path | None = None
    fake_devices: bool = True
    accept_media: bool = True
    extra_flags: tuple[str, ...] = ()

    def flags(self) -> list[str]:
        """The command line, without the binary and the profile."""
        flags = [*FLAGS, *self.extra_flags]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        if self.accept_media:
            flags.append("--use-fake-ui-for-media-stream")
        if self.fake_devices:
            flags.append("--use-fake-device-for-media-stream")
        if self.camera:
            flags.append(f"--use-file-for-fake-video-capture={self.camera}")
        if self.microphone:
            flags.append(f"--use-file-for-fake-audio-capture={self.microphone}")
        return flags


def find_chromium(environment: Mapping[str, str]) -> Path:
    """The browser's binary: MIEN_CHROMIUM of `environment`, else from PATH.

    Raises BrowserMissing.
    """
    wanted = environment.get("MIEN_CHROMIUM")
    for name in (wanted,) if wanted else NAMES:
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            return Path(found)
    if wanted:
        raise BrowserMissing(f"MIEN_CHROMIUM names no program: {wanted}. Correct or unset it.")
    raise BrowserMissing(
        "No Chromium found. Install it (Debian: `apt install chromium`; Ubuntu: `snap install "
        "chromium`), or name its binary in MIEN_CHROMIUM."
    )


class Browser:
    """One headless Chromium with a fresh profile; an async context manager, or start and stop."""

    def __init__(
        self, options: BrowserOptions | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._options = options or BrowserOptions()
        self._environment = dict(os.environ if environment is None else environment)
        self._profile: Path | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._devtools: DevTools | None = None

    async def __aenter__(self) -> "Browser":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int | None:
        """The process id of the browser while it runs."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the browser and connect to it. Raises BrowserMissing or BrowserError."""
        binary = find_chromium(self._environment)
        self._profile = Path(tempfile.mkdtemp(prefix="mien-chromium-"))
        try:
            await self._launch(binary, self._profile)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close the browser, end its process group if it stays, and delete its profile."""
        if self._devtools is not None:
            with contextlib.suppress(BrowserError):
                await self._devtools.call("Browser.close", within_s=STOP_TIMEOUT_S)
            await self._devtools.close()
        if self._process is not None:
            await self._end(self._process, asked=self._devtools is not None)
        self._devtools, self._process = None, None
        if self._profile is not None:
            await asyncio.to_thread(shutil.rmtree, self._profile, ignore_errors=True)
            self._profile = None

    async def new_page(self, url: str | None = None) -> Page:
        """A new tab, at `url` when given. Raises BrowserError."""
        devtools = self._connected()
        target = await devtools.call("Target.createTarget", {"url": "about:blank"})
        page = await Page.attach(devtools, target["targetId"])
        if url is not None:
            await page.goto(url)
        return page

    async def set_permission(self, name: str, setting: str, origin: str) -> None:
        """Set a permission ("camera", "microphone") to "granted", "denied" or "prompt"."""
        await self._connected().call(
            "Browser.setPermission",
            {"permission": {"name": name}, "setting": setting, "origin": origin},
        )

    def _connected(self) -> DevTools:
        if self._devtools is None:
            raise BrowserError("the browser is not started")
        return self._devtools

    async def _launch(self, binary: Path, profile: Path) -> None:
        log = profile / "stderr.log"
        with log.open("wb") as stderr:
            self._process = await asyncio.create_subprocess_exec(
                str(binary),
                f"--user-data-dir={profile}",
                *self._options.flags(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=stderr,
                env=self._environment,
                start_new_session=True,  # so that its helpers can be ended with it
            )
        self._devtools = await DevTools.connect(await self._debugging_url(profile, log))

    async def _debugging_url(self, profile: Path, log: Path) -> str:
        assert self._process is not None
        deadline = asyncio.get_running_loop().time() + START_TIMEOUT_S
        port_file = profile / "DevToolsActivePort"
        while asyncio.get_running_loop().time() < deadline:
            lines = await asyncio.to_thread(_lines, port_file)
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            if self._process.returncode is not None:
                break
            await asyncio.sleep(POLL_S)
        said = await asyncio.to_thread(log.read_text, errors="replace")
        raise BrowserError(f"Chromium did not start. It said:\n{said[-2000:]}")

    @staticmethod
    async def _end(process: asyncio.subprocess.Process, *, asked: bool) -> None:
        if asked:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
        # Helpers may outlive the browser by a moment: the group is ours alone.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []

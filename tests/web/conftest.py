"""A real server, and a real browser with a clip as its camera."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.web.driving import MEDIA, Eyes, Studio, open_browser, running_server

from mien.bench.browser import BrowserOptions
from mien.bench.camera_file import write_camera_file
from mien.bench.server import Server
from mien.models.weights import WeightStore
from mien.vision.faces import FaceFinder
from mien.vision.identity import IdentityModel


@pytest.fixture(scope="session")
def eyes() -> Eyes:
    store = WeightStore()
    return Eyes(FaceFinder.load(store), IdentityModel.load(store))


@pytest.fixture(scope="session")
def camera_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("camera") / "head_turns.mjpeg"
    write_camera_file(MEDIA / "head_turns.mp4", path)
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with running_server(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(server: Server, camera_file: Path) -> AsyncIterator[Studio]:
    async with open_browser(server, BrowserOptions(camera=camera_file)) as (_, studio):
        yield studio

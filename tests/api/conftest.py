"""The application over in-memory processes, a real SQLite, and a clock that the tests move."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.live.fakes import JPEG, FakeImaging, FakePlacement

from mien.api.app import create_app
from mien.api.assembly import build_services
from mien.api.services import Services, World
from mien.errors import FetchFailed, MienError
from mien.settings import Settings

CREATE = "/api/open/v3/faceswap/live/create"
UPDATE = "/api/open/v3/faceswap/live/update"
CLOSE = "/api/open/v3/faceswap/live/close"
INFO = "/api/open/v3/faceswap/live/info"
QUOTA = "/api/open/v3/faceswap/quota/info"
GET_TOKEN = "/api/open/v3/getToken"
FACE_URL = "https://example.com/face.jpg"
OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"


@dataclass
class Clock:
    """Seconds that pass only when a test says so."""

    now: float = 1_800_000_000.25

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeWeb:
    """URLs and what is behind them; everything else can't be fetched."""

    pages: dict[str, bytes | MienError] = field(default_factory=lambda: {FACE_URL: JPEG})
    asked: list[str] = field(default_factory=list)

    async def __call__(self, url: str, max_bytes: int) -> bytes:
        self.asked.append(url)
        page = self.pages.get(url, FetchFailed("The URL could not be fetched."))
        if isinstance(page, MienError):
            raise page
        if len(page) > max_bytes:
            raise FetchFailed("The URL could not be fetched.")
        return page


@dataclass
class House:
    """A running application and all that a test may touch of it."""

    app: FastAPI
    services: Services
    placement: FakePlacement
    imaging: FakeImaging
    web: FakeWeb
    clock: Clock
    http: httpx.AsyncClient

    @property
    def key(self) -> dict[str, str]:
        return {"x-api-key": self.services.installation.client_secret}

    async def call(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        """POST a body as the installation's own tenant; the answer's JSON."""
        answer = await self.http.post(path, json=body, headers=headers or self.key)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def create(self, **more: Any) -> dict[str, Any]:
        """A session's data."""
        answer = await self.call(CREATE, {"sourceImage": [{"path": FACE_URL}], **more})
        assert answer["code"] == 1000, answer
        data: dict[str, Any] = answer["data"]
        return data

    def media(self, session: dict[str, Any]) -> dict[str, str]:
        return {"Authorization": f"Bearer {session['front_rtc_token']}"}


Build = Callable[..., Any]


def make_services(
    data_dir: Path, placement: Any, imaging: Any, clock: Clock, web: Any, **settings: Any
) -> Services:
    world = World(clock=clock, monotonic=clock, random=secrets.token_bytes)
    made = Settings(data_dir=data_dir, **settings)
    return build_services(made, placement, imaging, world, web)


@pytest.fixture
def options() -> dict[str, Any]:
    """Settings of the house; a test module overrides the fixture or parametrizes it."""
    return {}


@pytest.fixture
async def house(tmp_path: Path, options: dict[str, Any]) -> AsyncIterator[House]:
    placement, imaging, web, clock = FakePlacement(), FakeImaging(), FakeWeb(), Clock()
    services = make_services(tmp_path / "data", placement, imaging, clock, web, **options)
    app = create_app(services)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://mien") as http,
    ):
        yield House(app, services, placement, imaging, web, clock, http)

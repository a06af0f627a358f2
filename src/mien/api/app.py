"""The application: routers, what stands around them, and the life of the services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware import Middleware

from mien.api import (
    channels,
    consent,
    detect,
    likenesses,
    operations,
    operator,
    provenance,
    recordings,
    sessions,
    sources,
    token,
    whip,
)
from mien.api.agora import add_agora
from mien.api.body_limit import BodyLimit
from mien.api.consent import add_consent_page
from mien.api.description import describe
from mien.api.docs_page import add_docs
from mien.api.edge import Edge
from mien.api.envelope import add_handlers
from mien.api.metrics import Metrics
from mien.api.services import Services
from mien.api.studio import add_studio
from mien.api.verify_page import add_verify

ROUTERS = (
    *(token, detect, sessions, sources, likenesses, consent, channels, whip, provenance),
    recordings,
    operator,
    operations,
)
METHODS = ["GET", "POST", "PATCH", "DELETE", "OPTIONS"]
EXPOSED = ["Location", "ETag", "Link", "Retry-After", "X-Request-Id", "Accept-Post"]


def create_app(services: Services) -> FastAPI:
    """The ASGI application; its lifespan starts and stops the services."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            await services.start()
            yield
        finally:
            await services.stop()

    app = FastAPI(
        title="Mien",
        version=version("mien"),
        lifespan=lifespan,
        middleware=_around(services),
        # A body without a type is JSON too: some clients of the API send none.
        strict_content_type=False,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    add_handlers(app)
    for room in ROUTERS:
        app.include_router(room.router)
    add_docs(app)
    add_studio(app)
    add_verify(app)
    add_consent_page(app)
    add_agora(app)
    describe(app)
    return app


def _around(services: Services) -> list[Middleware]:
    """Outermost first. Any page may call, also from file://; no cookies are used."""
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=METHODS,
            allow_headers=["*"],
            allow_private_network=True,
            expose_headers=EXPOSED,
            max_age=86_400,
        ),
        Middleware(
            Edge,
            metrics=Metrics(services.registry, services.placement),
            random=services.world.random,
        ),
        Middleware(BodyLimit, limits=services.settings.limits),
    ]

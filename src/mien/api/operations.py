"""For those who run it: is it alive, is it ready, what are its figures."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from mien.api.auth import Wired

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """One word."""

    status: str


NOT_READY: dict[int | str, dict[str, Any]] = {503: {"model": Health}}


@router.get("/healthz", summary="Alive?")
async def healthz() -> Health:
    """200 while the process answers."""
    return Health(status="ok")


@router.get("/readyz", summary="Ready for sessions?", responses=NOT_READY, response_model=Health)
async def readyz(services: Wired) -> Health | JSONResponse:
    """503 while it drains, and when no process could carry a session."""
    if services.sessions.draining:
        return JSONResponse({"status": "draining"}, 503)
    if services.placement.capacity().limit < 1:
        return JSONResponse({"status": "no worker"}, 503)
    return Health(status="ready")


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(services: Wired) -> Response:
    """Prometheus' text format."""
    return Response(generate_latest(services.registry), media_type=CONTENT_TYPE_LATEST)

"""For those who run it: is it alive, is it ready, what are its figures."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from mien.api.auth import Wired
from mien.trust.compliance import compliance_of

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """One word."""

    status: str


class Compliance(BaseModel):
    """A signed statement."""

    statement: dict[str, Any] = Field(description="Which requirements are met, and how far.")
    signature: str = Field(description="Ed25519 over the statement's canonical JSON, base64.")
    key: str = Field(description="The installation's public key, base64.")


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


@router.get("/v1/compliance", summary="Which requirements are met?")
async def compliance(services: Wired) -> Compliance:
    """`compliance.json`, as this server runs now. Needs no credentials."""
    signed = compliance_of(
        services.settings,
        services.policy,
        version("mien"),
        services.world.clock(),
        services.audit_key,
    )
    return Compliance(**signed)

"""create, update, close, info and quota: the documented life of a session."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from mien.api.auth import DOCUMENTED, Caller, Wired
from mien.api.casts import FacesBody, cast_plan, source_requests
from mien.api.envelope import Envelope, Plain
from mien.api.services import Services
from mien.errors import ParameterError
from mien.live.service import DEFAULT_QUALITY, SessionView

router = APIRouter(prefix="/api/open/v3/faceswap", tags=["sessions"], dependencies=DOCUMENTED)


class CreateBody(FacesBody):
    """What create takes."""

    # Not Literal[0, 1]: that takes true for 1.
    face_enhance: Annotated[int, Field(ge=0, le=1)] | None = None
    faceswap_quality: Annotated[int, Field(ge=1, le=3)] | None = Field(
        default=None, description="1 up to 360p, 2 480p, 3 720p and more."
    )
    record: bool = Field(default=False, description="Record it, where the policy allows.")
    stream_type: Literal["webrtc", "agora", "livekit"] | None = None
    shape: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None,
        description="How far a face takes the source's shape, 0 to 1; by default as the server"
        " is set.",
    )


class SessionBody(BaseModel):
    """A session, by its id."""

    model_config = ConfigDict(strict=True)

    id: str = Field(alias="_id", min_length=1, max_length=64, examples=["6920b5f1c2a4e8d1f0a3b7c9"])


class UpdateBody(SessionBody, FacesBody):
    """A session and its new faces. All is said anew: what is left out is as with create."""


class SessionData(BaseModel):
    """A session, and what is needed to join it."""

    model_config = ConfigDict(populate_by_name=True)

    id: str = Field(serialization_alias="_id")
    faceswap_status: int = Field(description="1 queued, 2 live, 3 finished, 4 failed.")
    front_user_id: str
    algorithm_user_id: str
    front_rtc_token: str
    channel_id: str
    app_id: str
    ice_servers: list[dict[str, Any]]
    join_url: str
    whip_url: str
    whep_url: str


class SessionInfo(SessionData):
    """A session as it is now; reason says why it is finished or failed."""

    reason: str | None
    created_at: float
    statistics: dict[str, Any]


class Quota(BaseModel):
    """What the account has left. Minutes are those of live sessions."""

    credit: int = Field(description="Minutes left; stays as it is where minutes is null.")
    minutes: int | None = Field(description="Granted in all; null is unlimited.")
    minutes_used: float
    sessions: int = Field(description="Live or waiting now.")
    sessions_limit: int | None


@router.post("/live/create", summary="Create a session")
async def create(services: Wired, tenant: Caller, body: CreateBody) -> Envelope[SessionData]:
    """Prepare the source face and give the session a process.

    Then send an SDP offer to `join_url`.
    """
    stream_type = body.stream_type or "webrtc"
    if stream_type == "livekit":
        raise ParameterError("stream_type: livekit is not supported", "use webrtc or agora.")
    photos, plan = source_requests(body), cast_plan(body)
    quality = body.faceswap_quality or DEFAULT_QUALITY
    view = await services.sessions.create(
        *(tenant, photos, quality, stream_type), record=body.record, plan=plan, shape=body.shape
    )
    return Envelope(data=SessionData(**_fields(view, services)))


@router.post("/live/update", summary="Change the face")
async def update(services: Wired, tenant: Caller, body: UpdateBody) -> Plain:
    """Swap in another face at the next frame; a bad one leaves the old one running."""
    photos, plan = source_requests(body), cast_plan(body)
    await services.sessions.update(tenant, body.id, photos, plan)
    return Plain()


@router.post("/live/close", summary="End a session")
async def close(services: Wired, tenant: Caller, body: SessionBody) -> Plain:
    """End the session for good. It may be called again."""
    await services.sessions.close(tenant, body.id)
    return Plain()


@router.post("/live/info", summary="Look at a session")
async def info(services: Wired, tenant: Caller, body: SessionBody) -> Envelope[SessionInfo]:
    """The session's status, what create gave, and live statistics."""
    return await _info(services, tenant, body.id)


@router.get("/live/info", summary="Look at a session, by GET")
async def info_by_get(
    services: Wired,
    tenant: Caller,
    session_id: Annotated[str, Query(alias="_id", min_length=1, max_length=64)],
) -> Envelope[SessionInfo]:
    """The same as POST."""
    return await _info(services, tenant, session_id)


@router.get("/quota/info", summary="Look at the credit")
async def quota(services: Wired, tenant: Caller) -> Envelope[Quota]:
    """The account's credit, and what of it is used."""
    data = Quota(
        credit=tenant.credit_left,
        minutes=tenant.credit if tenant.metered else None,
        minutes_used=round(tenant.used_s / 60, 1),
        sessions=len(await services.store.open_sessions(tenant.id)),
        sessions_limit=tenant.sessions,
    )
    return Envelope(data=data)


async def _info(services: Services, tenant: Caller, session_id: str) -> Envelope[SessionInfo]:
    view = await services.sessions.info(tenant, session_id)
    more: dict[str, Any] = {
        "reason": view.session.reason.value if view.session.reason else None,
        "created_at": view.session.created_at,
        "statistics": dict(view.statistics),
    }
    return Envelope(data=SessionInfo(**_fields(view, services), **more))


def _fields(view: SessionView, services: Services) -> Mapping[str, Any]:
    session = view.session
    channel = f"/v1/channels/{session.channel_id}"
    return {
        "id": session.id,
        "faceswap_status": session.state.value,
        "front_user_id": str(session.front_uid),
        "algorithm_user_id": str(session.algorithm_uid),
        "front_rtc_token": view.media_token,
        "channel_id": session.channel_id,
        "app_id": view.app_id,
        "ice_servers": [dict(server) for server in view.ice_servers],
        "join_url": f"{channel}/join",
        "whip_url": f"{channel}/whip",
        "whep_url": f"{channel}/whep",
    }

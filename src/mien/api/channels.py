"""/v1/channels: join a session's channel with an SDP offer, add candidates, leave."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mien.api.auth import MEDIA_DOCUMENTED, Granted, Wired
from mien.api.envelope import Envelope, Plain
from mien.api.sdp import FRAGMENT_TYPE, read_text, require_type
from mien.errors import PayloadTooLarge
from mien.live.service import SessionService

router = APIRouter(
    prefix="/v1/channels/{channel_id}", tags=["media"], dependencies=MEDIA_DOCUMENTED
)


def _number(value: Any) -> Any:
    """create gives user ids as strings, so they may come back as such."""
    digits = isinstance(value, str) and value.isascii() and value.isdecimal()
    return int(value) if digits and len(value) <= 10 else value


class JoinBody(BaseModel):
    """An offer: one sendrecv audio, one sendrecv video, a data channel for events."""

    model_config = ConfigDict(strict=True)

    sdp: Annotated[str, Field(min_length=1, description="SDP offer")]
    uid: Annotated[int, BeforeValidator(_number), Field(ge=0, lt=1 << 32)] | None = Field(
        default=None, description="The user id; that of the token when missing or 0."
    )


class JoinData(BaseModel):
    """The answer, and under which id the peer can be patched or hung up."""

    peer_id: str
    sdp: str
    uid: int
    algorithm_user_id: str
    ice_servers: list[dict[str, Any]]


class StatementData(BaseModel):
    """What the server says of the session, signed."""

    statement: str = Field(description="A compact JWS; keys at /v1/provenance/keys.")


class IceData(BaseModel):
    """RTCIceServer dictionaries."""

    ice_servers: list[dict[str, Any]]


@router.post("/join", summary="Join a channel")
async def join(
    services: Wired, grant: Granted, channel_id: str, body: JoinBody
) -> Envelope[JoinData]:
    """Answer an SDP offer. Works at status 1 too: it waits a moment for room."""
    if len(body.sdp) > services.settings.limits.sdp_bytes:
        raise PayloadTooLarge(f"sdp: above {services.settings.limits.sdp_bytes} bytes.")
    session, answer = await services.sessions.join(grant, "join", body.sdp, body.uid)
    data = JoinData(
        peer_id=answer.peer_id,
        sdp=answer.sdp,
        uid=session.front_uid,
        algorithm_user_id=str(session.algorithm_uid),
        ice_servers=_servers(services.sessions, channel_id),
    )
    return Envelope(data=data)


@router.patch("/peers/{peer_id}", summary="Add candidates", status_code=204)
async def trickle(services: Wired, grant: Granted, peer_id: str, request: Request) -> Response:
    """Add the candidates of an `application/trickle-ice-sdpfrag` body."""
    require_type(request, FRAGMENT_TYPE)
    fragment = await read_text(request, services.settings.limits.sdp_bytes)
    await services.sessions.trickle(grant, peer_id, fragment)
    return Response(status_code=204)


@router.delete("/peers/{peer_id}", summary="Leave a channel")
async def leave(services: Wired, grant: Granted, peer_id: str) -> Plain:
    """End the peer; the session waits for another join."""
    await services.sessions.hang_up(grant, peer_id)
    return Plain()


@router.get("/ice", summary="Get ICE servers")
async def ice(services: Wired, grant: Granted, channel_id: str) -> Envelope[IceData]:
    """STUN and TURN servers, with credentials that run out."""
    return Envelope(data=IceData(ice_servers=_servers(services.sessions, channel_id)))


@router.get("/statement", summary="Get the newest session statement")
async def statement(services: Wired, grant: Granted) -> Envelope[StatementData]:
    """What the data channel tells at the start and every minute, for players without one."""
    return Envelope(data=StatementData(statement=await services.sessions.statement(grant)))


def _servers(sessions: SessionService, channel_id: str) -> list[dict[str, Any]]:
    return [dict(server) for server in sessions.ice_servers(channel_id)]

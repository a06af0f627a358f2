"""WHIP (RFC 9725) to publish and WHEP to play, on a session's channel."""

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from mien.api.auth import MEDIA_DOCUMENTED, Granted, Wired
from mien.api.sdp import FRAGMENT_TYPE, SDP_TYPE, read_text, require_type
from mien.api.services import Services
from mien.live.tokens import MediaToken

router = APIRouter(
    prefix="/v1/channels/{channel_id}", tags=["media"], dependencies=MEDIA_DOCUMENTED
)

SDP_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {SDP_TYPE: {"schema": {"type": "string", "description": "SDP offer"}}},
    }
}
FRAGMENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {FRAGMENT_TYPE: {"schema": {"type": "string"}}},
    }
}
ANSWERED: dict[int | str, dict[str, Any]] = {
    201: {"description": "SDP answer", "content": {SDP_TYPE: {"schema": {"type": "string"}}}}
}


@router.post(
    "/whip", summary="Publish (WHIP)", status_code=201, responses=ANSWERED, openapi_extra=SDP_BODY
)
async def whip(services: Wired, grant: Granted, request: Request) -> Response:
    """Publish a camera with an `application/sdp` offer."""
    return await _answer(services, grant, request, "whip")


@router.post(
    "/whep", summary="Play (WHEP)", status_code=201, responses=ANSWERED, openapi_extra=SDP_BODY
)
async def whep(services: Wired, grant: Granted, request: Request) -> Response:
    """Play the swapped stream with an `application/sdp` offer."""
    return await _answer(services, grant, request, "whep")


@router.options("/whip", include_in_schema=False)
@router.options("/whep", include_in_schema=False)
async def options() -> Response:
    """What can be sent here; without credentials, as RFC 9725 has it."""
    return Response(status_code=204, headers={"Accept-Post": SDP_TYPE, "Allow": "OPTIONS, POST"})


@router.patch(
    "/whip/{peer_id}", summary="Trickle (WHIP)", status_code=204, openapi_extra=FRAGMENT_BODY
)
@router.patch(
    "/whep/{peer_id}", summary="Trickle (WHEP)", status_code=204, openapi_extra=FRAGMENT_BODY
)
async def patch(services: Wired, grant: Granted, peer_id: str, request: Request) -> Response:
    """Add candidates. `If-Match` must carry the ETag of the answer."""
    require_type(request, FRAGMENT_TYPE)
    _require_match(request, peer_id)
    fragment = await read_text(request, services.settings.limits.sdp_bytes)
    await services.sessions.trickle(grant, peer_id, fragment)
    return Response(status_code=204)


@router.delete("/whip/{peer_id}", summary="Stop (WHIP)")
@router.delete("/whep/{peer_id}", summary="Stop (WHEP)")
async def delete(services: Wired, grant: Granted, peer_id: str) -> Response:
    """End the peer."""
    await services.sessions.hang_up(grant, peer_id)
    return Response(status_code=200)


async def _answer(
    services: Services, grant: MediaToken, request: Request, kind: Literal["whip", "whep"]
) -> Response:
    require_type(request, SDP_TYPE)
    offer = await read_text(request, services.settings.limits.sdp_bytes)
    session, answer = await services.sessions.join(grant, kind, offer)
    response = Response(answer.sdp, 201, media_type=SDP_TYPE)
    response.headers["Location"] = f"/v1/channels/{session.channel_id}/{kind}/{answer.peer_id}"
    response.headers["ETag"] = _etag(answer.peer_id)
    for server in services.sessions.ice_servers(session.channel_id):
        for link in _links(server):
            response.headers.append("Link", link)
    return response


def _etag(peer_id: str) -> str:
    return f'"{peer_id}"'


def _require_match(request: Request, peer_id: str) -> None:
    """RFC 9725: 428 without If-Match, 412 for another; `*` asks for an ICE restart."""
    match = request.headers.get("if-match")
    if match is None:
        raise HTTPException(428, "If-Match with the answer's ETag is needed")
    if match.strip() == "*":
        raise HTTPException(422, "ICE restart is not supported: send a new offer instead")
    if match.strip() != _etag(peer_id):
        raise HTTPException(412, "The ICE session is another one: send a new offer")


def _links(server: Mapping[str, Any]) -> list[str]:
    """The Link headers of one RTCIceServer, RFC 9725 section 4.6."""
    access = ""
    if "username" in server:
        access = (
            f'; username="{server["username"]}"; credential="{server["credential"]}"'
            '; credential-type="password"'
        )
    return [f'<{url}>; rel="ice-server"{access}' for url in server["urls"]]

"""Refuses a body above the limit while it streams in, before anything has read it whole."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.errors import PayloadTooLarge, answer_for
from mien.settings import LimitSettings

# JSON writes a line break of an SDP as two characters; the rest of the body is small.
SDP_ROOM = 2


def limit_for(path: str, limits: LimitSettings) -> int:
    """Bytes that a request to this path may have."""
    if path.startswith("/v1/channels/"):
        return limits.sdp_bytes * SDP_ROOM + 1024
    return limits.body_bytes


class BodyLimit:
    """ASGI middleware. A declared length above the limit is answered at once with 413."""

    def __init__(self, app: ASGIApp, limits: LimitSettings) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a counting `receive`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = limit_for(scope["path"], self._limits)
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            await _too_large(limit)(scope, receive, send)
            return
        await self._app(scope, _counting(receive, limit), send)


def _counting(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413)
        return message

    return counted


def _too_large(limit: int) -> JSONResponse:
    answer = answer_for(PayloadTooLarge())
    text = f"The body is above the limit of {limit} bytes. {answer.advice}"
    # Closing saves reading the rest of it.
    headers = {"Connection": "close"}
    return JSONResponse({"code": answer.code, "msg": text}, answer.http_status, headers)

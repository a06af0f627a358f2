"""Refuses a body above the limit, or too long on its way, before anything has read it whole."""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.api.envelope import failure_body
from mien.errors import PayloadTooLarge, answer_for
from mien.settings import LimitSettings

# JSON writes a line break of an SDP as two characters; the rest of the body is small.
SDP_ROOM = 2
# Closing on a client that still sends resets the connection, and the answer is lost on the way:
# what it sends is thrown away for so long.
LINGER_S = 3.0
CLOSING = {"Connection": "close"}


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
        body = _Body(receive, send, limit, self._limits.body_seconds)
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            # Who waits for `100 Continue` has not begun to send.
            body.exceeded = "expect" not in headers
            await _too_large(scope["path"], limit)(scope, receive, body.send)
            return
        await self._app(scope, body.receive, body.send)


class _Body:
    """A request's body as it comes in, and the answer as it goes out."""

    def __init__(self, receive: Receive, send: Send, limit: int, seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._left = limit
        self._due: float | None = asyncio.get_running_loop().time() + seconds
        self.exceeded = False

    async def receive(self) -> Message:
        """The next part. Raises HTTP 413 above the limit, 408 where the rest does not come."""
        message = await self._next()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.exceeded = True
            raise HTTPException(413)
        return message

    async def _next(self) -> Message:
        """In time; what follows a whole body, that the client has gone, may take for ever."""
        try:
            async with asyncio.timeout_at(self._due):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408, "The body came too slowly", CLOSING) from error
        if not message.get("more_body"):
            self._due = None
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on; after one to a body that was too large, wait for the sender."""
        last = message["type"] == "http.response.body" and not message.get("more_body")
        if not (last and self.exceeded):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._discard()
        await self._send({"type": "http.response.body"})

    async def _discard(self) -> None:
        try:
            async with asyncio.timeout(LINGER_S):
                while (await self._receive()).get("more_body"):
                    pass
        except TimeoutError:
            return


def _too_large(path: str, limit: int) -> JSONResponse:
    answer = answer_for(PayloadTooLarge())
    text = f"The body is above the limit of {limit} bytes. {answer.advice}"
    body = failure_body(path, answer.code, text)
    return JSONResponse(body, answer.http_status, CLOSING)

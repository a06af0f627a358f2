"""The process's edge: request ids, one log line a request, and an answer when we are at fault."""

import re
import time
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.api.envelope import SERVER_FAULT, failure_body
from mien.api.metrics import Metrics
from mien.api.page_headers import set_headers
from mien.live.ids import RandomBytes

log = structlog.get_logger("mien.access")

REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Edge:
    """ASGI middleware outside of everything but CORS."""

    def __init__(self, app: ASGIApp, metrics: Metrics, random: RandomBytes) -> None:
        self._app = app
        self._metrics = metrics
        self._random = random

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the request's id to the log, watch the answer, and catch what nobody caught."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._request_id(scope)
        seen = _Seen(send, request_id)
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, seen)
            except Exception:
                log.exception("request failed", path=scope["path"])
                await self._apologise(scope, receive, seen, request_id)
            self._note(scope, seen.status, time.perf_counter() - began)

    def _request_id(self, scope: Scope) -> str:
        sent = Headers(scope=scope).get("x-request-id", "")
        return sent if REQUEST_ID.fullmatch(sent) else self._random(8).hex()

    async def _apologise(
        self, scope: Scope, receive: Receive, send: "_Seen", request_id: str
    ) -> None:
        if send.status:
            return
        text = f"The server failed. Tell the operator this request id: {request_id}"
        body = failure_body(scope["path"], SERVER_FAULT, text)
        await JSONResponse(body, 500)(scope, receive, send)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # The template, not the path: a channel id is no label. The query is never logged.
        route = getattr(scope.get("route"), "path", None) or "other"
        self._metrics.request(scope["method"], route, status, seconds)
        fields: dict[str, Any] = {"method": scope["method"], "path": scope["path"]}
        log.info("request", **fields, status=status, ms=round(seconds * 1000, 1))


class _Seen:
    """A `send` that remembers the status and adds the request id."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            set_headers(headers)
        await self._send(message)

"""The Chrome DevTools Protocol over one websocket: calls answered by id, events by session."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from mien.errors import MienError

MAX_MESSAGE = 256 << 20  # a full-page screenshot comes as one message
CALL_TIMEOUT_S = 30.0

EventHandler = Callable[[str, Mapping[str, Any]], None]


class BrowserError(MienError):
    """The browser refused a call, went away, or its page threw."""


class DevTools:
    """One websocket to a browser; many pages share it, each under its own session id."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._handlers: dict[str, EventHandler] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, url: str) -> "DevTools":
        """Open the websocket `url` that Chromium writes at its start. Raises BrowserError."""
        try:
            return cls(await connect(url, max_size=MAX_MESSAGE, compression=None, proxy=None))
        except (OSError, InvalidHandshake) as error:
            raise BrowserError(f"Chromium's debugging port does not answer: {error}") from error

    def listen(self, session: str, handler: EventHandler) -> None:
        """Hand every event of `session` to `handler(method, params)`."""
        self._handlers[session] = handler

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        session: str | None = None,
        within_s: float = CALL_TIMEOUT_S,
    ) -> dict[str, Any]:
        """Call `method` and return its result. Raises BrowserError, also after `within_s`."""
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        message: dict[str, Any] = {"id": number, "method": method, "params": dict(params or {})}
        if session is not None:
            message["sessionId"] = session
        try:
            await self._socket.send(json.dumps(message))
            return await asyncio.wait_for(answer, within_s)
        except TimeoutError as error:
            raise BrowserError(f"{method} was not answered within {within_s:g} s") from error
        except ConnectionClosed as error:
            raise BrowserError(f"{method}: the browser has gone") from error
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        """Close the websocket and stop reading."""
        await self._socket.close()
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for raw in self._socket:
                self._take(json.loads(raw))
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(BrowserError("the browser has gone"))

    def _take(self, message: dict[str, Any]) -> None:
        answer = self._waiting.get(message.get("id", 0))
        if answer is None:
            handler = self._handlers.get(message.get("sessionId", ""))
            if handler is not None and "method" in message:
                handler(message["method"], message["params"])
        elif not answer.done():
            if "error" in message:
                answer.set_exception(BrowserError(message["error"]["message"]))
            else:
                answer.set_result(message["result"])

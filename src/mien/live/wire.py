"""Requests and events between two processes over a socket pair: length-prefixed JSON.

A message is two big-endian lengths, then that many bytes of JSON, then that many raw bytes (a
picture, say). Either end may ask; every request is answered, fails with an error of
`mien.errors`, or fails with ProcessLost when the other end is gone or too slow.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from mien import errors
from mien.errors import MienError, ParameterError, ProcessLost

HEADER = struct.Struct("!II")
JSON_BYTES = 1 << 20
BLOB_BYTES = 96 << 20
UNSENT_BYTES = 1 << 20
"""Events are dropped while this much waits to be read by the other end."""
REQUESTS_AT_ONCE = 64
ANSWER_WITHIN_S = 10.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Message:
    """What a call carries, and what it brings back: a JSON object and raw bytes."""

    body: Mapping[str, Any] = field(default_factory=dict)
    blob: bytes = b""


Handler = Callable[[str, Message], Awaitable[Message]]
EventHandler = Callable[[str, Mapping[str, Any]], None]


class Wire:
    """One end of the socket pair. `answer` serves the other end's requests, `hear` its events."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answer: Handler,
        hear: EventHandler,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._answer, self._hear = answer, hear
        self._pending: dict[int, asyncio.Future[Message]] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._next_id = 0
        self.closed = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def over(cls, end: socket.socket, answer: Handler, hear: EventHandler) -> "Wire":
        """Speak over one end of a connected socket pair, which the wire then owns."""
        reader, writer = await asyncio.open_unix_connection(sock=end)
        return cls(reader, writer, answer, hear)

    async def call(
        self,
        name: str,
        body: Mapping[str, Any] | None = None,
        blob: bytes = b"",
        *,
        within_s: float = ANSWER_WITHIN_S,
    ) -> Message:
        """Ask the other end. Raises the error it raised, or ProcessLost when no answer came."""
        if self.closed.is_set():
            raise _lost(name)
        self._next_id += 1
        number = self._next_id
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            async with asyncio.timeout(within_s):
                request = {"id": number, "call": name, "body": body or {}, "within_s": within_s}
                await self._send(request, blob)
                return await answer
        except (TimeoutError, ConnectionError) as error:
            raise _lost(name) from error
        finally:
            self._pending.pop(number, None)
            answer.cancel()

    def tell(self, event: str, body: Mapping[str, Any] | None = None) -> bool:
        """Send an event without waiting; False when it was dropped: gone, or not reading."""
        unsent = self._writer.transport.get_write_buffer_size()
        if self.closed.is_set() or unsent > UNSENT_BYTES:
            return False
        self._write({"event": event, "body": body or {}}, b"")
        return True

    async def close(self) -> None:
        """Hang up: the other end reads the end of the stream; what is pending fails."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                self._take(*await self._receive())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except MienError as error:
            log.error("wire.unreadable", error=str(error))
        finally:
            await self._end()

    async def _end(self) -> None:
        self.closed.set()
        self._writer.close()
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(_lost("request"))
        serving = tuple(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _receive(self) -> tuple[dict[str, Any], bytes]:
        json_size, blob_size = HEADER.unpack(await self._reader.readexactly(HEADER.size))
        if json_size > JSON_BYTES or blob_size > BLOB_BYTES:
            raise ParameterError("A message between processes is above its limit.")
        try:
            message = json.loads(await self._reader.readexactly(json_size))
        except ValueError as error:
            raise ParameterError("A message between processes is not JSON.") from error
        if not isinstance(message, dict):
            raise ParameterError("A message between processes is not a JSON object.")
        return message, await self._reader.readexactly(blob_size)

    def _take(self, message: dict[str, Any], blob: bytes) -> None:
        if "event" in message:
            self._hear(message["event"], message["body"])
        elif "call" in message:
            crowded = len(self._serving) >= REQUESTS_AT_ONCE
            task = asyncio.create_task(self._serve(message, blob, crowded))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        else:
            self._settle(message, blob)

    def _settle(self, message: dict[str, Any], blob: bytes) -> None:
        answer = self._pending.get(message["id"])
        if answer is None or answer.done():
            return  # its deadline has passed
        if "error" in message:
            answer.set_exception(_revived(message["error"], message["what"], message["advice"]))
        else:
            answer.set_result(Message(message["body"], blob))

    async def _serve(self, request: dict[str, Any], blob: bytes, crowded: bool) -> None:
        answered = Message()
        reply: dict[str, Any] = {"id": request["id"]}
        try:
            if crowded:
                raise errors.TooFrequent("Too many requests at once", "try again in a moment.")
            async with asyncio.timeout(request["within_s"]):
                answered = await self._answer(request["call"], Message(request["body"], blob))
            reply["body"] = answered.body
        except MienError as error:
            reply |= _told(error)
        except TimeoutError:
            reply |= _told(_lost(request["call"]))
        except Exception:  # the process's edge: the asker must get an answer
            log.exception("wire.request_failed", call=request["call"])
            reply |= _told(MienError("It failed inside", "see the log."))
        await self._reply(reply, answered.blob)

    async def _reply(self, reply: dict[str, Any], blob: bytes) -> None:
        try:
            await self._send(reply, blob)
        except ConnectionError:
            log.info("wire.asker_gone")

    async def _send(self, message: dict[str, Any], blob: bytes) -> None:
        self._write(message, blob)
        await self._writer.drain()

    def _write(self, message: dict[str, Any], blob: bytes) -> None:
        text = json.dumps(message).encode()
        if len(text) > JSON_BYTES or len(blob) > BLOB_BYTES:
            raise errors.PayloadTooLarge("A message between processes is above its limit.")
        self._writer.write(HEADER.pack(len(text), len(blob)) + text)
        if blob:
            self._writer.write(blob)


def _lost(call: str) -> ProcessLost:
    return ProcessLost(f"The process that should answer '{call}' is gone", "try again.")


def _told(error: MienError) -> dict[str, str]:
    return {"error": type(error).__name__, "what": error.what, "advice": error.advice}


def _revived(name: str, what: str, advice: str) -> MienError:
    """The error of that name in the table, so that it reads the same on this side."""
    kind = getattr(errors, name, MienError)
    is_error = isinstance(kind, type) and issubclass(kind, MienError)
    return kind(what, advice) if is_error else MienError(what, advice)

"""JSON messages and a heartbeat over the data channel."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from aiortc import RTCDataChannel, RTCSctpTransport
from aiortc.rtcsctptransport import RTCSctpCapabilities

from mien.media.webrtc.answer import SCTP_PORT
from mien.media.webrtc.dtls import MediaTransport

MAX_BUFFERED_BYTES = 256 * 1024
PING, PONG = "ping", "pong"


class MessageChannel:
    """The browser's first data channel.

    Each side may send {"type": "ping"}, which the other answers with {"type": "pong"} and the
    same fields. Ours need no answer: SCTP's own acknowledgement is the sign of life, so pages
    that know nothing of heartbeats live as well. Neither kind reaches on_message.
    """

    def __init__(
        self, transport: MediaTransport, on_message: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self.dropped = 0
        self._sctp = RTCSctpTransport(transport, SCTP_PORT)
        self._sctp.on("datachannel", self._on_channel)
        self._channel: RTCDataChannel | None = None
        self._on_message = on_message
        self._beats = 0

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._channel is not None and self._channel.readyState == "open"

    async def start(self, remote_port: int, max_message_size: int) -> None:
        """Begin the SCTP association, once DTLS stands."""
        await self._sctp.start(RTCSctpCapabilities(max_message_size), remote_port)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message, or drop it when the channel isn't open or the line is jammed."""
        channel = self._channel
        if channel is None or not self.is_open or channel.bufferedAmount > MAX_BUFFERED_BYTES:
            self.dropped += 1
            return
        channel.send(json.dumps(message, separators=(",", ":")))

    def beat(self) -> None:
        """Provoke a sign of life."""
        if self.is_open:
            self._beats += 1
            self.send({"type": PING, "n": self._beats})

    async def stop(self) -> None:
        """End the association."""
        await self._sctp.stop()

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if self.is_open:
            return
        self._channel = channel
        channel.on("message", self._on_text)

    def _on_text(self, text: str | bytes) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        if message.get("type") == PING:
            self.send({**message, "type": PONG})
        elif message.get("type") != PONG:
            self._on_message(message)

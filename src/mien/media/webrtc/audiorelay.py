"""Opus packets in and out, untouched: own numbers, but every gap and pause kept."""

import asyncio
from collections import deque
from collections.abc import Callable

from aiortc.rtp import (
    AnyRtcpPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSrPacket,
    RtpPacket,
)

from mien.media.webrtc.audio import AudioPacket
from mien.media.webrtc.capture import CaptureClock
from mien.media.webrtc.counters import Unwrapper
from mien.media.webrtc.outgoing import OutgoingStream
from mien.media.webrtc.reception import Reception
from mien.media.webrtc.tasks import start_logged

CLOCK_RATE = 48_000
MAX_WAITING = 50
MAX_JUMP = 1000
NEW_SOURCE_GAP_S = 0.02


class AudioReceiver:
    """One incoming Opus stream."""

    def __init__(
        self,
        clock: Callable[[], float],
        on_packet: Callable[[AudioPacket], None],
        capture: CaptureClock | None = None,
    ) -> None:
        self.packets = 0
        self.capture = capture or CaptureClock(["audio"])
        self.reception: Reception | None = None
        self._clock = clock
        self._on_packet = on_packet

    async def on_rtp(self, packet: RtpPacket) -> None:
        """Hand a packet on."""
        if not packet.payload:
            return
        now = self._clock()
        if self.reception is None or self.reception.ssrc != packet.ssrc:
            self.reception = Reception(packet.ssrc, CLOCK_RATE)
        self.reception.add(packet.sequence_number, packet.timestamp, now)
        self.packets += 1
        self._on_packet(
            AudioPacket(
                payload=packet.payload,
                sequence=packet.sequence_number,
                rtp_timestamp=packet.timestamp,
                ssrc=packet.ssrc,
                marker=bool(packet.marker),
                arrived=now,
                captured=self.capture.captured("audio", packet.timestamp, now),
            )
        )

    async def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        """Take in a sender report."""
        if isinstance(packet, RtcpSrPacket) and self.reception is not None:
            self.reception.on_sender_report(packet, self._clock())
            self.capture.on_report("audio", packet, self.reception.ssrc, self._clock())

    def report(self, now: float) -> list[RtcpReceiverInfo]:
        """The receiver report's block, once something came."""
        return [self.reception.report(now)] if self.reception else []


class RelayNumbers:
    """Maps a source's sequence numbers and timestamps to ours.

    Within a source the differences stay; a new source, or a jump, goes on where we were.
    """

    def __init__(self, sequence: int, timestamp: int) -> None:
        self._next_sequence, self._next_timestamp = sequence, timestamp
        self._last_arrived: float | None = None
        self._ssrc: int | None = None
        self._offsets = (0, 0)
        self._sequences, self._timestamps = Unwrapper(16), Unwrapper(32)

    def map(self, packet: AudioPacket) -> tuple[int, int]:
        """Our (sequence, timestamp), unwrapped, for a packet."""
        sequence = self._sequences.unwrap(packet.sequence)
        timestamp = self._timestamps.unwrap(packet.rtp_timestamp)
        jumped = abs(sequence + self._offsets[0] - self._next_sequence) > MAX_JUMP
        if packet.ssrc != self._ssrc or jumped:
            self._ssrc = packet.ssrc
            self._offsets = (
                self._next_sequence - sequence,
                self._next_timestamp + self._pause(packet) - timestamp,
            )
        ours = sequence + self._offsets[0], timestamp + self._offsets[1]
        self._next_sequence = max(self._next_sequence, ours[0] + 1)
        self._next_timestamp = max(self._next_timestamp, ours[1])
        self._last_arrived = packet.arrived
        return ours

    def _pause(self, packet: AudioPacket) -> int:
        if self._last_arrived is None:
            return 0
        return int(max(NEW_SOURCE_GAP_S, packet.arrived - self._last_arrived) * CLOCK_RATE)


class AudioSender:
    """Sends packets at once, in the order they were given."""

    def __init__(self, stream: OutgoingStream, numbers: RelayNumbers) -> None:
        self.stream = stream
        self.dropped = 0
        self._numbers = numbers
        self._waiting: deque[AudioPacket] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send; what came before is too old."""
        self._waiting.clear()
        self._task = start_logged(self._run(), "send-audio")

    def put(self, packet: AudioPacket) -> None:
        """Send a packet; beyond 50 waiting ones the oldest goes."""
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(packet)
        self._wake.set()

    async def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        """Take in a receiver report."""
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            self.stream.on_report(packet)

    async def close(self) -> None:
        """End the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                packet = self._waiting.popleft()
                sequence, timestamp = self._numbers.map(packet)
                await self.stream.send(
                    packet.payload,
                    sequence=sequence,
                    timestamp=timestamp,
                    marker=packet.marker,
                    moment=packet.moment,
                )

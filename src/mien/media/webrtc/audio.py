"""Audio that is carried through without being decoded, and held back to match the picture."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class AudioPacket:
    """One Opus packet as it came.

    sequence and rtp_timestamp (48 kHz) are the sender's, so gaps and pauses stay visible;
    arrived is in seconds of the peer's monotonic clock, captured too, as far as it is known.
    """

    payload: bytes
    sequence: int
    rtp_timestamp: int
    ssrc: int
    marker: bool
    arrived: float
    captured: float | None = None

    @property
    def moment(self) -> float:
        """The instant of its first sample, for keeping it in step with the picture."""
        return self.arrived if self.captured is None else self.captured


class AudioDelay:
    """Holds packets for a settable time after their moment; bounded, the oldest fall out first.

    A shorter delay releases at once what is now due, a longer one leaves a gap: both are what
    a listener's concealment handles.
    """

    def __init__(self, delay_s: float = 0.0, *, capacity: int = 100) -> None:
        self.delay_s = delay_s
        self.dropped = 0
        self._held: deque[AudioPacket] = deque()
        self._capacity = capacity

    def push(self, packet: AudioPacket) -> None:
        """Hold one more packet."""
        if len(self._held) >= self._capacity:
            self._held.popleft()
            self.dropped += 1
        self._held.append(packet)

    def pop_due(self, now: float) -> list[AudioPacket]:
        """Packets that have waited their time, in the order they came."""
        due: list[AudioPacket] = []
        while self._held and self._held[0].moment + self.delay_s <= now:
            due.append(self._held.popleft())
        return due

    def next_due(self) -> float | None:
        """When the next packet becomes due; None while there is none."""
        return self._held[0].moment + self.delay_s if self._held else None

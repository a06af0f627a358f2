"""Sound that leaves when the picture of the same moment does."""

import asyncio
from collections.abc import Callable

from mien.media.webrtc.peer import AudioDelay, AudioPacket


class SoundRelay:
    """Holds packets for `delay_s` and then gives them to `play`; on the loop it was made on."""

    def __init__(self, play: Callable[[AudioPacket], None], clock: Callable[[], float]) -> None:
        self._play, self._clock = play, clock
        self._loop = asyncio.get_running_loop()
        self._delay = AudioDelay()
        self._timer: asyncio.TimerHandle | None = None

    def set_delay(self, seconds: float) -> None:
        """How long packets are held from now on."""
        self._delay.delay_s = seconds

    def put(self, packet: AudioPacket) -> None:
        """Hold one more packet."""
        self._delay.push(packet)
        self._schedule()

    def close(self) -> None:
        """Play nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _schedule(self) -> None:
        due = self._delay.next_due()
        if due is not None and self._timer is None:
            wait = max(0.0, due - self._clock())
            self._timer = self._loop.call_later(wait, self._release)

    def _release(self) -> None:
        self._timer = None
        for packet in self._delay.pop_due(self._clock()):
            self._play(packet)
        self._schedule()

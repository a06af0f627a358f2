"""Packets in any order become whole frames, at the earliest moment.

A pure state machine: no clock, no network. Frames are released on their last packet's RTP
marker bit. Waiting for the next frame's first packet, as most jitter buffers do, costs one frame
interval.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Fragment:
    """A packet's part of a frame: codec data without the payload header."""

    sequence: int  # unwrapped
    timestamp: int
    marker: bool
    data: bytes
    arrived: float


@dataclass(frozen=True)
class EncodedFrame:
    """A whole frame; arrived is when its last packet came."""

    data: bytes
    timestamp: int
    arrived: float
    is_key: bool


class FrameAssembler:
    """Puts fragments together; asks for a key frame when one can't be had otherwise.

    A hole is waited for `patience_s` seconds (for a retransmission). Then, or as soon as a whole
    key frame lies behind it, everything before is given up. After a loss only a key frame is
    released, so a decoder never shows torn pictures.
    """

    def __init__(
        self,
        is_key: Callable[[bytes], bool],
        *,
        patience_s: float = 0.2,
        capacity: int = 1024,
    ) -> None:
        self.needs_key_frame = True
        self.frames_lost = 0
        self._is_key = is_key
        self.patience_s = patience_s
        self._capacity = capacity
        self._fragments: dict[int, Fragment] = {}
        self._next: int | None = None
        self._highest = 0
        self._stuck_since: float | None = None

    def push(self, fragment: Fragment) -> None:
        """Take in one fragment; late and doubled ones are ignored."""
        if self._next is None:
            self._next = self._highest = fragment.sequence
        if abs(fragment.sequence - self._highest) > self._capacity:
            self._restart_at(fragment.sequence)
        if fragment.sequence < self._next:
            return
        self._fragments.setdefault(fragment.sequence, fragment)
        self._highest = max(self._highest, fragment.sequence)
        if self._highest - self._next > self._capacity:
            self._give_up_until(self._highest - self._capacity // 2)

    def pop(self, now: float) -> EncodedFrame | None:
        """The next frame that may be decoded, if it is whole."""
        while self._next is not None:
            run = self._run_from(self._next)
            if run is None:
                if not self._skip_hole(now):
                    return None
                continue
            frame = self._release(run)
            if frame is not None:
                return frame
        return None

    def lose(self) -> None:
        """The decoder lost its state: release nothing until the next key frame."""
        self.needs_key_frame = True

    def missing(self) -> list[int]:
        """Sequence numbers not yet come, oldest first."""
        if self._next is None:
            return []
        return [s for s in range(self._next, self._highest) if s not in self._fragments]

    def _release(self, run: list[Fragment]) -> EncodedFrame | None:
        self._forget_until(run[-1].sequence + 1)
        self._stuck_since = None
        data = b"".join(f.data for f in run)
        if not data:  # padding that the sender's bandwidth probe left
            return None
        frame = EncodedFrame(
            data, run[0].timestamp, max(f.arrived for f in run), self._is_key(data)
        )
        if self.needs_key_frame and not frame.is_key:
            self.frames_lost += 1
            return None
        self.needs_key_frame = False
        return frame

    def _run_from(self, start: int) -> list[Fragment] | None:
        """The fragments of the frame that begins at `start`, or None while it isn't whole."""
        run: list[Fragment] = []
        sequence = start
        while (fragment := self._fragments.get(sequence)) is not None:
            # Some senders leave the marker out: a new timestamp ends a frame as well.
            if run and fragment.timestamp != run[0].timestamp:
                return run
            run.append(fragment)
            if fragment.marker or not (fragment.data or len(run) > 1):
                return run
            sequence += 1
        return None

    def _skip_hole(self, now: float) -> bool:
        if not self._fragments:
            self._stuck_since = None
            return False
        if not any(True for _ in self.missing()):
            return False  # the newest frame is still coming in, nothing is lost
        if self._stuck_since is None:
            self._stuck_since = now
        if (key_start := self._whole_key_frame()) is not None:
            self._give_up_until(key_start)
            return True
        if now - self._stuck_since <= self.patience_s:
            return False
        self._give_up_until(self._start_behind_hole())
        return True

    def _whole_key_frame(self) -> int | None:
        for start in self._frame_starts():
            run = self._run_from(start)
            if run is not None and self._is_key(b"".join(f.data for f in run)):
                return start
        return None

    def _frame_starts(self) -> Iterator[int]:
        """Where, behind the hole, a frame may begin."""
        for sequence in sorted(self._fragments):
            before = self._fragments.get(sequence - 1)
            if before is None or before.timestamp != self._fragments[sequence].timestamp:
                yield sequence

    def _start_behind_hole(self) -> int:
        """The first fragment of the first frame that lies wholly behind the first hole."""
        hole = self.missing()[0]
        behind = sorted(s for s in self._fragments if s > hole)
        torn = self._fragments[behind[0]].timestamp
        for sequence in behind:
            if self._fragments[sequence].timestamp != torn:
                return sequence
        return self._highest + 1

    def _give_up_until(self, sequence: int) -> None:
        lost = {f.timestamp for s, f in self._fragments.items() if s < sequence}
        self.frames_lost += max(1, len(lost))
        self._forget_until(sequence)
        self._stuck_since = None
        self.needs_key_frame = True

    def _forget_until(self, sequence: int) -> None:
        self._next = sequence
        self._highest = max(self._highest, sequence - 1)
        for old in [s for s in self._fragments if s < sequence]:
            del self._fragments[old]

    def _restart_at(self, sequence: int) -> None:
        self._fragments.clear()
        self._next = self._highest = sequence
        self._stuck_since = None
        self.needs_key_frame = True

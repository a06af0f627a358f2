"""Recording a stream on a thread of its own, which the live path never waits for."""

import threading
import time
from collections import deque
from collections.abc import Callable
from io import RawIOBase
from typing import Any

import structlog

from mien.media.recording import RecordingWriter
from mien.media.webrtc.peer import AudioPacket, VideoPicture

MOST_PICTURES, MOST_PACKETS = 8, 150
CLOSE_WITHIN_S = 0.8

log = structlog.get_logger()


class Recorder:
    """Takes marked pictures and sound; drops the oldest where the encoder can't keep up.

    The file is opened for the first picture.
    """

    def __init__(self, open_file: Callable[[], RawIOBase]) -> None:
        self._open_file = open_file
        self._pictures: deque[VideoPicture] = deque()
        self._packets: deque[AudioPacket] = deque(maxlen=MOST_PACKETS)
        self._changed = threading.Condition()
        self._closing = False
        self.frames = self.dropped = 0
        self.encode_ms = 0.0
        self.failed = False
        self._thread = threading.Thread(target=self._run, name="record", daemon=True)
        self._thread.start()

    def figures(self) -> dict[str, Any]:
        """For the session's statistics; encode_ms is processor time a frame."""
        return {
            "recording": self.recording,
            "recorded_frames": self.frames,
            "recording_dropped": self.dropped,
            "recording_ms": round(self.encode_ms, 1),
        }

    @property
    def recording(self) -> bool:
        """Whether pictures are being kept."""
        return not (self.failed or self._closing)

    def put(self, picture: VideoPicture) -> None:
        """Record a picture, as it is sent."""
        with self._changed:
            if len(self._pictures) >= MOST_PICTURES:
                self._pictures.popleft()
                self.dropped += 1
            self._pictures.append(picture)
            self._changed.notify()

    def put_sound(self, packet: AudioPacket) -> None:
        """Record a packet of sound."""
        with self._changed:
            self._packets.append(packet)
            self._changed.notify()

    def close(self) -> None:
        """Finish the file, in CLOSE_WITHIN_S; blocks."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(CLOSE_WITHIN_S)

    def _run(self) -> None:
        try:
            self._record()
        except Exception:
            self.failed = True
            log.exception("recorder.failed")

    def _record(self) -> None:
        writer: RecordingWriter | None = None
        while True:
            pictures, packets, closing = self._taken()
            if writer is None and pictures:
                height, width = pictures[0].image.shape[:2]
                size = (width & ~1, height & ~1)
                writer = RecordingWriter(self._open_file(), size, pictures[0].arrived)
            if writer is not None:
                self._write(writer, pictures, packets)
            if closing:
                break
        if writer is not None:
            writer.close()

    def _taken(self) -> tuple[list[VideoPicture], list[AudioPacket], bool]:
        with self._changed:
            self._changed.wait_for(lambda: self._pictures or self._packets or self._closing)
            pictures, packets = list(self._pictures), list(self._packets)
            self._pictures.clear()
            self._packets.clear()
            return pictures, packets, self._closing

    def _write(
        self, writer: RecordingWriter, pictures: list[VideoPicture], packets: list[AudioPacket]
    ) -> None:
        for packet in packets:
            writer.sound(packet)
        for picture in pictures:
            began = time.thread_time()
            writer.picture(picture.image, picture.arrived)
            took_ms = (time.thread_time() - began) * 1e3
            self.frames += 1
            self.encode_ms += (took_ms - self.encode_ms) / min(self.frames, 100)

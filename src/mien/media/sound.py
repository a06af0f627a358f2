"""The sound of one clip carried into another."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from mien.media.clips import container_of

Sound: TypeAlias = "Packet[AudioStream]"  # PyAV types it so, but only on paper

# What players take inside an MP4; anything else becomes AAC.
HELD_BY_MP4 = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus"})


class SoundTrack:
    """Copies the first sound track of a file, piece by piece, beside the pictures."""

    def __init__(self, source: Path, target: OutputContainer) -> None:
        self._container = av.open(str(source), format=container_of(source)[1])
        self._target = target
        self._waiting: Sound | None = None
        self._packets = self._tracked()

    def copy_until(self, seconds: float) -> None:
        """Copy what is heard before that time, which must not fall from call to call."""
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = packet
            if packet is None or _time(packet) > seconds:
                return
            self._target.mux(packet)
            self._waiting = None

    def close(self) -> None:
        """Let go of the file that the sound comes from."""
        self._container.close()

    def _tracked(self) -> Iterator[Sound]:
        """The packets, already of the new container's stream; the stream is made here at once."""
        if not self._container.streams.audio:
            return iter(())
        codec = self._container.streams.audio[0].codec_context.name
        return self._copied() if codec in HELD_BY_MP4 else self._encoded()

    def _copied(self) -> Iterator[Sound]:
        track = self._container.streams.audio[0]
        copy = self._target.add_stream_from_template(track)

        def packets() -> Iterator[Sound]:
            for packet in self._container.demux(track):
                if packet.dts is not None:
                    packet.stream = copy
                    yield packet

        return packets()

    def _encoded(self) -> Iterator[Sound]:
        track = self._container.streams.audio[0]
        aac = self._target.add_stream("aac", rate=track.rate)
        layout = "mono" if track.channels == 1 else "stereo"
        aac.codec_context.layout = layout

        def packets() -> Iterator[Sound]:
            resampler = AudioResampler(format="fltp", layout=layout, rate=track.rate)
            for frame in self._container.decode(track):
                for piece in resampler.resample(frame):
                    yield from aac.encode(piece)
            yield from aac.encode(None)

        return packets()


def _time(packet: Sound) -> float:
    return float((packet.dts or 0) * packet.time_base)

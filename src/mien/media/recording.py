"""A live stream written to an MP4 that a crash can't spoil: it consists of fragments of a second.

Sound is Opus as it came, which MP4 holds without decoding.
"""

import struct
from fractions import Fraction
from io import SEEK_END, RawIOBase

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from mien.media.clips import EXACT, BgrFrame
from mien.media.webrtc.audio import AudioPacket

TICKS, SOUND_RATE = 90_000, 48_000
FRAGMENT_US = 1_000_000
# Every second a key frame, which begins a fragment.
OPTIONS = {"preset": "ultrafast", "tune": "zerolatency", "crf": "23", "threads": "1"}
CONTAINER = {
    "movflags": "+empty_moov+default_base_moof+frag_keyframe",
    "frag_duration": str(FRAGMENT_US),
    "flush_packets": "1",
    # A silent microphone must not hold pictures back.
    "max_interleave_delta": str(FRAGMENT_US // 2),
}
BOX = struct.Struct(">I4s")
BT601, LIMITED_RANGE = 6, 1
# Sound may stray so far from when it came before it is set anew.
MOST_DRIFT_S = 0.2


class RecordingWriter:
    """Pictures and sound by the time at which they came, in seconds of one clock; for one thread.

    output: not buffered, so that a fragment that was written is safe; closed with the writer.
    size: of all pictures, even; others are scaled to it.
    """

    def __init__(self, output: RawIOBase, size: tuple[int, int], begin: float) -> None:
        self._output, self._begin, self._size = output, begin, size
        self._container = av.open(output, "w", format="mp4", options=CONTAINER)
        self._pictures = self._picture_track()
        self._sound: AudioStream = self._container.add_stream("libopus", rate=SOUND_RATE)
        self._last_picture = -1
        self._last_sound = -1
        self._anchor: tuple[int, int, int] | None = None
        self._next_key = 0.0
        self._container.start_encoding()

    def picture(self, image: BgrFrame, came: float) -> None:
        """Add a picture; one that is not later than the last is left out."""
        at = round((came - self._begin) * TICKS)
        if at <= self._last_picture:
            return
        self._last_picture = at
        if (image.shape[1], image.shape[0]) != self._size:
            image = np.asarray(cv2.resize(image, self._size), np.uint8)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
        frame = frame.reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU601, interpolation=EXACT
        )
        frame.pts, frame.time_base = at, Fraction(1, TICKS)
        if came >= self._next_key:
            self._next_key = came + FRAGMENT_US / 1e6
            frame.pict_type = av.video.frame.PictureType.I
        self._container.mux(self._pictures.encode(frame))

    def sound(self, packet: AudioPacket) -> None:
        """Add a packet of Opus, at its own clock as long as that agrees with when it came."""
        at = self._sound_time(packet)
        if at <= self._last_sound:
            return
        self._last_sound = at
        out = av.Packet(packet.payload)
        out.stream, out.time_base = self._sound, Fraction(1, SOUND_RATE)
        out.pts = out.dts = at
        out.is_keyframe = True
        self._container.mux(out)

    def close(self) -> None:
        """Write what is still held back."""
        try:
            self._container.mux(self._pictures.encode(None))
            self._container.close()
        finally:
            self._output.close()

    def _sound_time(self, packet: AudioPacket) -> int:
        came = round((packet.arrived - self._begin) * SOUND_RATE)
        if self._anchor is not None and self._anchor[0] == packet.ssrc:
            _, stamp, at = self._anchor
            ours = at + ((packet.rtp_timestamp - stamp) & 0xFFFFFFFF)
            if abs(ours - came) < MOST_DRIFT_S * SOUND_RATE:
                return ours
        self._anchor = packet.ssrc, packet.rtp_timestamp, came
        return came

    def _picture_track(self) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=30, options=dict(OPTIONS))
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, TICKS)
        context.colorspace = context.color_primaries = context.color_trc = BT601
        context.color_range = LIMITED_RANGE
        context.gop_size = 300
        return stream


def whole_until(file: RawIOBase) -> int:
    """Where the last fragment ends that is all there, in a file that was cut off; 0 without any."""
    size, at, end = file.seek(0, SEEK_END), 0, 0
    while at + BOX.size <= size:
        file.seek(at)
        length, kind = BOX.unpack(file.read(BOX.size) or b"")
        at += max(length, BOX.size)
        if at > size:
            break
        # A fragment is a box that describes it and one of its data; an index may be at the end.
        if kind == b"mdat" or (kind == b"mfra" and end):
            end = at
    return end

"""A live stream in figures: what a page shows and what an operator watches. Time is an argument."""

import os
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from mien.live.pipeline import Rendered
from mien.media.pacing import LipSync, RateMeter
from mien.media.webrtc.counters import Average
from mien.media.webrtc.peer import PeerStatistics

MIB = 1 << 20
RECENT_FRAMES = 120
LATENCY_WEIGHT = 0.05
# Browsers keep three packets of sound or more, and no picture; what comes too early they hold.
LEAD_S = 0.06


class StreamFigures:
    """Counts frames in and out, and how long they took."""

    def __init__(self) -> None:
        self.sync = LipSync(lead_s=LEAD_S)
        self._latency = Average(LATENCY_WEIGHT)
        self._in, self._out = RateMeter(), RateMeter()
        self._engine_ms: deque[float] = deque(maxlen=RECENT_FRAMES)
        self._size = (0, 0)
        self._faces = 0
        self._processor = ProcessorShare()

    def came(self, now: float) -> None:
        """A picture came."""
        self._in.count(now)

    def left(self, rendered: Rendered, encode_ms: float, now: float) -> None:
        """A swapped picture was handed to the encoders, which take about encode_ms."""
        self._out.count(now)
        self._engine_ms.append(rendered.engine_ms)
        self._size = rendered.swapped.image.shape[1], rendered.swapped.image.shape[0]
        self._faces = rendered.swapped.faces
        self._latency.add(now - rendered.picture.arrived + encode_ms / 1e3)
        self.sync.measured(now - rendered.picture.moment + encode_ms / 1e3, now)

    def rate_in(self, now: float) -> float:
        """Pictures a second that come."""
        return self._in.rate(now)

    def report(self, now: float) -> dict[str, Any]:
        """Rates in frames a second, times in ms, memory in MiB, cpu_share in cores."""
        p50, p95 = np.percentile(self._engine_ms, (50, 95)) if self._engine_ms else (0.0, 0.0)
        return {
            "fps_in": round(self._in.rate(now), 1),
            "fps_out": round(self._out.rate(now), 1),
            "width": self._size[0],
            "height": self._size[1],
            "engine_p50_ms": round(float(p50), 1),
            "engine_p95_ms": round(float(p95), 1),
            "latency_ms": round(self._latency.value * 1e3, 1),
            "audio_delay_ms": round(self.sync.delay_s * 1e3, 1),
            "face": self._faces > 0,
            "faces": self._faces,
            "cpu_share": round(self._processor.since_last(now), 3),
            "memory_mb": round(resident_bytes() / MIB, 1),
        }


class ProcessorShare:
    """Cores that this process used since the last look."""

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None

    def since_last(self, now: float) -> float:
        """0.0 at the first look; 2.0 is two cores all the time."""
        used = time.process_time()
        last, self._last = self._last, (now, used)
        return (used - last[1]) / (now - last[0]) if last and now > last[0] else 0.0


def line_figures(peer: PeerStatistics) -> dict[str, Any]:
    """The part of the figures that differs between a stream's peers."""
    return {
        "codec": peer.codec,
        "bitrate_in": round(peer.bitrate_in),
        "bitrate_out": round(peer.bitrate_out),
        "loss_in": round(peer.loss_in, 4),
        "loss_out": round(peer.loss_out, 4),
        "rtt_ms": None if peer.round_trip_ms is None else round(peer.round_trip_ms, 1),
        "decode_ms": round(peer.decode_ms, 1),
        "encode_ms": round(peer.encode_ms, 1),
    }


def resident_bytes() -> int:
    """Memory of this process that is in RAM (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

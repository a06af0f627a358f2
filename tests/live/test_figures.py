import time

import numpy as np
import pytest

from mien.live.figures import MIB, ProcessorShare, StreamFigures, line_figures, resident_bytes
from mien.live.pipeline import Rendered
from mien.media.webrtc.peer import PeerStatistics
from mien.media.webrtc.picture import VideoPicture
from mien.swap.engine import State, SwappedFrame


def rendered(arrived: float, engine_ms: float, faces: int = 1) -> Rendered:
    image = np.zeros((48, 64, 3), np.uint8)
    state: State = "swapped" if faces else "no_face"
    swapped = SwappedFrame(image, state, {}, faces)
    return Rendered(VideoPicture(image, 0, arrived), swapped, engine_ms)


def test_before_anything_came_all_is_zero() -> None:
    figures = StreamFigures().report(5.0)
    assert figures["fps_in"] == figures["fps_out"] == 0
    assert figures["engine_p50_ms"] == figures["latency_ms"] == figures["audio_delay_ms"] == 0
    assert figures["face"] is False


def test_rates_sizes_and_latency_are_those_of_the_frames() -> None:
    figures = StreamFigures()
    for n in range(60):
        figures.came(n / 20)
        if n % 2 == 0:
            figures.left(rendered(n / 20, 10.0 + (n >= 54) * 90), 5.0, n / 20 + 0.090)
    report = figures.report(59 / 20)
    assert report["fps_in"] == pytest.approx(20, abs=0.5)
    assert report["fps_out"] == pytest.approx(10, abs=0.5)
    assert (report["width"], report["height"], report["face"]) == (64, 48, True)
    assert report["engine_p50_ms"] == 10
    assert report["engine_p95_ms"] == 100
    # 90 ms until it was handed over and 5 ms to encode; the sound waits less than that.
    assert report["latency_ms"] == pytest.approx(95, abs=0.2)
    assert report["audio_delay_ms"] == pytest.approx(35, abs=0.2)


def test_a_lost_face_is_told() -> None:
    figures = StreamFigures()
    figures.left(rendered(0, 10, 3), 0, 0.1)
    assert (figures.report(0.12)["face"], figures.report(0.13)["faces"]) == (True, 3)
    figures.left(rendered(0.05, 10, 0), 0, 0.15)
    assert (figures.report(0.2)["face"], figures.report(0.21)["faces"]) == (False, 0)


def test_the_processors_share_is_that_of_this_process() -> None:
    share = ProcessorShare()
    assert share.since_last(time.monotonic()) == 0
    end = time.process_time() + 0.05
    begin = time.monotonic()
    while time.process_time() < end:
        pass
    # Pretend that the wall clock went on by a tenth of a second, however loaded this machine is.
    assert share.since_last(begin + 0.1) > 0.4
    assert share.since_last(begin + 0.2) < 0.2


def test_memory_is_what_is_resident() -> None:
    before = resident_bytes()
    block = np.ones(64 * MIB, np.uint8)
    assert 60 * MIB < resident_bytes() - before < 80 * MIB
    assert block[-1] == 1


def test_the_lines_figures_are_in_the_units_they_say() -> None:
    peer = PeerStatistics(
        *("connected", "VP8", 1, 2, 3, 4, 5, 6, 7, 8),
        *(500_000.4, 1_400_000.6, 1_500_000, 0.01234, 0.5, 9, 12.34),
        *((640, 480), (640, 480), 1.26, 4.44, 10, 11),
    )
    assert line_figures(peer) == {
        "codec": "VP8",
        "bitrate_in": 500_000,
        "bitrate_out": 1_400_001,
        "loss_in": 0.0123,
        "loss_out": 0.5,
        "rtt_ms": 12.3,
        "decode_ms": 1.3,
        "encode_ms": 4.4,
    }

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.media.clips import read_frames
from mien.media.hdr import HLG, PQ

Rgb = tuple[float, float, float]


def pq(nits: float) -> float:
    """SMPTE ST 2084: light to signal."""
    power = (nits / 10_000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def filmed(path: Path, transfer: int, signal: Rgb) -> Path:
    """A clip of one colour in 10 bits, BT.2020, by its non-linear RGB of 0..1."""
    red, green, blue = signal
    luma = 0.2627 * red + 0.6780 * green + 0.0593 * blue
    levels = (
        64 + 876 * luma,
        512 + 896 * (blue - luma) / 1.8814,
        512 + 896 * (red - luma) / 1.4746,
    )
    frame = av.VideoFrame(64, 48, "yuv420p10le")
    for plane, level in zip(frame.planes, levels, strict=True):
        plane.update(np.full(plane.buffer_size // 2, round(level), np.uint16).tobytes())
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace = transfer, 9, 9
        context.color_range = 1
        frame.color_trc, frame.color_primaries, frame.colorspace = transfer, 9, 9
        frame.color_range = 1
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def shown(path: Path) -> NDArray[np.uint8]:
    return np.asarray(next(iter(read_frames(path))).image[20, 30], np.uint8)


@pytest.mark.parametrize(
    ("nits", "level"),
    [(0, 0), (2.03, 31), (40.6, 123), (101.5, 186), (203, 242), (1000, 255), (4000, 255)],
)
def test_paper_in_pq_is_as_bright_as_on_any_screen(tmp_path: Path, nits: float, level: int) -> None:
    """Below the knee as gamma 2.2 has it: 255 * (nits / 203) ** (1 / 2.2)."""
    seen = shown(filmed(tmp_path / "a.mkv", PQ, (pq(nits),) * 3))
    np.testing.assert_allclose(seen, level, atol=2)


def test_a_skin_colour_in_pq(tmp_path: Path) -> None:
    """BT.709's (200, 140, 110) in its linear light, by BT.2087 in BT.2020's."""
    linear = (np.array([200, 140, 110]) / 255) ** 2.2
    wide = (
        np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
        @ linear
    )
    red, green, blue = (pq(203 * float(part)) for part in wide)
    seen = shown(filmed(tmp_path / "a.mkv", PQ, (red, green, blue)))
    np.testing.assert_allclose(seen, (110, 140, 200), atol=3)


def test_white_and_grey_in_hlg(tmp_path: Path) -> None:
    """BT.2408: white at three quarters of the signal; half of it is 1/12 of the scene's light."""
    np.testing.assert_allclose(shown(filmed(tmp_path / "a.mkv", HLG, (0.75,) * 3)), 242, atol=2)
    grey = 255 * ((1 / 12) ** 1.2 * 1000 / 203) ** (1 / 2.2)
    np.testing.assert_allclose(shown(filmed(tmp_path / "b.mkv", HLG, (0.5,) * 3)), grey, atol=2)


def test_ten_bits_that_are_not_hdr_stay_as_they_are(tmp_path: Path) -> None:
    np.testing.assert_allclose(shown(filmed(tmp_path / "a.mkv", 1, (0.5,) * 3)), 128, atol=2)

"""High dynamic range, as telephones film by default, brought to what ordinary screens show."""

from functools import cache

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace, Interpolation
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# ITU-T H.273, transfer characteristics: SMPTE ST 2084 and ARIB STD-B67.
PQ, HLG = 16, 18
# ITU-R BT.2408: white paper has 203 cd/m2, and BT.2100's reference display reaches 1000.
WHITE, PEAK = 203.0, 1000.0
LUMA = (0.2627, 0.6780, 0.0593)
# ITU-R BT.2087: linear RGB of BT.2020 to that of BT.709, both as BGR here.
TO_BT709 = np.array(
    [[1.1187, -0.1006, -0.0182], [-0.0083, 1.1329, -0.1246], [-0.0728, -0.5876, 1.6605]], np.float32
)
# Above this share of white, highlights are pressed together; brighter than so many whites is white.
KNEE, BRIGHTEST = 0.7, 8.0
STEPS = 4096
GAMMA = 2.2


def is_hdr(frame: av.VideoFrame) -> bool:
    """Whether a decoded frame says that it is in PQ or HLG."""
    return int(frame.color_trc) in (PQ, HLG)


def to_sdr(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """A frame in PQ or HLG, of BT.2020's colours, as BGR for an ordinary screen."""
    # Without FULL_CHR_H_INT, which loses the greens of this format in swscale.
    how = Interpolation.BILINEAR | Interpolation.ACCURATE_RND
    deep = np.asarray(
        frame.to_ndarray(format="bgr48le", src_colorspace=Colorspace.BT2020, interpolation=how),
        np.uint16,
    )
    light = np.take(_pq() if int(frame.color_trc) == PQ else _hlg(), deep >> 4)
    if int(frame.color_trc) == HLG:
        # The display's system gamma of 1.2, on the scene's luminance.
        scene = cv2.transform(light, np.array([LUMA[::-1]], np.float32))
        light *= (np.maximum(scene, 1e-6) ** 0.2)[..., None] * (PEAK / WHITE)
    # In roots, or darkness would have too few steps.
    roots = np.sqrt(np.clip(cv2.transform(light, TO_BT709), 0, BRIGHTEST) / BRIGHTEST)
    return np.take(_shown(), np.asarray(roots * (STEPS - 1) + 0.5, np.uint16))


def _signal() -> Floats:
    return np.linspace(0, 1, STEPS, dtype=np.float32)


@cache
def _pq() -> Floats:
    """Signal to light, 1 is white; SMPTE ST 2084, equation 4.1."""
    m1, m2, c1, c2, c3 = 0.1593017578, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = _signal() ** (1 / m2)
    return np.asarray(
        (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1) * (10_000 / WHITE), np.float32
    )


@cache
def _hlg() -> Floats:
    """Signal to the scene's light, 0..1; ITU-R BT.2100, table 5."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    signal = _signal()
    bright = (np.exp((signal - c) / a) + b) / 12
    return np.asarray(np.where(signal <= 0.5, signal**2 / 3, bright), np.float32)


@cache
def _shown() -> NDArray[np.uint8]:
    """Root of light to the level that a screen is sent."""
    light = _signal() ** 2 * BRIGHTEST
    pressed = KNEE + (1 - KNEE) * (1 - np.exp(-(light - KNEE) / (1 - KNEE)))
    level = np.where(light <= KNEE, light, pressed) ** (1 / GAMMA)
    return np.asarray(level * 255 + 0.5, np.uint8)

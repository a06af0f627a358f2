"""What pictures go through on their way to somebody's eyes, and how alike two of them are."""

import io
from collections.abc import Sequence

import av
import cv2
import numpy as np
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

from mien.vision.face import BgrImage


def psnr(one: BgrImage, other: BgrImage) -> float:
    """Peak signal to noise over all three channels, dB."""
    error = np.mean((one.astype(np.float64) - other) ** 2)
    return float(10 * np.log10(255**2 / error))


def ssim(one: BgrImage, other: BgrImage) -> float:
    """Of luma, with the 11x11 Gaussian window of Wang et al. 2004."""
    a, b = (cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float64) for image in (one, other))
    mean_a, mean_b = _blurred(a), _blurred(b)
    var_a, var_b = _blurred(a * a) - mean_a**2, _blurred(b * b) - mean_b**2
    both = _blurred(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float(np.mean(top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))))


def _blurred(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5), np.float64)


def encoded(frames: Sequence[BgrImage], codec: str, bitrate: int) -> list[BgrImage]:
    """There and back through a real encoder at a constant rate, 30 frames a second."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        assert isinstance(container, OutputContainer)
        stream = container.add_stream(codec, rate=30, options=_options(codec, bitrate))
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", bitrate
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as source:
        assert isinstance(source, InputContainer)
        frames_back = source.decode(video=0)
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in frames_back]


def _options(codec: str, bitrate: int) -> dict[str, str]:
    rates = {"maxrate": str(bitrate), "bufsize": str(bitrate)}
    if codec == "libx264":
        return {"preset": "ultrafast", "tune": "zerolatency", **rates}
    return {"deadline": "realtime", "cpu-used": "8", "minrate": str(bitrate), **rates}


def turned(frame: BgrImage, degrees: float, scale: float = 1.0) -> BgrImage:
    """Anticlockwise about the middle, in a frame of the same size."""
    height, width = frame.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    return np.asarray(cv2.warpAffine(frame, matrix, (width, height)), np.uint8)


def cut(frame: BgrImage, share_off: float) -> BgrImage:
    """Less of the area, and not in the middle."""
    height, width = frame.shape[:2]
    keep = (1 - share_off) ** 0.5
    rows, columns = int(height * keep), int(width * keep)
    top, left = (height - rows) // 3, (width - columns) // 2 + 5
    return np.ascontiguousarray(frame[top : top + rows, left : left + columns])


def resized(frame: BgrImage, scale: float) -> BgrImage:
    """So many times as wide and high."""
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, None, fx=scale, fy=scale, interpolation=how), np.uint8)


def jpeg(frame: BgrImage, quality: int) -> BgrImage:
    """Through a JPEG of that quality, 1 to 100."""
    data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def on_a_screen(frame: BgrImage) -> BgrImage:
    """A player's window of another size, filmed with what is around it."""
    window = resized(frame, 1.31)
    grey = (40, 40, 40)
    screen = cv2.copyMakeBorder(window, 100, 80, 200, 140, cv2.BORDER_CONSTANT, value=grey)
    return np.asarray(screen, np.uint8)

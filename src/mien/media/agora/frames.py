"""Frames as Agora's SDK hands them over, to BGR and back: planar YUV 4:2:0 with row strides."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mien.media.webrtc.picture import Bytes, Image

TURNS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
RAW_DATA = 1
I420 = 1
"""agora_base.h: media::base::VIDEO_PIXEL_I420."""


@dataclass(frozen=True)
class YuvFrame:
    """A frame copied out of the SDK's callback. planes: (bytes, stride) of Y, U and V."""

    width: int
    height: int
    planes: tuple[tuple[bytes, int], ...]
    rotation: int
    time_ms: int
    arrived: float


def copied(frame: Any, arrived: float) -> YuvFrame:
    """The SDK's own frame, which is valid during its callback only."""
    planes = (
        (bytes(frame.y_buffer), frame.y_stride),
        (bytes(frame.u_buffer), frame.u_stride),
        (bytes(frame.v_buffer), frame.v_stride),
    )
    size = frame.width, frame.height
    return YuvFrame(*size, planes, frame.rotation, frame.render_time_ms, arrived)


def to_bgr(frame: YuvFrame) -> Image:
    """Upright, (H, W, 3). Raises ValueError when the planes do not hold the size they name."""
    width, height = frame.width & ~1, frame.height & ~1
    y, u, v = (
        _cut(data, stride, height // scale, width // scale)
        for (data, stride), scale in zip(frame.planes, (1, 2, 2), strict=True)
    )
    planar = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(height * 3 // 2, width)
    image = np.asarray(cv2.cvtColor(planar, cv2.COLOR_YUV2BGR_I420), np.uint8)
    turn = TURNS.get(frame.rotation % 360)
    return image if turn is None else np.asarray(cv2.rotate(image, turn), np.uint8)


def to_i420(image: Image) -> tuple[int, int, bytearray]:
    """Width, height and the three planes without padding; an odd last row or column is left out."""
    height, width = image.shape[0] & ~1, image.shape[1] & ~1
    even = np.ascontiguousarray(image[:height, :width])
    planar = np.asarray(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420), np.uint8)
    return width, height, bytearray(planar.tobytes())


def _cut(data: bytes, stride: int, rows: int, columns: int) -> Bytes:
    if rows < 1 or columns < 1 or stride < columns or len(data) < stride * rows:
        raise ValueError("A frame's planes are smaller than its size.")
    return np.frombuffer(data, np.uint8, stride * rows).reshape(rows, stride)[:, :columns]

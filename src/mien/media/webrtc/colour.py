"""Planar YUV 4:2:0 and BGR, BT.601 limited range as browsers send it, at OpenCV's speed."""

import av
import cv2
import numpy as np

from mien.media.webrtc.picture import Bytes, Image


class BgrConverter:
    """Decoded frames to BGR; keeps one scratch buffer, so use one per thread."""

    def __init__(self) -> None:
        self._scratch: Bytes = np.empty(0, np.uint8)

    def convert(self, frame: av.VideoFrame) -> Image:
        """(H, W, 3) uint8 BGR, newly allocated. Any pixel format; 4:2:0 is the fast way."""
        if frame.format.name not in ("yuv420p", "yuvj420p"):
            frame = frame.reformat(format="yuv420p")
        rows, columns = _even(frame.height), _even(frame.width)
        size = rows * columns * 3 // 2
        if self._scratch.size != size:
            self._scratch = np.empty(size, np.uint8)
        self._fill(frame, rows, columns)
        planar = self._scratch.reshape(rows * 3 // 2, columns)
        image: Image = np.empty((rows, columns, 3), np.uint8)
        cv2.cvtColor(planar, cv2.COLOR_YUV2BGR_I420, dst=image)
        if (rows, columns) != (frame.height, frame.width):
            image = np.ascontiguousarray(image[: frame.height, : frame.width])
        return image

    def _fill(self, frame: av.VideoFrame, rows: int, columns: int) -> None:
        luma = rows * columns
        chroma = luma // 4
        starts = (0, luma, luma + chroma)
        shapes = ((rows, columns), (rows // 2, columns // 2), (rows // 2, columns // 2))
        for plane, start, shape in zip(frame.planes, starts, shapes, strict=True):
            source = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            target = self._scratch[start : start + shape[0] * shape[1]].reshape(shape)
            height, width = plane.height, plane.width
            target[:height, :width] = source[:height, :width]


class YuvConverter:
    """BGR to frames for an encoder; keeps one scratch buffer, so use one per thread."""

    def __init__(self) -> None:
        self._scratch: Bytes = np.empty((0, 0), np.uint8)

    def convert(self, image: Image) -> av.VideoFrame:
        """A new yuv420p frame of the image's size, odd sizes included."""
        height, width = image.shape[:2]
        rows, columns = _even(height), _even(width)
        if (rows, columns) != (height, width):
            image = np.asarray(
                cv2.copyMakeBorder(
                    image, 0, rows - height, 0, columns - width, cv2.BORDER_REPLICATE
                ),
                np.uint8,
            )
        if self._scratch.shape != (rows * 3 // 2, columns):
            self._scratch = np.empty((rows * 3 // 2, columns), np.uint8)
        cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420, dst=self._scratch)
        frame = av.VideoFrame(width, height, "yuv420p")
        self._copy_into(frame, rows, columns)
        return frame

    def _copy_into(self, frame: av.VideoFrame, rows: int, columns: int) -> None:
        flat = self._scratch.reshape(-1)
        luma = rows * columns
        parts = (flat[:luma], flat[luma : luma * 5 // 4], flat[luma * 5 // 4 :])
        for plane, part, scale in zip(frame.planes, parts, (1, 2, 2), strict=True):
            source = part.reshape(rows // scale, columns // scale)
            target = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            target[: plane.height, : plane.width] = source[: plane.height, : plane.width]


def _even(size: int) -> int:
    return size + (size & 1)

"""Real frames that marks are tried on."""

from pathlib import Path

import av
import cv2
import numpy as np

from mien.vision.face import BgrImage

MEDIA = Path(__file__).parents[1] / "media"
KEY = bytes(range(32))
MARK_ID = 0xC0FFEE123456


def clip_frames(name: str, count: int) -> list[BgrImage]:
    """The first frames of a shipped clip."""
    with av.open(str(MEDIA / name)) as container:
        decoded = container.decode(video=0)
        frames = [next(decoded).to_ndarray(format="bgr24") for _ in range(count)]
    return [np.asarray(frame, np.uint8) for frame in frames]


def photo(name: str = "astronaut.png") -> BgrImage:
    image = cv2.imread(str(MEDIA / name))
    assert image is not None
    return np.asarray(image, np.uint8)

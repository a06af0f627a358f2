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


def has_badge(picture: BgrImage) -> bool:
    """Of 640x480: a dark plate with white letters at the top right, where our clips are neither."""
    plate = picture[20:50, 420:600].astype(int)
    return bool((plate < 60).mean() > 0.3 and (plate > 200).mean() > 0.1)

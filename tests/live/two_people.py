"""Pictures of two people: real ones side by side, and portraits that pass before a wall."""

import cv2
import numpy as np
from tests.live.camera_client import MEDIA, clip_frames

from mien.vision.face import BgrImage

HALF = 320


def side_by_side(count: int = 48) -> list[BgrImage]:
    """640 x 480: on the left a woman who turns her head, on the right a man who blinks."""
    women = clip_frames(MEDIA / "head_turns.mp4", count)
    men = clip_frames(MEDIA / "blink.mp4", 24)
    return [
        np.hstack([woman[:, 160:480], _man(men, number // 2)]) for number, woman in enumerate(women)
    ]


def _man(men: list[BgrImage], number: int) -> BgrImage:
    """There and back, half as fast."""
    man = (men + men[::-1])[number % (2 * len(men))]
    return np.asarray(cv2.resize(man, (576, 480))[:, 146:466], np.uint8)


def portraits() -> tuple[BgrImage, BgrImage]:
    """Eileen Collins and Grace Hopper, about 217 x 240."""
    woman = np.asarray(cv2.imread(str(MEDIA / "astronaut.png")), np.uint8)[30:230, 130:310]
    other = np.asarray(cv2.imread(str(MEDIA / "grace_hopper.jpg")), np.uint8)[90:400, 120:400]
    one, two = (cv2.resize(each, (217, 240)) for each in (woman, other))
    return np.asarray(one, np.uint8), np.asarray(two, np.uint8)


def room(*heads: tuple[BgrImage, int]) -> BgrImage:
    """800 x 400: oval heads, each with its left edge, before a wall; later ones in front."""
    grey = np.linspace(90, 150, 800, dtype=np.uint8)
    picture = np.ascontiguousarray(grey[None, :, None].repeat(400, 0).repeat(3, 2))
    for head, left in heads:
        height, width = head.shape[:2]
        low, high = max(left, 0), min(left + width, 800)
        if high <= low:
            continue
        oval = np.zeros((height, width), np.uint8)
        cv2.ellipse(oval, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 255, -1)
        inside = oval[:, low - left : high - left, None] > 0
        at = picture[80 : 80 + height, low:high]
        at[:] = np.where(inside, head[:, low - left : high - left], at)
    return picture

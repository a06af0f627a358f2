"""Show an engine a still picture until it knows its light: it learns from frame to frame."""

from collections.abc import Callable

from mien.vision.face import BgrImage

# So often before the picture is taken, and how many seconds apart.
TIMES = 8
APART_S = 1 / 30


def settle(engine: Callable[[BgrImage, float], object], image: BgrImage) -> None:
    """So the engine's next frame, at 0 seconds, shows the picture at its best.

    engine: called with the picture, (h, w, 3) uint8 BGR, and a time in seconds, rising.
    """
    for number in range(-TIMES, 0):
        engine(image, number * APART_S)

import numpy as np

from mien.swap.monochrome import Monochrome
from mien.vision.face import BgrImage

GREY = np.repeat(np.linspace(40, 200, 64 * 64).reshape(64, 64, 1), 3, -1).astype(np.uint8)
SKIN = (GREY * np.array([0.8, 0.9, 1.1])).astype(np.uint8)


def painted(*frames: BgrImage) -> bool:
    """Whether colours of the source survive after these frames."""
    monochrome = Monochrome()
    for frame in frames:
        monochrome.observe(frame)
    region = np.full((8, 8, 3), (40, 90, 160), np.uint8)
    monochrome.apply(region)
    return bool(np.ptp(region, axis=-1).any())


def test_a_grey_picture_stays_grey_and_a_coloured_one_coloured() -> None:
    assert not painted(GREY)
    assert painted(SKIN)


def test_a_little_noise_of_compression_is_no_colour() -> None:
    noise = np.random.default_rng(0).integers(-2, 3, GREY.shape)
    assert not painted((GREY + noise).astype(np.uint8))


def test_a_coloured_label_does_not_make_a_grey_picture_coloured() -> None:
    labelled = GREY.copy()
    labelled[:8, :8] = (30, 40, 200)
    assert not painted(labelled)


def test_a_camera_that_switches_at_night_is_followed() -> None:
    assert not painted(*[SKIN] * 3, *[GREY] * 12)
    assert painted(*[GREY] * 3, *[SKIN] * 12)

import numpy as np
import pytest

from mien.swap.lost import (
    FADE_FRAMES,
    GRACE_FRAMES,
    LostFaceCover,
    LostPolicy,
    blur_beyond_recognition,
    cross_fade,
)
from mien.vision.face import BgrImage

SWAPPED = np.full((96, 144, 3), 200, np.uint8)
# Fine stripes: what the camera sees, and nobody may see but under "pass".
BARE = np.zeros((96, 144, 3), np.uint8)
BARE[:, ::2] = (0, 80, 160)


def stripes(image: BgrImage) -> float:
    """How much of the camera's fine detail shows, 0 to 1."""
    seen = np.abs(np.diff(image[..., 2].astype(int), axis=1)).mean()
    return float(seen / np.abs(np.diff(BARE[..., 2].astype(int), axis=1)).mean())


def lost(policy: LostPolicy, frames: int) -> list[BgrImage]:
    cover = LostFaceCover(policy)
    cover.remember(SWAPPED)
    return [cover.fill(BARE) for _ in range(frames)]


def test_blur_never_shows_the_camera() -> None:
    shown = lost("blur", 12)
    for image in shown[:GRACE_FRAMES]:
        assert (image == SWAPPED).all()
    assert max(stripes(image) for image in shown) < 0.03
    np.testing.assert_array_equal(shown[-1], blur_beyond_recognition(BARE))


def test_blur_fades_in() -> None:
    means = [image[..., 2].mean() for image in lost("blur", GRACE_FRAMES + FADE_FRAMES + 2)]
    fading = means[GRACE_FRAMES - 1 : GRACE_FRAMES + FADE_FRAMES]
    assert (np.diff(fading) < -20).all(), "from 200 down to 80 in even steps"
    assert means[-1] == pytest.approx(means[-2])


def test_hold_shows_the_last_swap_for_good() -> None:
    assert all((image == SWAPPED).all() for image in lost("hold", 30))


def test_hold_ends_when_there_is_no_source() -> None:
    cover = LostFaceCover("hold")
    cover.remember(SWAPPED)
    shown = [cover.fill(BARE, may_hold=False) for _ in range(GRACE_FRAMES + FADE_FRAMES)]
    np.testing.assert_array_equal(shown[-1], blur_beyond_recognition(BARE))


def test_pass_comes_to_the_camera_after_the_grace() -> None:
    shown = lost("pass", GRACE_FRAMES + FADE_FRAMES + 1)
    assert (shown[0] == SWAPPED).all()
    np.testing.assert_array_equal(shown[-1], BARE)
    assert shown[-1] is not BARE, "the caller may draw on what he gets"


@pytest.mark.parametrize("policy", ["pass", "hold", "blur"])
def test_nothing_of_a_scene_fades_into_the_next(policy: LostPolicy) -> None:
    cover = LostFaceCover(policy)
    cover.remember(SWAPPED)
    cover.cut()
    expected = {"pass": BARE, "hold": SWAPPED, "blur": blur_beyond_recognition(BARE)}[policy]
    for _ in range(3):
        np.testing.assert_array_equal(cover.fill(BARE), expected)


@pytest.mark.parametrize("policy", ["blur", "hold"])
def test_before_any_swap_the_camera_is_hidden_at_once(policy: LostPolicy) -> None:
    assert stripes(LostFaceCover(policy).fill(BARE)) < 0.03


def test_before_any_swap_pass_passes() -> None:
    np.testing.assert_array_equal(LostFaceCover("pass").fill(BARE), BARE)


@pytest.mark.parametrize("policy", ["blur", "hold"])
def test_a_new_picture_size_hides_at_once(policy: LostPolicy) -> None:
    cover = LostFaceCover(policy)
    cover.remember(SWAPPED)
    turned = np.ascontiguousarray(BARE.transpose(1, 0, 2))
    shown = cover.fill(turned)
    assert shown.shape == turned.shape
    assert np.abs(np.diff(shown[..., 2].astype(int), axis=0)).mean() < 3


def test_what_was_shown_may_be_drawn_on() -> None:
    cover = LostFaceCover("hold")
    result = SWAPPED.copy()
    cover.remember(result)
    result[:] = 0
    first = cover.fill(BARE)
    first[:] = 1
    assert (cover.fill(BARE) == SWAPPED).all()


def test_the_swap_comes_back_and_the_grace_starts_anew() -> None:
    cover = LostFaceCover("blur")
    cover.remember(SWAPPED)
    for _ in range(20):
        cover.fill(BARE)
    other = np.full_like(SWAPPED, 30)
    cover.remember(other)
    assert (cover.fill(BARE) == other).all()


def test_blur_keeps_colours_but_no_features() -> None:
    blurred = blur_beyond_recognition(BARE)
    np.testing.assert_allclose(blurred.mean((0, 1)), BARE.mean((0, 1)), atol=1.5)
    assert blur_beyond_recognition(np.zeros((3, 5, 3), np.uint8)).shape == (3, 5, 3)


def test_cross_fade_takes_its_share() -> None:
    assert (cross_fade(SWAPPED, np.zeros_like(SWAPPED), 0.25) == 150).all()


@pytest.mark.parametrize("policy", ["pass", "hold", "blur"])
def test_a_face_that_goes_is_blended_with_what_takes_its_place(policy: LostPolicy) -> None:
    cover = LostFaceCover(policy)
    cover.remember(SWAPPED)
    result = np.full_like(SWAPPED, 100)
    gone = cover.blend(BARE, None, 0.0)
    expected = {"pass": BARE, "hold": SWAPPED, "blur": blur_beyond_recognition(BARE)}[policy]
    np.testing.assert_array_equal(gone, expected)
    half = cover.blend(BARE, result, 0.5)
    np.testing.assert_allclose(half, (expected.astype(float) + 100) / 2, atol=1)
    gone[:] = 0
    np.testing.assert_array_equal(cover.fill(BARE), expected)

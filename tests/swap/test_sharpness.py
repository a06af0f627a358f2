import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.swap.atlas import BROWS, depth_inside, polygons
from mien.swap.sharpness import Sharpness
from mien.swap.template import face_template

RNG = np.random.default_rng(4)
NOISE = RNG.integers(116, 140, (256, 256, 4), np.uint8)
FINE = cv2.GaussianBlur(RNG.normal(128, 60, (120, 120, 3)).astype(np.float32), (0, 0), 0.8)
SHARP = np.clip(FINE, 0, 255).astype(np.uint8)
SOFT = np.asarray(cv2.GaussianBlur(SHARP, (0, 0), 2), np.uint8)
SHOWN = np.ones((5, 120, 120), np.float32)


def steered(camera: NDArray[np.uint8], result: NDArray[np.uint8]) -> Sharpness:
    sharpness = Sharpness([NOISE], 10)
    for _ in range(30):
        sharpness.observe(camera, result, SHOWN)
    return sharpness


def roughness(image: NDArray[np.uint8]) -> float:
    return float(np.abs(np.diff(image[..., :3].astype(int), axis=1)).mean())


def test_an_equal_picture_is_drawn_as_it_is() -> None:
    assert steered(SHARP, SHARP).atlas(0) is NOISE


def test_a_soft_camera_softens_the_atlas_but_not_its_outlines() -> None:
    atlas = steered(SOFT, SHARP).atlas(0)
    assert roughness(atlas) < 0.7 * roughness(NOISE)
    np.testing.assert_array_equal(atlas[..., 3], NOISE[..., 3])


def test_brows_keep_half_of_their_sharpness() -> None:
    sharpness = steered(SOFT, SHARP)
    atlas, soft = sharpness.atlas(0), cv2.GaussianBlur(NOISE, (0, 0), sharpness.sigma)
    brows = polygons(BROWS, 256) > 0
    half = (soft[brows].astype(float) + NOISE[brows]) / 2
    np.testing.assert_allclose(atlas[brows][:, :3], half[:, :3], atol=1)
    cheek = np.s_[150:180, 70:90]
    assert depth_inside(255 - polygons(BROWS, 256))[cheek].min() > 0.05
    np.testing.assert_array_equal(atlas[cheek][..., :3], soft[cheek][..., :3])


def test_skin_loses_its_grain_but_a_dark_line_stays() -> None:
    level, line = NOISE.copy(), np.s_[235:250, 128, :3]
    level[235:250, 127:130, :3] = 40
    sharpness = Sharpness([level], 10)
    for _ in range(30):
        sharpness.observe(SOFT, SHARP, SHOWN)
    atlas, cheek = sharpness.atlas(0), np.s_[150:180, 70:90, :3]
    assert atlas[cheek].std() < 0.4 * level[cheek].std()
    assert cv2.GaussianBlur(level, (0, 0), sharpness.sigma)[line].mean() > 80
    assert atlas[line].mean() < 60


def test_a_sharp_camera_sharpens_the_atlas_a_little() -> None:
    atlas = steered(SHARP, SOFT).atlas(0)
    assert 1.02 * roughness(NOISE) < roughness(atlas) < 1.5 * roughness(NOISE)


def test_it_is_measured_at_once_and_then_now_and_then() -> None:
    sharpness = Sharpness([NOISE], 10)
    sharpness.observe(SOFT, SHARP, SHOWN)
    first = sharpness.sigma
    assert first > 0.3
    settled = steered(SOFT, SHARP).sigma
    assert settled >= first


def test_a_hidden_face_is_not_measured() -> None:
    sharpness = Sharpness([NOISE], 1)
    sharpness.observe(SOFT, SHARP, np.zeros((5, 120, 120), np.float32))
    assert sharpness.sigma == 0


def test_the_soft_atlas_is_made_once() -> None:
    sharpness = steered(SOFT, SHARP)
    assert sharpness.atlas(0) is sharpness.atlas(0)


def test_it_may_begin_as_soft_as_another_was() -> None:
    sharpness = Sharpness([NOISE], 10, 1.5)
    assert sharpness.sigma == 1.5
    assert roughness(sharpness.atlas(0)) < 0.7 * roughness(NOISE)


def halved(level: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side = len(level) // 2
    return np.asarray(cv2.resize(level, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


LEVELS = [NOISE, halved(NOISE), halved(halved(NOISE))]


def test_the_level_is_about_as_fine_as_the_picture() -> None:
    fine = face_template().uv_height * 256
    for height, side in ((2 * fine, 256), (0.8 * fine, 256), (0.5 * fine, 128), (0.1 * fine, 64)):
        assert len(Sharpness(LEVELS, 10).atlas(height)) == side


def test_a_face_between_two_levels_stays_with_one() -> None:
    """Who sat just so far from the camera flickered between two."""
    between = face_template().uv_height * 256 / 1.5
    for start, side in ((1.2, 256), (0.8, 128)):
        sharpness = Sharpness(LEVELS, 10)
        heights = [start, *(1 + 0.06 * np.sin(np.arange(40)))]
        assert {len(sharpness.atlas(between * float(k))) for k in heights} == {side}
        assert len(sharpness.atlas(between * (2 - start))) != side


@pytest.mark.parametrize("sigma", [0.0, 0.5, 1.0])
def test_a_coarser_level_is_as_soft_and_a_finer_one_too(sigma: float) -> None:
    between = face_template().uv_height * 256 / 1.5
    grain = RNG.normal(128, 60, (256, 256, 4)).astype(np.float32)
    level = np.asarray(np.clip(cv2.GaussianBlur(grain, (0, 0), 1.5), 0, 255), np.uint8)
    sharpness = Sharpness([level, halved(level)], 10, sigma)
    coarse = cv2.resize(sharpness.atlas(0.7 * between), (256, 256), interpolation=cv2.INTER_LINEAR)
    fine = sharpness.atlas(1.3 * between)
    assert roughness(fine) == pytest.approx(roughness(np.asarray(coarse, np.uint8)), rel=0.25)
    sharpness.atlas(0.7 * between)
    assert sharpness.sigma == pytest.approx(sigma)

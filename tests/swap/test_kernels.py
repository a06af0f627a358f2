import numpy as np
import pytest
from numpy.typing import NDArray

from mien.swap.atlas import uv_grid
from mien.swap.kernels import shade, unwrap
from mien.swap.raster import RING, UNTOUCHED
from mien.swap.template import face_template

FRAME = np.full((20, 30, 3), 100, np.uint8)
NO_VEIL = np.array([1, 1, 1, 1e-3], np.float32)
NO_LIPS = np.zeros((4, 4), np.uint8), np.eye(3, dtype=np.float32)


def shaded(
    u: float,
    opacity: int = 255,
    gain: tuple[float, ...] = (1, 1, 1, 1, 1),
    veil: NDArray[np.float32] = NO_VEIL,
    lips: tuple[NDArray[np.uint8], NDArray[np.float32]] = NO_LIPS,
    frame: NDArray[np.uint8] = FRAME,
) -> NDArray[np.uint8]:
    """A 4 x 4 region at (left 10, top 5), all looking at the same place of a known atlas."""
    atlas = np.zeros((8, 8, 4), np.uint8)
    atlas[..., :3] = (10, 60, 200)
    atlas[..., 3] = opacity
    maps = np.zeros((5, 4, 4), np.float32)
    maps[0], maps[1] = np.meshgrid(np.arange(10, 14), np.arange(5, 9))
    maps[2], maps[3], maps[4] = u, 0.5, 1
    out = frame.copy()
    factors = np.tile(np.array(gain, np.float32), (3, 3, 1))
    shade(frame, 10, 5, maps, atlas, factors, veil, *lips, out, 0, maps.shape[1])
    return out


def test_the_atlas_lands_in_its_region_in_bgr() -> None:
    out = shaded(0.5)
    assert (out[5:9, 10:14] == (10, 60, 200)).all()
    out[5:9, 10:14] = 100
    assert (out == 100).all()


def test_opacity_mixes_with_the_camera() -> None:
    np.testing.assert_allclose(shaded(0.5, opacity=51)[6, 11], [82, 92, 120], atol=1)
    np.testing.assert_allclose(shaded(0.5, gain=(1, 1, 1, 0.5, 1))[6, 11], [55, 80, 150], atol=1)
    assert (shaded(0.5, opacity=0) == 100).all()


def test_gain_is_per_channel_and_saturates() -> None:
    np.testing.assert_allclose(shaded(0.5, gain=(3, 0.5, 2, 1, 1))[6, 11], [30, 30, 255], atol=1)


def test_a_veil_lifts_the_dark_and_leaves_the_light() -> None:
    # The atlas's colour has a luma of 96.2.
    lifted = shaded(0.5, veil=np.array([40, 20, 10, 192.4], np.float32))[6, 11]
    np.testing.assert_allclose(lifted, [10 + 20, 60 + 10, 200 + 5], atol=1)
    black = shaded(0.5, gain=(0, 0, 0, 1, 1), veil=np.array([40, 20, 10, 50], np.float32))
    np.testing.assert_allclose(black[6, 11], [40, 20, 10], atol=1)
    half = shaded(0.5, gain=(0, 0, 0, 1, 0.5), veil=np.array([40, 20, 10, 50], np.float32))
    np.testing.assert_allclose(half[6, 11], [20, 10, 5], atol=1)
    unchanged = shaded(0.5, veil=np.array([40, 20, 10, 90], np.float32))[6, 11]
    np.testing.assert_allclose(unchanged, [10, 60, 200], atol=1)


def test_lips_tint_the_camera_and_not_the_atlas() -> None:
    lips = np.zeros((4, 4), np.uint8)
    lips[:, 2:] = 255
    tint = np.array([[0.5, 0, 0], [0.1, 0.2, 0.5], [0, 0, 3]], np.float32)
    np.testing.assert_allclose(shaded(0.9, 0, lips=(lips, tint))[6, 11], [50, 80, 255], atol=1)
    assert (shaded(0.1, 0, lips=(lips, tint)) == 100).all()
    np.testing.assert_allclose(shaded(0.9, 255, lips=(lips, tint))[6, 11], [10, 60, 200], atol=1)
    # What stands before the lips is not painted; what is as red as lips is no such thing.
    assert (shaded(0.9, 0, gain=(1, 1, 1, 0, 1), lips=(lips, tint)) == 100).all()
    red = np.full_like(FRAME, (20, 20, 180))
    swapped = shaded(0.9, 0, gain=(1, 1, 1, 0, 1), lips=(lips, tint), frame=red)
    np.testing.assert_allclose(swapped[6, 11], [10, 96, 255], atol=1)


def test_rings_take_the_camera_and_the_rest_is_left_alone() -> None:
    frame = np.zeros((20, 30, 3), np.uint8)
    frame[:, :, 0] = np.arange(30) * 8
    maps = np.zeros((5, 4, 4), np.float32)
    maps[0], maps[1] = 20.5, 6
    maps[2] = RING
    maps[2, 0] = UNTOUCHED
    out = frame.copy()
    atlas = np.zeros((4, 4, 4), np.uint8)
    factors = np.ones((3, 3, 5), np.float32)
    shade(frame, 10, 5, maps, atlas, factors, NO_VEIL, *NO_LIPS, out, 0, maps.shape[1])
    assert (out[6:9, 10:14, 0] == 164).all(), "half way between columns 20 and 21"
    assert (out[5] == frame[5]).all()


def test_unwrap_reads_colours_and_visibility_at_the_mesh() -> None:
    grid = uv_grid(32)
    points = (face_template().uv[:468] * 100).astype(np.float32)
    image = np.zeros((100, 100, 3), np.uint8)
    image[..., 0], image[..., 2] = np.arange(100) * 2, 7
    image[..., 1] = np.arange(100)[:, None] * 2
    colours = np.zeros((32, 32, 3), np.float32)
    visible = np.zeros((32, 32), np.float32)
    seen = np.full(468, 0.25, np.float32)
    unwrap(image, points, seen, grid.ids, grid.weights, grid.texels, colours, visible)
    rows, columns = np.nonzero(grid.inside)
    np.testing.assert_allclose(colours[rows, columns, 0], (columns + 0.5) / 32 * 200, atol=0.2)
    np.testing.assert_allclose(colours[rows, columns, 1], (rows + 0.5) / 32 * 200, atol=0.2)
    assert colours[rows, columns, 2] == pytest.approx(7)
    assert visible[grid.inside] == pytest.approx(0.25)
    assert not visible[~grid.inside].any()


def test_unwrap_stays_inside_the_picture() -> None:
    grid = uv_grid(32)
    points = (face_template().uv[:468] * 1000 - 500).astype(np.float32)
    image = np.full((10, 10, 3), 9, np.uint8)
    colours = np.zeros((32, 32, 3), np.float32)
    visible = np.zeros((32, 32), np.float32)
    seen = np.ones(468, np.float32)
    unwrap(image, points, seen, grid.ids, grid.weights, grid.texels, colours, visible)
    assert colours[grid.inside] == pytest.approx(9)

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.vision.crop import cut_tensor


def turned(angle: float, scale: float, x: float, y: float) -> NDArray[np.float64]:
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    return np.array([[c, -s, x], [s, c, y]])


def test_colours_are_rgb_from_0_to_1() -> None:
    blue = np.zeros((20, 20, 3), np.uint8)
    blue[:] = (255, 51, 0)
    tensor = cut_tensor(blue, turned(0, 1, 2, 2), 8)
    assert tensor.shape == (1, 8, 8, 3)
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor[0, 3, 3], [0.0, 0.2, 1.0], atol=1e-6)


def test_pixels_land_where_the_matrix_says() -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, :, 2] = np.arange(60)  # red counts columns
    image[:, :, 0] = np.arange(40)[:, None]  # blue counts rows
    tensor = cut_tensor(image, turned(0, 1, 11, 7), 16)[0] * 255
    np.testing.assert_allclose(tensor[5, :, 0], 11 + np.arange(16), atol=1e-3)
    np.testing.assert_allclose(tensor[:, 5, 2], 7 + np.arange(16), atol=1e-3)


def test_edges_are_repeated() -> None:
    image = np.full((10, 10, 3), 100, np.uint8)
    image[-1] = 200
    tensor = cut_tensor(image, turned(0, 1, -5, 5), 16)[0] * 255
    np.testing.assert_allclose(tensor[:4, 0], 100, atol=1e-3)
    np.testing.assert_allclose(tensor[-1, -1], 200, atol=1e-3)


@pytest.mark.parametrize(("angle", "scale"), [(0.4, 1.3), (-1.2, 0.7), (3.0, 1.0)])
def test_as_opencv_cuts(angle: float, scale: float) -> None:
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (120, 160, 3), np.uint8)
    image = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2), np.uint8)
    matrix = turned(angle, scale, 70, 40)
    wanted = cv2.warpAffine(
        image,
        matrix,
        (64, 64),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    tensor = cut_tensor(image, matrix, 64)[0, :, :, ::-1] * 255
    assert np.abs(tensor - wanted).max() < 3
    assert np.abs(tensor - wanted).mean() < 0.5

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.swap.raster import RING, UNTOUCHED, rasterise


def slow(
    points: NDArray[np.float32],
    triangles: NDArray[np.int32],
    order: NDArray[np.int32],
    rings: int,
    attributes: NDArray[np.float32],
    height: int,
    width: int,
) -> NDArray[np.float64]:
    """Every pixel against every triangle, by barycentrics in doubles."""
    maps = np.zeros((5, height, width))
    maps[2] = UNTOUCHED
    y, x = np.mgrid[:height, :width].astype(float)
    for triangle in order:
        a, b, c = points[triangles[triangle]].astype(float)
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(area) < 1e-6:
            continue
        second = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
        third = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
        hit = (second >= 0) & (third >= 0) & (second + third <= 1)
        corners = attributes[triangles[triangle]].astype(float)
        for plane in range(2 if triangle < rings else 5):
            values = (
                corners[0, plane]
                + second * (corners[1, plane] - corners[0, plane])
                + third * (corners[2, plane] - corners[0, plane])
            )
            maps[plane][hit] = values[hit]
        if triangle < rings:
            maps[2][hit] = RING
    return maps


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_the_slow_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-20, 80, (12, 2)).astype(np.float32)
    triangles = rng.permuted(np.tile(np.arange(12), (9, 1)), axis=1)[:, :3].astype(np.int32)
    attributes = rng.uniform(0, 1, (12, 5)).astype(np.float32)
    order = rng.permutation(9).astype(np.int32)
    maps = np.zeros((5, 50, 60), np.float32)
    rasterise(points, triangles, order, 3, attributes, maps)
    expected = slow(points, triangles, order, 3, attributes, 50, 60)
    # Pixels that an edge runs through may fall either way.
    different = (np.abs(maps - expected) > 2e-3).any(0)
    assert different.mean() < 0.004
    assert (expected[2] != UNTOUCHED).mean() > 0.3


def one_triangle(order: list[int]) -> NDArray[np.float32]:
    points = np.array([[2, 2], [12, 2], [2, 12], [3, 3], [30, 3], [3, 30]], np.float32)
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    attributes = np.zeros((6, 5), np.float32)
    attributes[:3, 2], attributes[3:, 2] = 0.25, 0.75
    attributes[:, 0] = points[:, 0]
    attributes[:, 1] = points[:, 1]
    maps = np.zeros((5, 20, 20), np.float32)
    rasterise(points, triangles, np.array(order, np.int32), 0, attributes, maps)
    return maps


def test_later_triangles_paint_over_earlier_ones() -> None:
    assert one_triangle([0, 1])[2, 5, 5] == pytest.approx(0.75)
    assert one_triangle([1, 0])[2, 5, 5] == pytest.approx(0.25)


def test_coordinates_are_columns_then_rows_and_the_rest_is_untouched() -> None:
    maps = one_triangle([0])
    assert maps[0, 3, 7] == pytest.approx(7, abs=1e-4)
    assert maps[1, 3, 7] == pytest.approx(3, abs=1e-4)
    assert maps[2, 15, 15] == UNTOUCHED
    assert maps[2, 1, 2] == UNTOUCHED


def test_triangles_outside_write_nothing() -> None:
    points = np.array([[-50, -50], [-10, -50], [-50, -10]], np.float32)
    maps = np.zeros((5, 8, 8), np.float32)
    rasterise(
        *(points, np.array([[0, 1, 2]], np.int32), np.zeros(1, np.int32), 0),
        *(np.ones((3, 5), np.float32), maps),
    )
    assert (maps[2] == UNTOUCHED).all()


def test_a_sliver_never_leaves_the_range_of_its_corners() -> None:
    points = np.array([[2.0, 5.0], [20.0, 5.0004], [11.0, 5.0]], np.float32)
    attributes = np.array([[0.2] * 5, [0.8] * 5, [0.4] * 5], np.float32)
    triangles = np.array([[0, 1, 2]], np.int32)
    maps = np.zeros((5, 12, 24), np.float32)
    rasterise(points, triangles, np.array([0], np.int32), 0, attributes, maps)
    drawn = maps[:, maps[2] != UNTOUCHED]
    assert drawn.size > 0
    assert drawn.min() >= 0.2 - 1e-5
    assert drawn.max() <= 0.8 + 1e-5

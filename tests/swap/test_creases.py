import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap.faces import texel

from mien.swap.creases import DEEP, MOST_CAST, soften
from mien.swap.texture import ATLAS_SIZE

BARE = np.ones((ATLAS_SIZE, ATLAS_SIZE), np.float32)
# Beside the mouth, under it, and in the middle of the forehead.
FOLD, CHIN, FOREHEAD = 206, 199, 151
SKIN = (120.0, 140.0, 180.0)


def creased(vertex: int, *colour: float) -> NDArray[np.float32]:
    """Even skin with a short upright crease of a colour (BGR) through a place."""
    colours = np.full((ATLAS_SIZE, ATLAS_SIZE, 3), SKIN, np.float32)
    row, column = texel(vertex)
    colours[row - 15 : row + 15, column - 4 : column + 5] = colour
    return colours


def cast_of(colour: NDArray[np.float32]) -> float:
    """How much redder than the skin, in logarithms."""
    red, plain = (np.log((c[2] + 4) / (c[0] + 4)) for c in (colour, np.array(SKIN)))
    return float(red - plain)


@pytest.mark.parametrize("vertex", [FOLD, CHIN, FOREHEAD])
def test_a_crease_is_hardly_redder_than_the_skin(vertex: int) -> None:
    red = creased(vertex, 40, 60, 120)
    after = soften(red, BARE)[texel(vertex)]
    assert cast_of(red[texel(vertex)]) > 0.6
    assert cast_of(after) < 0.45 * cast_of(red[texel(vertex)])
    assert after[2] > after[1] > after[0], "blue, green, red"


@pytest.mark.parametrize("vertex", [FOLD, CHIN])
def test_a_deep_crease_below_the_nose_gets_shallower(vertex: int) -> None:
    dark = creased(vertex, *(0.4 * c for c in SKIN))
    after = soften(dark, BARE)[texel(vertex)]
    depth = np.log((after[1] + 4) / (SKIN[1] + 4))
    assert -0.65 < depth < -0.3, "it was -0.9"


def test_a_deep_line_of_the_forehead_keeps_its_depth() -> None:
    dark = creased(FOREHEAD, *(0.4 * c for c in SKIN))
    after = soften(dark, BARE)
    np.testing.assert_allclose(after[texel(FOREHEAD)], dark[texel(FOREHEAD)], rtol=0.03)


def test_a_mark_of_another_colour_stays() -> None:
    blue = creased(FOREHEAD, 180, 130, 110)
    np.testing.assert_allclose(soften(blue, BARE)[texel(FOREHEAD)], (180, 130, 110), atol=4)


def test_paint_stays() -> None:
    paint = creased(FOREHEAD, 40, 40, 220)
    np.testing.assert_allclose(soften(paint, BARE)[texel(FOREHEAD)], (40, 40, 220), atol=6)


def test_what_young_skin_shows_stays() -> None:
    shallow = np.exp(DEEP * 0.8)
    before = creased(FOLD, *(shallow * c for c in SKIN))
    np.testing.assert_allclose(soften(before, BARE), before, atol=1.5)
    assert MOST_CAST > 0.03, "cheeks and nose may be a little redder"


def test_what_was_painted_over_is_left_alone() -> None:
    red = creased(FOLD, 40, 60, 120)
    np.testing.assert_allclose(soften(red, BARE * 0), red, atol=0.01)

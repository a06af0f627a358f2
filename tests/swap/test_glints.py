import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap.faces import texel

from mien.swap.atlas import EYES, depth_inside, polygons
from mien.swap.glints import MOST_SHINE, MOST_WHITE, dull
from mien.swap.texture import ATLAS_SIZE

BARE = np.ones((ATLAS_SIZE, ATLAS_SIZE), np.float32)
SKIN = (50.0, 65.0, 95.0)
LUMA = float(np.array(SKIN) @ (0.114, 0.587, 0.299))
WHITE = (225.0, 225.0, 225.0)
# Above the tail of the right brow, between brow and eye, on the cheek, on the nose.
BROW, LID, CHEEK, NOSE = 63, 223, 50, 4
OFF_EYES = depth_inside(255 - polygons(EYES, ATLAS_SIZE))


def dark_skin() -> NDArray[np.float32]:
    return np.full((ATLAS_SIZE, ATLAS_SIZE, 3), SKIN, np.float32)


def over_skin(colour: NDArray[np.float32]) -> float:
    """How much brighter than the skin, as a logarithm."""
    return float(np.log((colour @ (0.114, 0.587, 0.299) + 4) / (LUMA + 4)))


def test_even_skin_is_left_as_it_is() -> None:
    np.testing.assert_allclose(dull(dark_skin(), BARE), dark_skin(), atol=0.5)


def test_the_white_of_an_eye_is_held_against_its_lids() -> None:
    colours = dark_skin()
    # Landmarks are not exact: some of the white lies outside the opening.
    white = OFF_EYES < 0.006
    colours[white] = WHITE
    after = dull(colours, BARE)
    assert over_skin(colours[white][0]) > 1
    brightest = max(over_skin(one) for one in after[white][::50])
    assert brightest == pytest.approx(MOST_WHITE, abs=0.08)
    np.testing.assert_allclose(after[OFF_EYES > 0.012], colours[OFF_EYES > 0.012], atol=1)


@pytest.mark.parametrize(("vertex", "most"), [(BROW, MOST_SHINE), (LID, MOST_SHINE)])
def test_shine_at_brows_and_on_lids_is_held(vertex: int, most: float) -> None:
    colours, (row, column) = dark_skin(), texel(vertex)
    colours[row - 2 : row + 3, column - 8 : column + 9] = (120.0, 140.0, 170.0)
    after = over_skin(dull(colours, BARE)[row, column])
    assert over_skin(colours[row, column]) > 0.6
    assert after == pytest.approx(most, abs=0.12)


@pytest.mark.parametrize("vertex", [CHEEK, NOSE])
def test_shine_elsewhere_is_the_shape_of_the_face(vertex: int) -> None:
    colours, (row, column) = dark_skin(), texel(vertex)
    colours[row - 4 : row + 5, column - 4 : column + 5] = (120.0, 140.0, 170.0)
    np.testing.assert_allclose(dull(colours, BARE), colours, atol=0.5)


def test_hue_stays_and_dark_things_too() -> None:
    colours, (row, column) = dark_skin(), texel(LID)
    colours[row - 2 : row + 3, column - 8 : column + 9] = (60.0, 100.0, 200.0)
    after = dull(colours, BARE)[row, column]
    np.testing.assert_allclose((after + 4) / (after[1] + 4), (64 / 104, 1, 204 / 104), rtol=0.02)
    colours[row - 2 : row + 3, column - 8 : column + 9] = 10.0
    np.testing.assert_allclose(dull(colours, BARE)[row, column], 10.0, atol=0.5)


def test_what_was_painted_over_is_no_measure() -> None:
    colours, (row, column) = dark_skin(), texel(BROW)
    bare = BARE.copy()
    # Hair beside the brow, very bright.
    colours[row - 60 : row - 4], bare[row - 60 : row - 4] = 240.0, 0
    colours[row - 2 : row + 3, column - 8 : column + 9] = (120.0, 140.0, 170.0)
    assert over_skin(dull(colours, bare)[row, column]) == pytest.approx(MOST_SHINE, abs=0.12)

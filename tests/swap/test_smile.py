import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap.faces import texel

from mien.swap.smile import relax
from mien.swap.texture import ATLAS_SIZE

BARE = np.ones((ATLAS_SIZE, ATLAS_SIZE), np.float32)
# Beside the wing of the nose, on the right and on the left.
FOLD, OTHER_FOLD, FOREHEAD = 206, 426, 151
SKIN, SHADE = 150, 90


def creased() -> NDArray[np.float32]:
    """Even skin with a dark upright line through each of three places."""
    colours = np.full((ATLAS_SIZE, ATLAS_SIZE, 3), SKIN, np.float32)
    for vertex in (FOLD, OTHER_FOLD, FOREHEAD):
        row, column = texel(vertex)
        colours[row - 15 : row + 15, column - 4 : column + 5] = SHADE
    return colours


def test_a_smiles_folds_are_flattened_and_nothing_else() -> None:
    relaxed = relax(creased(), BARE, 1.0)
    for fold in (FOLD, OTHER_FOLD):
        assert relaxed[texel(fold)].mean() == pytest.approx(114, abs=8)
    np.testing.assert_allclose(relaxed[texel(FOREHEAD)], SHADE, atol=1)
    row, column = texel(FOLD)
    np.testing.assert_allclose(relaxed[row + 70, column], SKIN, atol=6)


def test_half_a_smile_goes_half_the_way() -> None:
    half = relax(creased(), BARE, 0.5)[texel(FOLD)].mean()
    whole = relax(creased(), BARE, 1.0)[texel(FOLD)].mean()
    assert half - SHADE == pytest.approx((whole - SHADE) * 0.47, rel=0.1)


def test_a_face_at_rest_keeps_its_folds() -> None:
    np.testing.assert_array_equal(relax(creased(), BARE, 0.0), creased())


def test_the_grain_of_the_skin_stays() -> None:
    grain = np.random.default_rng(3).normal(0, 12, (ATLAS_SIZE, ATLAS_SIZE, 1)).astype(np.float32)
    row, column = texel(FOLD)
    before = (SKIN + grain).repeat(3, 2)
    after = relax(before, BARE, 1.0)
    here = np.s_[row - 8 : row + 8, column - 8 : column + 8]
    assert after[here].std() > 0.9 * before[here].std()

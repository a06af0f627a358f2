import numpy as np

from mien.swap.matte import lay_over, snap_to_edges


def stripe(left: int, right: int) -> np.ndarray:
    image = np.full((120, 160, 3), 90, np.uint8)
    image[:, left:right] = 150
    return image


def test_an_edge_that_was_guessed_wrong_snaps_to_the_pictures() -> None:
    guess = np.zeros((120, 160), np.float32)
    guess[:, 57:103] = 1
    matte = snap_to_edges(guess, stripe(60, 100), 6)
    middle = matte[60]
    assert middle[64:96].min() > 0.95
    assert middle[:55].max() < 0.05
    assert middle[105:].max() < 0.05
    edge = int(np.argmax(middle > 0.5))
    assert abs(edge - 60) <= 1


def test_a_smaller_guess_gives_an_edge_at_full_size() -> None:
    guess = np.zeros((60, 80), np.float32)
    guess[:, 29:51] = 1
    matte = snap_to_edges(guess, stripe(60, 100), 3)
    assert matte.shape == (120, 160)
    assert np.count_nonzero((matte[60] > 0.1) & (matte[60] < 0.9)) <= 6


def test_no_guess_gives_no_matte() -> None:
    assert not snap_to_edges(np.zeros((60, 80), np.float32), stripe(60, 100), 4).any()


def test_laid_over_pixels_are_the_very_same() -> None:
    top = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    under = np.full((4, 5, 3), 200, np.uint8)
    matte = np.zeros((4, 5), np.float32)
    matte[1, 2], matte[2, 2] = 1.0, 0.5
    lay_over(top, matte, under)
    np.testing.assert_array_equal(under[1, 2], top[1, 2])
    np.testing.assert_allclose(under[2, 2], (top[2, 2].astype(float) + 200) / 2, atol=1)
    assert (under[0] == 200).all()

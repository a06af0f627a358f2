import numpy as np
import pytest

from mien.swap.hand_outline import depth_in_hand, half_finger, palm_length
from mien.swap.rehearsal import plain_hand
from mien.vision.hand import Hand

HAND = plain_hand()
WINDOW = (480, 480)


def depth_at(depth: np.ndarray, place: np.ndarray) -> float:
    x, y = np.round(place).astype(int)
    return float(depth[y, x])


def test_palm_and_fingers_are_inside_and_gaps_are_not() -> None:
    depth = depth_in_hand(HAND, 0, 0, 1.0, WINDOW)
    for point in HAND.points:
        assert depth_at(depth, point) > 0.5
    between = (HAND.points[8] + HAND.points[12]) / 2
    assert depth_at(depth, between) < 0
    assert depth[20, 20] < -10


def test_a_finger_is_two_halves_wide() -> None:
    depth = depth_in_hand(HAND, 0, 0, 1.0, WINDOW)
    row = round(float(HAND.points[11][1]))
    column = round(float(HAND.points[11][0]))
    reach = round(1.5 * half_finger(HAND))
    across = np.count_nonzero(depth[row, column - reach : column + reach + 1] > 0)
    assert across == pytest.approx(2 * half_finger(HAND), abs=2)


def test_window_and_scale_only_move_and_shrink() -> None:
    whole = depth_in_hand(HAND, 0, 0, 1.0, WINDOW)
    half = depth_in_hand(HAND, 100, 60, 0.5, (100, 120))
    for point in HAND.points[[0, 9, 12]]:
        there = (point - [100, 60] + 0.5) * 0.5 - 0.5
        if (there > 1).all() and (there < [98, 118]).all():
            assert depth_at(half, there) == pytest.approx(depth_at(whole, point), abs=0.5)


def test_a_tilted_hand_keeps_thick_fingers() -> None:
    """Seen along its palm, a hand is short but as broad as before."""
    tilted = HAND.points.copy()
    tilted[:, 1] = HAND.points[0, 1] + 0.3 * (tilted[:, 1] - HAND.points[0, 1])
    assert palm_length(Hand(tilted, 1.0)) > 0.8 * palm_length(HAND)


def test_points_far_outside_do_no_harm() -> None:
    depth = depth_in_hand(Hand(HAND.points * 1000, 1.0), 0, 0, 1.0, WINDOW)
    assert np.isfinite(depth).all()

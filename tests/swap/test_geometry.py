import numpy as np
import pytest

from mien.swap.geometry import fit_similarity, smooth_step

RNG = np.random.default_rng(3)
POINTS = RNG.normal(size=(30, 3))
# 90 degrees about z, as a picture shows it: x goes to y.
QUARTER = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def test_a_known_similarity_is_found() -> None:
    target = 2.5 * POINTS @ QUARTER.T + [10, -4, 3]
    found = fit_similarity(POINTS, target, np.ones(30))
    assert found.scale == pytest.approx(2.5)
    np.testing.assert_allclose(found.rotation, QUARTER, atol=1e-9)
    np.testing.assert_allclose(found.offset, [10, -4, 3], atol=1e-9)
    np.testing.assert_allclose(found.apply(np.array([[1.0, 0, 0]])), [[10, -1.5, 3]], atol=1e-9)


def test_undo_is_the_inverse_and_turn_does_not_move() -> None:
    found = fit_similarity(POINTS, 2 * POINTS @ QUARTER.T + 7, np.ones(30))
    np.testing.assert_allclose(found.undo(found.apply(POINTS)), POINTS, atol=1e-9)
    np.testing.assert_allclose(found.turn(np.array([[1.0, 0, 0]])), [[0, 2, 0]], atol=1e-9)


def test_a_mirrored_set_still_gives_a_rotation() -> None:
    found = fit_similarity(POINTS, POINTS * [-1, 1, 1], np.ones(30))
    assert np.linalg.det(found.rotation) == pytest.approx(1)


def test_weights_decide_who_is_fitted() -> None:
    target = POINTS + np.array([5.0, 0, 0])
    target[0] += 100
    weights = np.ones(30)
    weights[0] = 0
    np.testing.assert_allclose(
        fit_similarity(POINTS, target, weights).apply(POINTS)[1:], target[1:], atol=1e-9
    )


def test_smooth_step_runs_from_0_to_1() -> None:
    np.testing.assert_allclose(
        smooth_step(np.array([-1.0, 2.0, 3.0, 4.0, 9.0]), 2, 4), [0, 0, 0.5, 1, 1]
    )
    assert smooth_step(0.25, 0, 1) == pytest.approx(0.15625)

import numpy as np
import pytest

from mien.vision.similarity import fit_similarity

POINTS = np.random.default_rng(3).normal(size=(20, 3))


def turn(axis: np.ndarray, angle: float) -> np.ndarray:
    """Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def test_a_known_transform_is_found() -> None:
    rotation = turn(np.array([1, 2, -1]), 2.5)
    fit = fit_similarity(POINTS, 3.5 * POINTS @ rotation.T + [5, -6, 7])
    assert fit.scale == pytest.approx(3.5)
    np.testing.assert_allclose(fit.rotation, rotation, atol=1e-9)
    np.testing.assert_allclose(fit.offset, [5, -6, 7], atol=1e-9)


def test_undo_undoes() -> None:
    fit = fit_similarity(POINTS, 0.2 * POINTS @ turn(np.array([0, 1, 0]), 1).T + 4)
    np.testing.assert_allclose(fit.undo(fit.apply(POINTS)), POINTS, atol=1e-9)


def test_a_turn_moves_nothing() -> None:
    rotation = turn(np.array([0, 0, 1]), np.pi / 2)
    fit = fit_similarity(POINTS, 2 * POINTS @ rotation.T + 7)
    np.testing.assert_allclose(fit.turn(np.array([[1.0, 0, 0]])), [[0, 2, 0]], atol=1e-9)


def test_a_mirror_image_is_not_a_rotation() -> None:
    fit = fit_similarity(POINTS, POINTS * [-1, 1, 1])
    assert np.linalg.det(fit.rotation) == pytest.approx(1)


def test_points_without_weight_do_not_count() -> None:
    target = POINTS + 1.0
    target[0] += 100
    weights = np.ones(20)
    weights[0] = 0
    fit = fit_similarity(POINTS, target, weights)
    np.testing.assert_allclose(fit.apply(POINTS)[1:], target[1:], atol=1e-9)


def test_two_dimensions_give_a_warp_matrix() -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    matrix = fit_similarity(square, np.array([[0, 0], [0, 2], [-2, 2], [-2, 0]], float)).matrix()
    np.testing.assert_allclose(matrix, [[0, -2, 0], [2, 0, 0]], atol=1e-9)

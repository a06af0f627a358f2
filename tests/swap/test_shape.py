import numpy as np
import pytest
from numpy.typing import NDArray

from mien.swap.rest import at_rest
from mien.swap.shape import Neutral, ShapeTransfer, expressiveness
from mien.swap.template import face_template
from mien.vision import topology as topo
from mien.vision.expression import NAMES
from mien.vision.similarity import Similarity

FACE = face_template().vertices.astype(np.float64)
JAW = face_template().jaw
STILL = np.zeros(len(NAMES), np.float32)
UPRIGHT = Similarity(20.0, np.eye(3), np.array([300.0, 200.0, 0.0]))


def opened(by: float) -> NDArray[np.float64]:
    """The canonical face with its jaw let down, by centimetres."""
    return np.asarray(FACE + JAW[:, None] * np.array([0, by, 0]))


def gap(points: NDArray[np.float64]) -> float:
    return float(points[topo.LOWER_LIP, 1] - points[topo.UPPER_LIP, 1])


def pixels(points: NDArray[np.float64]) -> NDArray[np.float32]:
    return UPRIGHT.apply(points).astype(np.float32)


def wide(factor: float) -> NDArray[np.float32]:
    """A source whose cheeks and jaw are wider, with the rigid middle as it was."""
    shape = FACE.copy()
    below = FACE[:, 1] > 3
    shape[below, 0] *= factor
    return shape.astype(np.float32)


def settled(transfer: ShapeTransfer, points: NDArray[np.float64]) -> NDArray[np.float64]:
    for _ in range(80):
        offsets = transfer.update(pixels(points), UPRIGHT, STILL)
    return offsets


def test_the_same_face_is_not_moved() -> None:
    offsets = settled(ShapeTransfer(FACE.astype(np.float32), 1.0, Neutral()), FACE)
    assert np.abs(offsets).max() < 0.02


def test_a_wider_jaw_widens_the_jaw() -> None:
    offsets = settled(ShapeTransfer(wide(1.2), 1.0, Neutral()), FACE)
    right, left = 172, 397
    assert offsets[right, 0] < -0.3 < 0.3 < offsets[left, 0]
    assert np.abs(offsets[topo.NOSE_TIP]).max() < 0.15


def test_strength_scales_the_offsets() -> None:
    full = settled(ShapeTransfer(wide(1.2), 1.0, Neutral()), FACE)
    half = settled(ShapeTransfer(wide(1.2), 0.5, Neutral()), FACE)
    np.testing.assert_allclose(half[397, 0], full[397, 0] / 2, rtol=0.02)
    assert not settled(ShapeTransfer(wide(1.2), 0.0, Neutral()), FACE).any()


def test_full_lips_are_taken_by_half() -> None:
    """A lower lip 0.4 cm fuller than the target's; a cheek, moved as far, goes all the way."""
    lip, cheek = 17, 117
    shape = FACE.copy()
    for vertex in (lip, cheek):
        shape[vertex, 1] += 0.4
    offsets = settled(ShapeTransfer(shape.astype(np.float32), 1.0, Neutral()), FACE)
    assert offsets[lip, 1] == pytest.approx(0.2, abs=0.03)
    assert offsets[cheek, 1] == pytest.approx(0.4, abs=0.04)


def doing(**scores: float) -> NDArray[np.float32]:
    expression = STILL.copy()
    for name, score in scores.items():
        expression[NAMES.index(name)] = score
    return expression


def test_who_talks_and_laughs_keeps_the_shape_that_he_had_at_rest() -> None:
    """The same offsets for a face at rest and for its laughing sight, from the first frame on."""
    laugh = doing(jawOpen=0.5, mouthSmileLeft=0.8, mouthSmileRight=0.8)
    laughing = FACE + (FACE - at_rest(FACE, laugh))
    assert gap(laughing) > gap(FACE) + 0.5
    wanted = settled(ShapeTransfer(wide(1.2), 1.0, Neutral()), FACE)
    first = ShapeTransfer(wide(1.2), 1.0, Neutral()).update(pixels(laughing), UPRIGHT, laugh)
    np.testing.assert_allclose(first, wanted, atol=0.01)


def test_what_is_half_understood_hardly_moves_the_neutral() -> None:
    """An open mouth of which the net says nothing."""
    neutral = Neutral()
    for _ in range(10):
        neutral.update(pixels(FACE), UPRIGHT, STILL)
    for _ in range(30):
        neutral.update(pixels(opened(2.5)), UPRIGHT, STILL)
    assert neutral.points is not None
    assert gap(neutral.points) < gap(FACE) + 0.4


def test_a_face_of_unknown_expression_stands_in_until_one_is_read() -> None:
    neutral = Neutral()
    first = neutral.update(pixels(opened(2.0)), UPRIGHT, None)
    np.testing.assert_allclose(first, opened(2.0), atol=1e-3)
    np.testing.assert_allclose(neutral.update(pixels(FACE), UPRIGHT, STILL), FACE, atol=1e-3)
    later = neutral.update(pixels(opened(2.0)), UPRIGHT, None)
    np.testing.assert_allclose(later, FACE, atol=1e-3)


def test_offsets_start_afresh_when_the_neutral_becomes_known() -> None:
    transfer = ShapeTransfer(wide(1.2), 1.0, Neutral())
    transfer.update(pixels(opened(2.0)), UPRIGHT, None)
    first = transfer.update(pixels(FACE), UPRIGHT, STILL)
    wanted = settled(ShapeTransfer(wide(1.2), 1.0, Neutral()), FACE)
    np.testing.assert_allclose(first, wanted, atol=1e-3)


def test_a_copy_of_the_neutral_is_its_own() -> None:
    neutral = Neutral()
    neutral.update(pixels(FACE), UPRIGHT, STILL)
    twin = neutral.copy()
    neutral.update(pixels(wide(1.5).astype(np.float64)), UPRIGHT, STILL)
    assert twin.points is not None
    np.testing.assert_allclose(twin.points, FACE, atol=1e-4)


def test_smiles_and_open_mouths_are_told_from_rest() -> None:
    smile = FACE.copy()
    for corner in (topo.RIGHT_MOUTH_CORNER, topo.LEFT_MOUTH_CORNER):
        smile[corner] += [np.sign(FACE[corner, 0]) * 0.8, -0.7, 0]
    assert expressiveness(FACE) < 0.2
    assert expressiveness(opened(2.0)) == 1
    assert expressiveness(smile) > 0.8

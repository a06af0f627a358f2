import numpy as np
import pytest
from numpy.typing import NDArray

from mien.swap.geometry import Similarity
from mien.swap.shape import Neutral, ShapeTransfer, close_mouth, expressiveness
from mien.swap.template import face_template
from mien.vision import topology as topo

FACE = face_template().vertices.astype(np.float64)
JAW = face_template().jaw
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
        offsets = transfer.update(pixels(points), UPRIGHT)
    return offsets


def test_closing_brings_the_jaw_up_to_the_lip_and_moves_nothing_above() -> None:
    closed = close_mouth(opened(2.0))
    assert abs(gap(closed)) < 0.2 < gap(opened(2.0))
    assert closed[topo.CHIN, 1] < opened(2.0)[topo.CHIN, 1] - 1.5
    np.testing.assert_allclose(closed[topo.FOREHEAD_TOP], FACE[topo.FOREHEAD_TOP])


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


def test_offsets_do_not_open_or_close_the_mouth() -> None:
    """A source with an open mouth on a closed one, and the other way round."""
    for source, target in ((opened(2.0), FACE), (FACE, opened(2.0))):
        offsets = settled(ShapeTransfer(source.astype(np.float32), 1.0, Neutral()), target)
        assert gap(target + offsets) == pytest.approx(gap(target), abs=0.35)


def test_an_open_mouth_does_not_become_the_neutral() -> None:
    neutral = Neutral()
    for _ in range(10):
        neutral.update(pixels(FACE), UPRIGHT)
    for _ in range(30):
        neutral.update(pixels(opened(2.5)), UPRIGHT)
    assert neutral.points is not None
    assert gap(neutral.points) < gap(FACE) + 0.1


def test_a_copy_of_the_neutral_is_its_own() -> None:
    neutral = Neutral()
    neutral.update(pixels(FACE), UPRIGHT)
    twin = neutral.copy()
    neutral.update(pixels(wide(1.5).astype(np.float64)), UPRIGHT)
    assert twin.points is not None
    np.testing.assert_allclose(twin.points, FACE, atol=1e-4)


def test_smiles_and_open_mouths_are_told_from_rest() -> None:
    smile = FACE.copy()
    for corner in (topo.RIGHT_MOUTH_CORNER, topo.LEFT_MOUTH_CORNER):
        smile[corner] += [np.sign(FACE[corner, 0]) * 0.8, -0.7, 0]
    assert expressiveness(FACE) < 0.2
    assert expressiveness(opened(2.0)) == 1
    assert expressiveness(smile) > 0.8

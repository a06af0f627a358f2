from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.models.weights import WeightStore
from mien.swap.geometry import Doubles
from mien.swap.rest import at_rest, expression_moves
from mien.swap.source import to_canonical_face
from mien.swap.template import face_template
from mien.vision import topology as topo
from mien.vision.expression import NAMES, ExpressionModel
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder

MEDIA = Path(__file__).parents[1] / "media"
FACE = face_template().vertices.astype(np.float64)
MIRROR = topo.canonical_mesh().mirror


def gap(points: Doubles) -> float:
    return float(points[topo.LOWER_LIP, 1] - points[topo.UPPER_LIP, 1])


def move(name: str) -> NDArray[np.float32]:
    return np.asarray(expression_moves()[NAMES.index(name)])


def test_a_face_that_does_nothing_is_at_rest() -> None:
    np.testing.assert_array_equal(at_rest(FACE, np.zeros(len(NAMES), np.float32)), FACE)


def test_each_blendshape_moves_what_it_names() -> None:
    """x to the picture's right, where the person's left is; y down; centimetres."""
    corner = topo.LEFT_MOUTH_CORNER
    assert move("jawOpen")[topo.CHIN, 1] > 0.3
    assert move("jawOpen")[topo.LOWER_LIP, 1] > move("jawOpen")[topo.UPPER_LIP, 1] + 0.3
    smile = move("mouthSmileLeft") + move("mouthSmileRight")
    assert smile[corner, 0] > 0.2
    assert smile[corner, 1] < -0.2
    assert move("mouthPucker")[corner, 0] < -0.1
    assert move("browInnerUp")[[55, 285], 1].max() < -0.05


def test_the_left_side_moves_as_the_right_one_does() -> None:
    for left in (name for name in NAMES if name.endswith("Left")):
        right = move(left.replace("Left", "Right"))
        np.testing.assert_allclose(move(left)[MIRROR] * [-1, 1, 1], right, atol=0.02)


def test_eyes_are_left_as_open_as_they_are() -> None:
    for name in ("eyeLookInLeft", "eyeBlinkRight", "eyeSquintLeft", "eyeWideRight"):
        assert not move(name).any()


def photo() -> BgrImage:
    """A woman who smiles broadly."""
    return np.asarray(cv2.imread(str(MEDIA / "astronaut.png")), np.uint8)


def rest_and_sight(image: BgrImage) -> tuple[Doubles, Doubles]:
    store = WeightStore()
    mesh = ExpressionModel.load(store).read(FaceFinder.load(store)(image)[0].mesh)
    assert mesh.expression is not None
    points = mesh.points[: topo.MESH_POINTS]
    sight = to_canonical_face(points).apply(points)
    return at_rest(sight, mesh.expression), sight


def width(points: Doubles) -> float:
    return float(points[topo.LEFT_MOUTH_CORNER, 0] - points[topo.RIGHT_MOUTH_CORNER, 0])


def test_a_real_smile_is_taken_off() -> None:
    rest, sight = rest_and_sight(photo())
    assert gap(sight) > gap(FACE) + 0.4
    assert gap(rest) == pytest.approx(gap(FACE), abs=0.2)
    assert width(rest) < width(sight) - 0.5
    # The bones stay.
    assert np.linalg.norm(rest - sight, axis=1)[[topo.NOSE_ROOT, topo.FOREHEAD_TOP]].max() < 0.2

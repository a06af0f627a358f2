from dataclasses import replace

import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.vision.expression import NAMES, ExpressionModel
from mien.vision.face import BgrImage
from mien.vision.faces import Face, FaceFinder


@pytest.fixture(scope="module")
def expression(store: WeightStore) -> ExpressionModel:
    return ExpressionModel.load(store)


def test_a_smile_is_a_smile(
    expression: ExpressionModel, astronaut_face: Face, hopper_face: Face
) -> None:
    smiling, stern = expression(astronaut_face.mesh), expression(hopper_face.mesh)
    assert tuple(smiling) == NAMES
    assert min(smiling["mouthSmileLeft"], smiling["mouthSmileRight"]) > 0.7
    assert max(stern["mouthSmileLeft"], stern["mouthSmileRight"]) < 0.2


def test_a_blink_closes_both_eyes(
    expression: ExpressionModel, finder: FaceFinder, blink: list[BgrImage]
) -> None:
    awake, closed = (expression(finder(blink[at])[0].mesh) for at in (2, 11))
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        assert closed[name] > awake[name] + 0.25


def test_it_is_a_share_whatever_the_place_and_size(
    expression: ExpressionModel, astronaut_face: Face
) -> None:
    mesh = astronaut_face.mesh
    other = replace(mesh, points=np.asarray(mesh.points * 3 + 200, np.float32))
    here, there = expression(mesh), expression(other)
    assert all(0 <= value <= 1 for value in here.values())
    np.testing.assert_allclose(list(here.values()), list(there.values()), atol=0.02)


def test_left_is_the_persons_left(expression: ExpressionModel, astronaut_face: Face) -> None:
    """Closing the lids on the picture's right side closes the left eye."""
    points = astronaut_face.mesh.points.copy()
    for upper, lower in (
        (386, 374),
        (385, 380),
        (387, 373),
        (384, 381),
        (388, 390),
        (398, 382),
        (466, 249),
    ):
        points[upper] = points[lower]
    wink = expression(replace(astronaut_face.mesh, points=points))
    assert wink["eyeBlinkLeft"] > wink["eyeBlinkRight"] + 0.2

import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.swap.mannequin import Mannequin, load_mannequins
from mien.vision.expression import ExpressionModel
from mien.vision.identity import IdentityModel, distance
from mien.vision.landmarker import FaceLandmarker, Roi


@pytest.fixture(scope="module")
def mannequins() -> tuple[Mannequin, ...]:
    return load_mannequins(WeightStore())


def test_the_landmarks_lie_on_the_faces(mannequins: tuple[Mannequin, ...]) -> None:
    landmarker = FaceLandmarker.load(WeightStore())
    for one in mannequins:
        assert one.image.shape == (256, 256, 3)
        seen = landmarker(one.image, Roi.of_points(one.mesh.points))
        assert seen.presence > 0.9
        assert np.abs(seen.points - one.mesh.points)[:, :2].mean() < 2


def test_their_expressions_are_their_own(mannequins: tuple[Mannequin, ...]) -> None:
    read = ExpressionModel.load(WeightStore()).read
    for one in mannequins:
        again = read(one.mesh).expression
        assert one.mesh.expression is not None
        assert again is not None
        np.testing.assert_allclose(again, one.mesh.expression, atol=1e-3)


def test_any_four_in_a_row_from_the_first_are_four_people(
    mannequins: tuple[Mannequin, ...],
) -> None:
    identity = IdentityModel.load(WeightStore())
    who = [identity(one.image, one.mesh) for one in mannequins]
    for start in range(0, len(who), 4):
        row = who[start : start + 4]
        assert len(row) == 4
        assert min(distance(a, b) for i, a in enumerate(row) for b in row[:i]) > 0.5

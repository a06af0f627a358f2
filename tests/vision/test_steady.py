"""Several looks at a real face, sharp and small."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.evaluation import reader
from mien.models.weights import WeightStore
from mien.vision import topology as topo
from mien.vision.face import BgrImage, Points
from mien.vision.faces import FaceFinder
from mien.vision.image import decode_image
from mien.vision.landmarker import FaceLandmarker, Roi
from mien.vision.steady import Look, SteadyLandmarker
from mien.vision.tracker import LOOKS

MEDIA = Path(__file__).parents[1] / "media"


@pytest.fixture(scope="module")
def photo() -> BgrImage:
    return decode_image((MEDIA / "astronaut.png").read_bytes())


@pytest.fixture(scope="module")
def landmarker() -> FaceLandmarker:
    return FaceLandmarker.load(WeightStore())


def grainy(image: BgrImage, seed: int) -> BgrImage:
    small = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(seed).normal(0, 8, small.shape)
    return np.asarray(np.clip(small + noise, 0, 255), np.uint8)


def jitter(first: Points, second: Points) -> float:
    inside = slice(topo.MESH_POINTS)
    return float(np.linalg.norm(first[inside, :2] - second[inside, :2], axis=1).mean())


def test_each_look_is_at_the_same_face(photo: BgrImage, landmarker: FaceLandmarker) -> None:
    one = FaceFinder.load(WeightStore())(photo)[0].mesh
    mean = SteadyLandmarker(landmarker, LOOKS)(photo, Roi.of_points(one.points))
    height = np.ptp(one.points[:, 1])
    assert jitter(one.points, mean.points) < 0.01 * height
    assert mean.presence > 0.9


def test_several_looks_are_steadier_than_one(photo: BgrImage, landmarker: FaceLandmarker) -> None:
    near = FaceFinder.load(WeightStore())(photo)[0].mesh.points * 0.5
    steady, roi = SteadyLandmarker(landmarker, LOOKS), Roi.of_points(near)
    pictures = [grainy(photo, seed) for seed in range(8)]
    single, several = (
        [look(picture, roi).points for picture in pictures] for look in (landmarker, steady)
    )

    def spread(looks: list[Points]) -> float:
        return float(np.mean([jitter(a, b) for a, b in pairwise(looks)]))

    assert spread(several) < 0.9 * spread(single)


@pytest.mark.parametrize("looks", [LOOKS, reader.LOOKS])
def test_the_looks_lie_about_the_face_evenly(looks: Sequence[Look]) -> None:
    mean = np.mean([(one.right, one.down, one.degrees, one.size) for one in looks], 0)
    np.testing.assert_allclose(mean, (0, 0, 0, 1), atol=1e-9)


def test_what_is_measured_is_not_looked_at_as_it_was_followed() -> None:
    assert not set(LOOKS) & set(reader.LOOKS)


def test_a_look_is_beside_the_square() -> None:
    """Right and down in the picture, by a part of its side; turned as the square is, clockwise."""
    moved = Look(0.1, 0.2, 90.0, 1.5).of(Roi(100.0, 50.0, 20.0, 0.5))
    assert (moved.x, moved.y, moved.side) == (102.0, 54.0, 30.0)
    assert moved.angle == pytest.approx(0.5 + np.pi / 2)

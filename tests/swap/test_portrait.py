"""Portraits are cut out of real frames, and only in moments that tell something."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.swap.moments import frame

from mien.models.weights import WeightStore
from mien.swap.portrait import LEAST_HEIGHT, MOST_HEIGHT, SIDE, Portrait, tells_enough
from mien.swap.rehearsal import plain_hand, plain_mesh
from mien.vision.expression import ExpressionModel
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.faces import FaceFinder
from mien.vision.hand import Hand


@pytest.fixture(scope="module")
def moment() -> BgrImage:
    return frame("head_turns.mp4", 10)


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder.load(WeightStore())


@pytest.fixture(scope="module")
def mesh(finder: FaceFinder, moment: BgrImage) -> FaceMesh:
    return ExpressionModel.load(WeightStore()).read(finder(moment)[0].mesh)


def enlarged(image: BgrImage, mesh: FaceMesh, scale: float) -> tuple[BgrImage, FaceMesh]:
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    points = mesh.points * np.float32(scale)
    points[:, :2] += np.float32(scale / 2 - 0.5)
    return np.asarray(large, np.uint8), replace(mesh, points=points)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_the_landmarks_lie_on_the_face(
    scale: float, moment: BgrImage, mesh: FaceMesh, finder: FaceFinder
) -> None:
    portrait = Portrait.of(*enlarged(moment, mesh, scale))
    assert portrait.image.shape == (SIDE, SIDE, 3)
    low, high = portrait.mesh.points[:468, :2].min(0), portrait.mesh.points[:468, :2].max(0)
    assert (high - low).max() <= MOST_HEIGHT + 0.01
    np.testing.assert_allclose((low + high) / 2, SIDE / 2 - 0.5, atol=0.01)
    again = finder(portrait.image)[0].mesh.points
    off = np.linalg.norm(again[:, :2] - portrait.mesh.points[:, :2], axis=1)
    assert off.mean() < 2.0
    np.testing.assert_array_equal(portrait.mesh.expression, mesh.expression)


def test_a_small_face_is_not_enlarged(moment: BgrImage, mesh: FaceMesh) -> None:
    height = float(np.ptp(mesh.points[:468, 1]))
    portrait = Portrait.of(*enlarged(moment, mesh, 80 / height))
    assert np.ptp(portrait.mesh.points[:468, 1]) == pytest.approx(80, abs=0.5)


def test_a_large_picture_looks_as_it_does_small(moment: BgrImage, mesh: FaceMesh) -> None:
    whole, large = (Portrait.of(*enlarged(moment, mesh, scale)).image for scale in (1.0, 3.0))
    middle = (slice(60, 196), slice(60, 196))
    assert np.abs(whole[middle].astype(int) - large[middle]).mean() < 3


def test_beyond_the_picture_its_edge_goes_on(mesh: FaceMesh) -> None:
    high = mesh.points[:468, :2].max(0)
    image = np.full((int(high[1]) + 1, int(high[0]) + 1, 3), (10, 120, 240), np.uint8)
    assert (Portrait.of(image, mesh).image == (10, 120, 240)).all()


def test_only_some_moments_tell_enough(mesh: FaceMesh) -> None:
    assert tells_enough(mesh)
    assert not tells_enough(replace(mesh, expression=None)), "nothing was read of it"
    away = replace(mesh, points=mesh.points * np.float32(LEAST_HEIGHT * 0.9 / 200))
    assert not tells_enough(away), "far away"


@pytest.mark.parametrize(("yaw", "told"), [(20.0, True), (50.0, False)])
def test_a_head_that_is_turned_away_tells_nothing(yaw: float, told: bool) -> None:
    turned = replace(plain_mesh(yaw), expression=np.zeros(52, np.float32))
    assert tells_enough(turned) == told


@pytest.mark.parametrize(("shift", "told"), [(0, False), (400, True)])
def test_a_face_behind_a_hand_tells_nothing(shift: int, told: bool) -> None:
    seen = replace(plain_mesh(), expression=np.zeros(52, np.float32))
    hand = Hand(plain_hand().points + np.float32(shift), 1.0)
    assert tells_enough(seen, [hand]) == told

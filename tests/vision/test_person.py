import numpy as np
import pytest

from mien.vision.face import FaceMesh
from mien.vision.faces import Face
from mien.vision.person import Person
from mien.vision.place import Place


def person(face: Face, seconds: float = 0.0) -> Person:
    return Person(1, Place.of(face.mesh.points), face.mesh.points, seconds)


def test_place_is_the_middle_and_the_longer_side() -> None:
    points = np.array([[10, 20, 5], [30, 80, 5]], np.float32)
    assert Place.of(points) == Place(20, 50, 60)


def test_steps_are_in_sizes_and_growth_has_no_sign() -> None:
    place = Place(0, 0, 100)
    assert place.step(Place(30, 40, 1)) == pytest.approx(0.5)
    assert place.growth(Place(0, 0, 150)) == pytest.approx(1.5)
    assert Place(0, 0, 150).growth(place) == pytest.approx(1.5)


def test_seen_counts_and_calms(astronaut_face: Face) -> None:
    one = person(astronaut_face)
    first = one.seen(astronaut_face.mesh, 0.0)
    jumped = FaceMesh(astronaut_face.mesh.points + np.float32(1), 1.0)
    second = one.seen(jumped, 1 / 30)
    assert (first.frames_seen, second.frames_seen) == (1, 2)
    moved = float((second.mesh.points - first.mesh.points)[:, 0].mean())
    assert 0 < moved < 0.9, "the filter holds back a part of the step"
    np.testing.assert_array_equal(one.points, jumped.points)


def test_coming_back_starts_the_filter_anew(astronaut_face: Face) -> None:
    one = person(astronaut_face)
    one.seen(astronaut_face.mesh, 0.0)
    one.lost = True
    elsewhere = FaceMesh(astronaut_face.mesh.points + np.float32(50), 1.0)
    back = one.seen(elsewhere, 1 / 30)
    np.testing.assert_allclose(back.mesh.points, elsewhere.points, atol=1e-3)
    assert not one.lost


def test_left_near_needs_place_size_and_time(astronaut_face: Face) -> None:
    one = person(astronaut_face)
    here = one.place
    assert one.left_near(here, 0.5)
    assert not one.left_near(here, 1.5)
    assert not one.left_near(Place(here.x + here.size, here.y, here.size), 0.5)
    assert not one.left_near(Place(here.x, here.y, here.size * 2), 0.5)


def test_resemblance_is_read_more_kindly_nearby(astronaut_face: Face) -> None:
    one = person(astronaut_face)
    far_off = np.full(128, 0.65 / np.sqrt(128), np.float32)
    assert one.resembles(far_off, near=True), "nothing learnt yet: the place decides"
    assert not one.resembles(far_off, near=False)
    one.embedding = np.zeros(128, np.float32)
    assert one.resembles(far_off, near=True)
    assert not one.resembles(far_off, near=False)
    assert not one.resembles(2 * far_off, near=True)

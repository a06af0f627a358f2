import numpy as np
import pytest

from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.faces import Face, FaceFinder
from mien.vision.keypoints import face_region, head_pose, six_keypoints


def turned(axis: str, degrees: float) -> FaceMesh:
    """The canonical face turned about one axis: x to the right, y down, z away."""
    angle = np.radians(degrees)
    c, s = np.cos(angle), np.sin(angle)
    turn = {
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }[axis]
    vertices = topo.canonical_mesh().vertices
    return FaceMesh(np.asarray(vertices @ np.array(turn).T, np.float32), 1.0)


def test_six_points_of_a_real_face(astronaut_face: Face) -> None:
    points = np.array(six_keypoints(astronaut_face.mesh))
    expected = [(203, 101), (246, 103), (223, 131), (223, 146), (202, 139), (244, 141)]
    np.testing.assert_allclose(points, expected, atol=2)
    assert all(
        isinstance(value, int) for point in six_keypoints(astronaut_face.mesh) for value in point
    )


def test_left_is_the_pictures_left_even_upside_down(
    finder: FaceFinder, astronaut: BgrImage
) -> None:
    (face,) = finder(np.ascontiguousarray(astronaut[::-1, ::-1]))
    left_eye, right_eye, _, _, left_corner, right_corner = six_keypoints(face.mesh)
    assert left_eye[0] < right_eye[0]
    assert left_corner[0] < right_corner[0]


def test_region_is_the_face(astronaut_face: Face) -> None:
    np.testing.assert_allclose(
        face_region(astronaut_face.mesh, 512, 512), (179, 69, 94, 111), atol=2
    )


def test_region_stays_inside_the_picture() -> None:
    points = np.zeros((478, 3), np.float32)
    points[:, :2] = np.linspace((-50, -20), (700, 30), 478)
    assert face_region(FaceMesh(points, 1.0), 640, 480) == (0, 0, 640, 31)
    outside = FaceMesh(np.full((478, 3), 900, np.float32), 1.0)
    left, top, width, height = face_region(outside, 640, 480)
    assert left + width <= 640
    assert top + height <= 480
    assert min(width, height) >= 1


@pytest.mark.parametrize("degrees", [-30, 0, 40])
def test_yaw_is_towards_the_pictures_right(degrees: float) -> None:
    # About y, which points down, a positive turn takes the nose (at -z) to the left.
    assert head_pose(turned("y", -degrees)).yaw == pytest.approx(degrees, abs=1)


def test_pitch_rises_when_looking_up() -> None:
    level = head_pose(turned("x", 0)).pitch
    assert head_pose(turned("x", 20)).pitch - level == pytest.approx(-20, abs=1)
    assert head_pose(turned("x", -20)).pitch - level == pytest.approx(20, abs=1)


@pytest.mark.parametrize("degrees", [-170, -45, 10, 90])
def test_roll_is_clockwise(degrees: float) -> None:
    pose = head_pose(turned("z", degrees))
    assert pose.roll == pytest.approx(degrees, abs=1)
    assert pose.yaw == pytest.approx(0, abs=1)


def test_people_who_look_into_the_camera(astronaut_face: Face, hopper_face: Face) -> None:
    for face in (astronaut_face, hopper_face):
        np.testing.assert_allclose(head_pose(face.mesh), (0, 0, 0), atol=9)

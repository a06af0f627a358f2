import cv2
import numpy as np
import pytest

from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.keypoints import face_region, six_keypoints


def collage(astronaut: BgrImage, hopper: BgrImage) -> BgrImage:
    """Three faces: a large one at the right, a middle one at the left, a small one between."""
    canvas = np.full((640, 1280, 3), 150, np.uint8)
    canvas[20:620, 760:1272] = hopper
    canvas[100:612, 0:512] = astronaut
    canvas[20:276, 510:766] = cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA)
    return canvas


def test_all_faces_are_found_largest_first(
    finder: FaceFinder, astronaut: BgrImage, hopper: BgrImage
) -> None:
    faces = finder(collage(astronaut, hopper))
    lefts = [face_region(face.mesh, 1280, 640)[0] for face in faces]
    assert len(faces) == 3
    np.testing.assert_allclose(lefts, [760 + 170, 179, 510 + 90], atol=5)
    assert faces[0].area > 2 * faces[1].area > 4 * faces[2].area


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_portrait_that_lies_on_its_side(
    finder: FaceFinder, astronaut: BgrImage, quarters: int
) -> None:
    (face,) = finder(np.ascontiguousarray(np.rot90(astronaut, quarters)))
    nose = face.mesh.points[1, :2]
    x, y = 223.0, 131.0
    expected = {1: (y, 511 - x), 2: (511 - x, 511 - y), 3: (511 - y, x)}[quarters]
    np.testing.assert_allclose(nose, expected, atol=8)


@pytest.mark.parametrize("width", [24, 40])
def test_a_small_face_in_a_large_picture(
    finder: FaceFinder, astronaut: BgrImage, width: int
) -> None:
    scale = width / 94
    small = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.full((720, 1280, 3), 120, np.uint8)
    canvas[100 : 100 + len(small), 700 : 700 + small.shape[1]] = small
    (face,) = finder(canvas)
    assert six_keypoints(face.mesh)[2] == pytest.approx(
        (700 + 223 * scale, 100 + 131 * scale), abs=3
    )


def test_a_picture_without_a_face(finder: FaceFinder, astronaut: BgrImage) -> None:
    assert finder(np.ascontiguousarray(astronaut[230:])) == []
    assert finder(np.full((9, 9, 3), 200, np.uint8)) == []
    assert finder(np.zeros((1, 2000, 3), np.uint8)) == []


def test_mesh_and_detection_are_of_the_same_face(finder: FaceFinder, hopper: BgrImage) -> None:
    (face,) = finder(hopper)
    left, top, width, height = face.detection.box
    middle = face.mesh.points[:, :2].mean(axis=0)
    assert left < middle[0] < left + width
    assert top < middle[1] < top + height

from math import pi, radians

import cv2
import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, Detection
from mien.vision.faces import Face, FaceFinder
from mien.vision.landmarker import FaceLandmarker, Roi

EYES = (468, 473)


@pytest.fixture(scope="module")
def landmarker(store: WeightStore) -> FaceLandmarker:
    return FaceLandmarker.load(store)


def test_landmarks_lie_on_the_face(
    landmarker: FaceLandmarker, astronaut: BgrImage, astronaut_face: Face
) -> None:
    mesh = landmarker(astronaut, Roi.of_detection(astronaut_face.detection))
    assert mesh.points.shape == (478, 3)
    assert mesh.points.dtype == np.float32
    assert mesh.presence > 0.99
    # Right iris, left iris, nose tip, chin, as one sees them in the picture.
    expected = [(203, 101), (246, 103), (223, 131), (221, 178)]
    np.testing.assert_allclose(mesh.points[[468, 473, 1, 152], :2], expected, atol=3)


def test_the_iris_is_dark(astronaut: BgrImage, astronaut_face: Face) -> None:
    x, y = astronaut_face.mesh.points[468, :2].round().astype(int)
    assert astronaut[y - 1 : y + 2, x - 1 : x + 2].mean(axis=2).min() < 60


def test_the_nose_is_nearer_than_the_cheeks(astronaut_face: Face) -> None:
    z = astronaut_face.mesh.points[:, 2]
    assert z[1] < z[234] - 20
    assert z[1] < z[454] - 20


def test_colours_are_told_apart(
    landmarker: FaceLandmarker, astronaut: BgrImage, astronaut_face: Face
) -> None:
    """The net was trained on RGB: with red and blue swapped it is less sure of itself."""
    roi = Roi.of_points(astronaut_face.mesh.points)
    right = landmarker(astronaut, roi).presence
    wrong = landmarker(np.ascontiguousarray(astronaut[:, :, ::-1]), roi).presence
    assert 1 - wrong > 3 * (1 - right)


def test_no_face_no_presence(landmarker: FaceLandmarker, astronaut: BgrImage) -> None:
    assert landmarker(astronaut, Roi(256, 400, 150, 0)).presence < 0.01


@pytest.mark.parametrize("degrees", [-60, 25, 90])
def test_a_turned_head_has_turned_landmarks(
    landmarker: FaceLandmarker, astronaut: BgrImage, astronaut_face: Face, degrees: float
) -> None:
    turn = cv2.getRotationMatrix2D((226, 125), degrees, 1)
    turned = np.asarray(cv2.warpAffine(astronaut, turn, (512, 512)), np.uint8)
    expected = astronaut_face.mesh.points[:, :2] @ turn[:, :2].T + turn[:, 2]
    roi = Roi.of_points(np.asarray(expected, np.float32))
    # OpenCV turns against the clock for positive angles.
    assert roi.angle == pytest.approx(radians(-degrees + 2.7), abs=0.05)
    mesh = landmarker(turned, roi)
    assert np.abs(mesh.points[:, :2] - expected).mean() < 1.0


@pytest.mark.parametrize("upside_down", [False, True])
def test_a_face_is_found_whichever_way_up_the_detector_thought(
    landmarker: FaceLandmarker, astronaut: BgrImage, astronaut_face: Face, upside_down: bool
) -> None:
    eyes = astronaut_face.detection.keypoints.copy()
    if upside_down:
        eyes[[0, 1]] = eyes[[1, 0]]
    thought = Detection(astronaut_face.detection.box, eyes, 0.9)
    mesh = landmarker.find(astronaut, thought)
    assert np.abs(mesh.points - astronaut_face.mesh.points)[:, :2].mean() < 2


@pytest.mark.parametrize("upside_down", [False, True])
@pytest.mark.parametrize("shift", [-0.15, 0.0, 0.15])
def test_a_square_that_lies_badly_turns_nobody_upside_down(
    landmarker: FaceLandmarker,
    finder: FaceFinder,
    hopper: BgrImage,
    upside_down: bool,
    shift: float,
) -> None:
    """Detectors see the head on its head as upright, a little turned, and misplace it."""
    face = finder(hopper)[0]
    image, points = hopper, face.mesh.points[:, :2]
    if upside_down:
        image, points = np.ascontiguousarray(hopper[::-1, ::-1]), [511, 599] - points
    low, high = points.min(0), points.max(0)
    left, top, size = low[0], low[1], float((high - low).max())
    eyes = np.array([[0, 0], [10, -1.5], *[[5, 5]] * 4], np.float32)
    thought = Detection((left, top + shift * size, size, size), eyes, 0.7)
    mesh = landmarker.find(image, thought)
    assert mesh.presence > 0.9
    assert np.abs(mesh.points[:, :2] - points).mean() < 6


def test_a_large_face_gives_the_same_landmarks(
    landmarker: FaceLandmarker, astronaut: BgrImage, astronaut_face: Face
) -> None:
    large = np.asarray(
        cv2.resize(astronaut, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC), np.uint8
    )
    expected = (astronaut_face.mesh.points[:, :2] + 0.5) * 8 - 0.5
    mesh = landmarker(large, Roi.of_points(np.asarray(expected, np.float32)))
    assert np.abs(mesh.points[:, :2] - expected).mean() < 8 * 0.5


def test_the_crop_is_centred_on_pixel_centres() -> None:
    matrix = Roi(10, 20, 256, 0).to_crop(256)
    np.testing.assert_allclose(matrix @ [10, 20, 1], [127.5, 127.5])
    np.testing.assert_allclose(matrix @ [11, 20, 1], [128.5, 127.5])


def test_a_quarter_turn_of_the_square() -> None:
    matrix = Roi(0, 0, 256, pi / 2).to_crop(256)
    np.testing.assert_allclose(matrix @ [0, 10, 1], [137.5, 127.5], atol=1e-9)


def test_the_square_of_a_detection_is_level_with_its_eyes() -> None:
    keypoints = np.zeros((6, 2), np.float32)
    keypoints[1] = (10, 10)
    roi = Roi.of_detection(Detection((0, 0, 40, 20), keypoints, 0.9))
    assert (roi.x, roi.y, roi.side) == (20, 10, 60)
    assert roi.angle == pytest.approx(pi / 4)

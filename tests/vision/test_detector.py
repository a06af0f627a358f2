import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.vision.detector import (
    FaceDetector,
    anchor_centres,
    fit_square,
    merge,
    overlaps,
    pairs_of,
    suppress,
)
from mien.vision.face import BgrImage, Detection


@pytest.fixture(scope="module", params=["short_range", "full_range"])
def detector(request: pytest.FixtureRequest, store: WeightStore) -> FaceDetector:
    make = FaceDetector.short_range if request.param == "short_range" else FaceDetector.full_range
    return make(store)


def test_the_face_is_where_it_is(detector: FaceDetector, astronaut: BgrImage) -> None:
    (found,) = detector(astronaut)
    left, top, width, height = found.box
    assert found.score > 0.7
    assert abs(left + width / 2 - 226) < 8
    assert abs(top + height / 2 - 125) < 12
    assert 80 < width < 120


def test_keypoints_are_the_persons_right_eye_first(
    detector: FaceDetector, astronaut: BgrImage
) -> None:
    (found,) = detector(astronaut)
    expected = [(203, 101), (246, 103), (223, 128), (223, 146)]
    np.testing.assert_allclose(found.keypoints[:4], expected, atol=9)
    assert found.keypoints[4, 0] < found.keypoints[5, 0], "the right ear is on the picture's left"


def test_a_wide_picture_is_letterboxed(detector: FaceDetector, astronaut: BgrImage) -> None:
    wide = np.zeros((300, 700, 3), np.uint8)
    wide[:, 350:650] = astronaut[0:300, 76:376]
    (found,) = detector(wide)
    np.testing.assert_allclose(found.keypoints[0], (203 + 350 - 76, 101), atol=10)


def test_no_face_no_detection(detector: FaceDetector, astronaut: BgrImage) -> None:
    assert detector(np.full((480, 640, 3), 127, np.uint8)) == []
    assert detector(astronaut[230:]) == [], "the suit alone"


def test_the_threshold_is_kept(detector: FaceDetector, astronaut: BgrImage) -> None:
    assert detector(astronaut, threshold=0.999) == []


def test_anchors_fill_the_grids() -> None:
    short = anchor_centres(128, ((8, 2), (16, 6)))
    assert short.shape == (896, 2)
    np.testing.assert_allclose(short[:3], [[1 / 32, 1 / 32], [1 / 32, 1 / 32], [3 / 32, 1 / 32]])
    assert anchor_centres(192, ((4, 1),)).shape == (2304, 2)


def test_letterbox_goes_back_to_pixel_centres() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, 100:] = 200
    square, letterbox = fit_square(image, 128)
    assert square.shape == (128, 128, 3)
    assert not square[:32].any()
    assert not square[96:].any()
    assert square[64, 127].tolist() == [200, 200, 200]
    corners = np.array([[0, 32], [128, 96]], np.float32)
    np.testing.assert_allclose(letterbox.to_image(corners), [[-0.5, -0.5], [199.5, 99.5]])


def test_overlaps_is_intersection_over_union() -> None:
    one = np.array([[0, 0], [10, 10]], np.float32)
    others = np.array([[[0, 0], [10, 10]], [[5, 0], [15, 10]], [[20, 20], [30, 30]]], np.float32)
    np.testing.assert_allclose(overlaps(one, others), [1, 1 / 3, 0], atol=1e-6)


def box(left: float, score: float) -> tuple[np.ndarray, float]:
    corners = np.array([[left, 0], [left + 10, 10]])
    return np.concatenate([corners, np.full((6, 2), left)]).astype(np.float32), score


def test_suppression_takes_the_mean_by_score() -> None:
    pairs = [box(0, 0.9), box(1, 0.3), box(50, 0.6)]
    boxes = np.stack([pair[0] for pair in pairs])
    first, second = suppress(boxes, np.array([pair[1] for pair in pairs], np.float32))
    assert first.box == pytest.approx((0.25, 0, 10, 10))
    assert first.keypoints[0].tolist() == pytest.approx([0.25, 0.25])
    assert first.score == pytest.approx(0.9)
    assert second.box == pytest.approx((50, 0, 10, 10))


def test_merging_two_detectors_names_each_face_once(
    store: WeightStore, astronaut: BgrImage
) -> None:
    both = FaceDetector.short_range(store)(astronaut) + FaceDetector.full_range(store)(astronaut)
    assert len(both) == 2
    (merged,) = merge(both)
    low, high = sorted((both[0].box[0], both[1].box[0]))
    assert low <= merged.box[0] <= high
    assert merge([]) == []


def test_the_surer_detector_says_where_a_face_is() -> None:
    points = np.zeros((6, 2), np.float32)
    sure = Detection((100, 100, 100, 100), points, 0.7)
    misplaced = Detection((80, 70, 140, 140), points + 5, 0.55)
    (merged,) = merge([misplaced, sure])
    assert merged is sure


def test_pairs_are_corners_then_keypoints(store: WeightStore, astronaut: BgrImage) -> None:
    (found,) = FaceDetector.short_range(store)(astronaut)
    pairs = pairs_of(found)
    np.testing.assert_allclose(pairs[1] - pairs[0], found.box[2:], atol=1e-3)
    np.testing.assert_array_equal(pairs[2:], found.keypoints)

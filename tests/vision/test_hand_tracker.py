"""On a signer who lifts a hand to his cheek and lets it sink again."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.models.runtimes import LiteRtModel
from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, Points
from mien.vision.hand import Hand, HandLandmarker
from mien.vision.hand_tracker import KNOWN, NEW, HandTracker, _is_a_face, _is_small
from mien.vision.landmarker import Roi
from mien.vision.palm import PalmDetector
from mien.vision.tracker import FaceTracker

CLIP = Path(__file__).parents[1] / "media" / "signer.mp4"
SQUARE = np.array([[0, 0, 0], [100, 0, 0], [100, 100, 0], [0, 100, 0]], np.float32)


def frames() -> Iterator[BgrImage]:
    clip = cv2.VideoCapture(str(CLIP))
    while (read := clip.read())[0]:
        yield np.asarray(read[1], np.uint8)


class CountingPalms(PalmDetector):
    """The real detector, with its calls counted."""

    calls: list[int] = []  # noqa: RUF012

    def __call__(self, image: BgrImage, threshold: float = 0.5) -> list[Roi]:
        self.calls.append(1)
        return super().__call__(image, threshold)


def counting_palms(store: WeightStore) -> CountingPalms:
    palms = PalmDetector.load(store)
    counting = CountingPalms(palms.model, palms.anchors)
    counting.calls.clear()
    return counting


@pytest.fixture(scope="module")
def store() -> WeightStore:
    return WeightStore()


@pytest.fixture(scope="module")
def followed(store: WeightStore) -> tuple[list[Points], list[tuple[Hand, ...]], int]:
    """Faces and hands of every frame, and how often palms were looked for."""
    tracker = FaceTracker.load(store)
    counting = counting_palms(store)
    hands = HandTracker(counting, HandLandmarker.load(store))
    faces, found = [], []
    for number, image in enumerate(frames()):
        (face,) = tracker.update(image, number / 30).tracks
        faces.append(face.mesh.points)
        found.append(hands.update(image, [face.mesh.points]))
    return faces, found, len(counting.calls)


def test_the_hand_is_found_at_the_cheek_and_gone_later(
    followed: tuple[list[Points], list[tuple[Hand, ...]], int],
) -> None:
    faces, found, _ = followed
    near = [
        any(
            np.linalg.norm(hand.points.mean(0) - face[:, :2].mean(0)) < 1.2 * np.ptp(face[:, 1])
            for hand in hands
        )
        for face, hands in zip(faces, found, strict=True)
    ]
    assert not any(near[:10])
    assert sum(near) >= 10
    assert not any(near[-15:])


def test_palms_are_looked_for_seldom(
    followed: tuple[list[Points], list[tuple[Hand, ...]], int],
) -> None:
    _, found, searches = followed
    assert searches < len(found) / 3


def test_nobody_no_hands(store: WeightStore) -> None:
    hands = HandTracker.load(store)
    assert hands.update(next(frames()), []) == ()


def test_a_still_picture_is_searched_once_a_second(store: WeightStore) -> None:
    counting = counting_palms(store)
    tracker = HandTracker(counting, HandLandmarker.load(store))
    image = next(frames())
    (face,) = FaceTracker.load(store).update(image, 0.0).tracks
    for _ in range(61):
        tracker.update(image, [face.mesh.points])
    assert len(counting.calls) in (2, 3)


def test_a_tireless_one_searches_every_picture(store: WeightStore) -> None:
    counting = counting_palms(store)
    tracker = HandTracker(counting, HandLandmarker.load(store), tireless=True)
    image = next(frames())
    (face,) = FaceTracker.load(store).update(image, 0.0).tracks
    for _ in range(6):
        tracker.update(image, [face.mesh.points])
    assert len(counting.calls) == 6


@pytest.mark.parametrize("still", [18, 33, 36])
def test_a_hand_is_found_at_once_however_much_stirred_before(
    store: WeightStore,
    followed: tuple[list[Points], list[tuple[Hand, ...]], int],
    still: int,
) -> None:
    """Searches that found nothing get fewer and fewer: a hand came while none was due."""
    hands, pictures = HandTracker.load(store), list(frames())
    for number in range(still + 34):
        # The first picture again and again, and then the hand's way up.
        at = max(number - still, 0)
        image = pictures[at].copy()
        if number % 3 == 0 and number < still + 20:
            image[60:230, 180:225] = 40 * (number % 6)
        if hands.update(image, [followed[0][at]]):
            break
    assert still + 23 <= number <= still + 26


class CountingLandmarks(HandLandmarker):
    """The real net, with its calls counted."""

    calls: list[int] = []  # noqa: RUF012

    def __call__(self, image: BgrImage, roi: Roi) -> Hand:
        self.calls.append(1)
        return super().__call__(image, roi)


def test_a_hand_that_is_followed_is_not_looked_at_again_when_it_is_found(
    store: WeightStore, followed: tuple[list[Points], list[tuple[Hand, ...]], int]
) -> None:
    """A search made a frame late by two further looks at a hand that was known."""
    counting = CountingLandmarks(LiteRtModel(store.path("hand_landmarks")))
    hands = HandTracker(PalmDetector.load(store), counting, tireless=True)
    image, near = list(frames())[28], [followed[0][28]]
    for calls in (2, 1, 1):
        counting.calls.clear()
        assert len(hands.update(image, near)) == 1
        assert len(counting.calls) == calls


def test_a_face_at_the_edge_of_the_picture_does_no_harm(store: WeightStore) -> None:
    hands = HandTracker.load(store)
    image = next(frames())
    outside = np.array([[-300, -300, 0], [-200, -180, 0]], np.float32)
    for _ in range(3):
        assert hands.update(image, [outside]) == ()


def test_a_turning_face_is_no_hand(store: WeightStore) -> None:
    """The palm net takes this blurred cheek for a hand now and then: it would lay it bare."""
    clip = cv2.VideoCapture(str(CLIP.with_name("head_turns.mp4")))
    tracker, hands = FaceTracker.load(store), HandTracker.load(store)
    for number in range(130):
        image = np.asarray(clip.read()[1], np.uint8)
        faces = tracker.update(image, number / 25).tracks
        if number % 2 == 0:
            assert hands.update(image, [face.mesh.points for face in faces]) == ()


def test_a_wrist_inside_the_face_belongs_to_none() -> None:
    points = np.zeros((21, 2), np.float32)
    points[0] = 50, 50
    assert _is_a_face(Hand(points, 1.0), [SQUARE], *KNOWN)
    points[0] = 50, 130
    assert not _is_a_face(Hand(points, 1.0), [SQUARE], *NEW)
    assert not _is_a_face(Hand(points, 1.0), [], *NEW)


def test_a_hand_that_is_known_may_come_a_little_deeper() -> None:
    points = np.zeros((21, 2), np.float32)
    points[0] = 50, 95
    assert _is_a_face(Hand(points, 1.0), [SQUARE], *NEW)
    assert not _is_a_face(Hand(points, 1.0), [SQUARE], *KNOWN)


def test_a_face_out_of_focus_is_no_hand(store: WeightStore) -> None:
    """It was bared: the nets were sure enough of a hand that covers all of it."""
    photo = np.asarray(cv2.imread(str(CLIP.with_name("grace_hopper.jpg"))), np.uint8)
    (face,) = FaceTracker.load(store).update(photo, 0.0).tracks
    hands = HandTracker.for_files(store)
    for sigma in np.arange(4.0, 7.0, 0.25):
        soft = np.asarray(cv2.GaussianBlur(photo, (0, 0), float(sigma)), np.uint8)
        assert hands.update(soft, [face.mesh.points]) == ()


def test_what_lies_in_the_face_must_surely_be_a_hand() -> None:
    points = np.full((21, 2), 50, np.float32)
    points[0] = 50, 115
    assert _is_a_face(Hand(points, 0.8), [SQUARE], *NEW)
    assert not _is_a_face(Hand(points, 0.95), [SQUARE], *NEW)
    # One that is known may be blurred for a moment.
    assert not _is_a_face(Hand(points, 0.8), [SQUARE], *KNOWN)
    points[:6] = 50, 130
    assert not _is_a_face(Hand(points, 0.8), [SQUARE], *NEW)


def test_an_ear_is_no_hand() -> None:
    face, near = (np.array([[0, 0, 0], [size, size, 0]], np.float32) for size in (100, 50))
    points = np.zeros((21, 2), np.float32)
    points[8] = 0, 25
    assert _is_small(Hand(points, 1.0), [face])
    assert not _is_small(Hand(points, 1.0), [face, near])
    points[8] = 0, 43
    assert not _is_small(Hand(points, 1.0), [face])


def test_a_crowd_is_searched_one_face_at_a_time(store: WeightStore) -> None:
    """Eight searches in one frame would make it late."""
    counting = counting_palms(store)
    tracker = HandTracker(counting, HandLandmarker.load(store))
    image = next(frames())
    (face,) = FaceTracker.load(store).update(image, 0.0).tracks
    crowd = [face.mesh.points + np.array([40 * k, 0, 0], np.float32) for k in range(8)]
    tracker.update(image, crowd)
    assert len(counting.calls) == 1


def test_hands_go_with_the_last_face_and_come_back_with_it(store: WeightStore) -> None:
    pictures = list(frames())[28:31]
    (face,) = FaceTracker.load(store).update(pictures[0], 0.0).tracks
    hands = HandTracker.load(store)
    assert hands.update(pictures[0], [face.mesh.points])
    assert hands.update(pictures[1], []) == ()
    hands.update(pictures[2], [face.mesh.points])

"""Several people in one stream, made of portraits that pass before a wall."""

import cv2
import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, FaceTrack
from mien.vision.tracker import FaceTracker

RATE = 25
WALL = np.linspace(90, 150, 800, dtype=np.uint8)[None, :, None].repeat(400, 0).repeat(3, 2)


@pytest.fixture
def tracker(store: WeightStore) -> FaceTracker:
    made = FaceTracker.load(store)
    made.follow_up_to(8)
    return made


@pytest.fixture(scope="module")
def woman(astronaut: BgrImage) -> BgrImage:
    return np.asarray(cv2.resize(astronaut[30:230, 130:310], (216, 240)), np.uint8)


@pytest.fixture(scope="module")
def man(hopper: BgrImage) -> BgrImage:
    return np.asarray(cv2.resize(hopper[90:400, 120:400], (217, 240)), np.uint8)


def room(*portraits: tuple[BgrImage, int]) -> BgrImage:
    """Oval heads before a wall; later ones stand in front."""
    picture = WALL.copy()
    for portrait, left in portraits:
        height, width = portrait.shape[:2]
        low, high = max(left, 0), min(left + width, picture.shape[1])
        if high <= low:
            continue
        oval = np.zeros((height, width), np.uint8)
        cv2.ellipse(oval, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 255, -1)
        inside = oval[:, low - left : high - left, None] > 0
        at = picture[80 : 80 + height, low:high]
        at[:] = np.where(inside, portrait[:, low - left : high - left], at)
    return picture


def by_place(tracks: tuple[FaceTrack, ...]) -> list[int]:
    """Ids from left to right."""
    return [one.id for one in sorted(tracks, key=lambda one: float(one.mesh.points[1, 0]))]


def test_everybody_is_seen_in_the_first_frame_and_keeps_his_id(
    tracker: FaceTracker, woman: BgrImage, man: BgrImage
) -> None:
    seen = [
        by_place(tracker.update(room((woman, 60 + n), (man, 500 - n)), n / RATE).tracks)
        for n in range(12)
    ]
    assert len(set(seen[0])) == 2
    assert seen == [seen[0]] * 12


def test_ids_survive_a_crossing(tracker: FaceTracker, woman: BgrImage, man: BgrImage) -> None:
    first = by_place(tracker.update(room((man, 540), (woman, 40)), 0.0).tracks)
    after: list[int] = []
    for n in range(1, 56):
        step = min(10 * n, 500)
        after = by_place(
            tracker.update(room((man, 540 - step), (woman, 40 + step)), n / RATE).tracks
        )
    assert after == first[::-1]


def test_who_is_away_for_two_seconds_comes_back_as_himself(
    tracker: FaceTracker, woman: BgrImage, man: BgrImage
) -> None:
    first = by_place(tracker.update(room((woman, 60), (man, 500)), 0.0).tracks)
    for n in range(1, 51):
        alone = tracker.update(room((woman, 60)), n / RATE)
    assert by_place(alone.tracks) == first[:1]
    assert first[1] in alone.known
    back: list[int] = []
    for n in range(51, 64):
        back = by_place(tracker.update(room((man, 20), (woman, 400)), n / RATE).tracks)
    assert back == first[::-1], "and on the other side, where both are told by their faces"


def test_who_is_not_attended_to_has_no_landmarks_and_is_not_forgotten(
    tracker: FaceTracker, woman: BgrImage, man: BgrImage
) -> None:
    first = by_place(tracker.update(room((woman, 60), (man, 500)), 0.0).tracks)
    tracker.attend({first[0]})
    for n in range(1, 30):
        seen = tracker.update(room((woman, 60), (man, 500 - 2 * n)), n / RATE)
        assert by_place(seen.tracks) == first[:1]
        assert not seen.unknown
    tracker.attend(None)
    seen = tracker.update(room((woman, 60), (man, 440)), 30 / RATE)
    assert by_place(seen.tracks) == first


def test_a_newcomer_gets_an_id_of_his_own(
    tracker: FaceTracker, woman: BgrImage, man: BgrImage
) -> None:
    alone = by_place(tracker.update(room((woman, 60)), 0.0).tracks)
    seen: list[int] = []
    for n in range(1, 12):
        seen = by_place(tracker.update(room((woman, 60), (man, 500)), n / RATE).tracks)
    assert seen[:1] == alone
    assert len(set(seen)) == 2


def test_one_face_a_stream_stays_the_way_to_begin(
    store: WeightStore, woman: BgrImage, man: BgrImage
) -> None:
    tracker = FaceTracker.load(store)
    for n in range(5):
        assert len(tracker.update(room((woman, 60), (man, 500)), n / RATE).tracks) == 1

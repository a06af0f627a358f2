from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.vision.detector import FaceDetector
from mien.vision.face import BgrImage, Detection, FaceTrack
from mien.vision.landmarker import FaceLandmarker
from mien.vision.tracker import FaceTracker

RATE = 25


@pytest.fixture
def tracker(store: WeightStore) -> FaceTracker:
    return FaceTracker.load(store)


class Dreamer(FaceDetector):
    """Sees what there is, and a larger face where none is, as the quick net does in crowds."""

    def __init__(self, awake: FaceDetector) -> None:
        self._awake = awake

    def __call__(self, image: BgrImage, threshold: float = 0.5) -> list[Detection]:
        keypoints = np.array([[20, 40], [60, 40], *[[40, 60]] * 4], np.float32)
        return [*self._awake(image, threshold), Detection((0, 400, 190, 190), keypoints, 0.54)]


def test_a_large_face_that_is_not_there_hides_nobody(store: WeightStore, hopper: BgrImage) -> None:
    crowd = np.full((600, 800, 3), 128, np.uint8)
    crowd[:300, 500:756] = cv2.resize(hopper, (256, 300), interpolation=cv2.INTER_AREA)
    detector = Dreamer(FaceDetector.full_range(store))
    tracker = FaceTracker((detector,), FaceLandmarker.load(store))
    np.testing.assert_allclose(nose(one_of(tracker, crowd, 0.0)), (500 + 122, 122), atol=12)


def follow(
    tracker: FaceTracker, frames: list[BgrImage], start: float = 0.0
) -> list[FaceTrack | None]:
    """The one face of each frame, or None."""
    return [one_of(tracker, frame, start + index / RATE) for index, frame in enumerate(frames)]


def one_of(tracker: FaceTracker, frame: BgrImage, seconds: float) -> FaceTrack | None:
    tracks = tracker.update(frame, seconds).tracks
    assert len(tracks) < 2
    return tracks[0] if tracks else None


def nose(track: FaceTrack | None) -> tuple[float, float]:
    assert track is not None
    x, y = track.mesh.points[1, :2].tolist()
    return x, y


def empty(like: BgrImage) -> BgrImage:
    """The wall behind the woman of head_turns, so that it is no cut."""
    share = np.linspace(0, 1, like.shape[1])[None, :, None]
    wall = like[:, :1] * (1 - share) + like[:, -1:] * share
    return wall.astype(np.uint8)


def passing(frames: list[BgrImage], portrait: BgrImage) -> Iterator[BgrImage]:
    """A larger face slides by beside the followed one, from the right edge to the left."""
    stranger = portrait[100:360, 140:380]
    for index, frame in enumerate(frames):
        mixed = frame.copy()
        left = round(400 - 5 * index)
        mixed[215:475, left : left + 240] = stranger
        yield mixed


def test_one_face_keeps_its_id(tracker: FaceTracker, head_turns: list[BgrImage]) -> None:
    tracks = follow(tracker, head_turns)
    assert {track.id for track in tracks if track} == {1}
    assert [track.frames_seen for track in tracks if track] == list(range(1, len(tracks) + 1))
    assert all(track.mesh.presence > 0.9 for track in tracks if track)


def test_landmarks_follow_the_head(tracker: FaceTracker, signer: list[BgrImage]) -> None:
    shifted = [np.roll(frame, 3 * index, axis=1) for index, frame in enumerate(signer[:30])]
    tracks = follow(tracker, shifted)
    assert nose(tracks[-1])[0] - nose(tracks[0])[0] == pytest.approx(87, abs=12)


def test_no_face_no_track(tracker: FaceTracker) -> None:
    assert follow(tracker, [np.full((480, 640, 3), 128, np.uint8)] * 3) == [None] * 3


def test_the_largest_face_is_taken_first(
    tracker: FaceTracker, astronaut: BgrImage, hopper: BgrImage
) -> None:
    both = np.full((600, 1024, 3), 128, np.uint8)
    both[:512, :512], both[:, 512:] = astronaut, hopper
    assert nose(one_of(tracker, both, 0.0))[0] == pytest.approx(512 + 265, abs=8)


def test_a_larger_face_that_passes_is_not_taken(
    tracker: FaceTracker, signer: list[BgrImage], hopper: BgrImage
) -> None:
    before = nose(follow(tracker, signer[:8])[-1])
    tracks = follow(tracker, list(passing(signer[8:60], hopper)), start=8 / RATE)
    assert {track.id for track in tracks if track} == {1}
    seen = [nose(track) for track in tracks if track]
    assert len(seen) > 0.8 * len(tracks)
    assert np.abs(np.array(seen) - before).max() < 40


def test_the_same_person_comes_back_as_the_same(
    tracker: FaceTracker, head_turns: list[BgrImage]
) -> None:
    follow(tracker, head_turns[:12])
    gone = follow(tracker, [empty(head_turns[0])] * 10, start=12 / RATE)
    back = follow(tracker, head_turns[12:18], start=22 / RATE)
    assert gone == [None] * 10
    assert {track.id for track in back if track} == {1}
    assert back[0] is not None, "the first frame with her face is enough"


def test_the_same_person_comes_back_elsewhere_and_late(
    tracker: FaceTracker, head_turns: list[BgrImage]
) -> None:
    follow(tracker, head_turns[:12])
    elsewhere = [np.roll(frame, 200, axis=1) for frame in head_turns[12:16]]
    follow(tracker, [empty(head_turns[0])] * 2, start=12 / RATE)
    back = follow(tracker, elsewhere, start=10.0)
    assert {track.id for track in back if track} == {1}


def replaced(frame: BgrImage, portrait: BgrImage) -> BgrImage:
    """A stranger before the same wall."""
    mixed = empty(frame)
    mixed[100:400, 60:260] = cv2.resize(portrait[60:360, 150:350], (200, 300))
    return mixed


def test_a_stranger_is_taken_only_after_a_while(
    tracker: FaceTracker, head_turns: list[BgrImage], hopper: BgrImage
) -> None:
    follow(tracker, head_turns[:12])
    frame = replaced(head_turns[12], hopper)
    at_once = follow(tracker, [frame] * 5, start=12 / RATE)
    later = follow(tracker, [frame] * 3, start=2.5)
    assert at_once == [None] * 5
    assert [track.id for track in later if track] == [2, 2, 2]
    assert [track.frames_seen for track in later if track] == [1, 2, 3]


def test_a_cut_to_another_person_is_a_new_id_at_once(
    tracker: FaceTracker, head_turns: list[BgrImage], hopper: BgrImage
) -> None:
    follow(tracker, head_turns[:12])
    after = follow(tracker, [hopper] * 2, start=12 / RATE)
    assert [track.id for track in after if track] == [2, 2]
    assert nose(after[0]) == pytest.approx((265, 246), abs=4), "no filter drags the old place in"


def test_a_cut_to_the_same_person_keeps_the_id(
    tracker: FaceTracker, head_turns: list[BgrImage]
) -> None:
    follow(tracker, head_turns[:12])
    closer = cv2.resize(head_turns[12][40:400, 80:560], (640, 480)) // 3
    after = follow(tracker, [np.asarray(closer, np.uint8)] * 2, start=12 / RATE)
    assert [track.id for track in after if track] == [1, 1]


def staged(frame: BgrImage, left: int) -> BgrImage:
    """The woman in a wide room, so far from its left edge."""
    room = np.asarray(cv2.resize(empty(frame), (1280, 480)), np.uint8)
    room[:, left : left + 440] = frame[:, 100:540]
    return room


def test_without_recognition_a_near_face_is_the_same_and_a_far_one_is_not(
    store: WeightStore, head_turns: list[BgrImage]
) -> None:
    tracker = FaceTracker.load(store, recognise=False)
    room = np.asarray(cv2.resize(empty(head_turns[0]), (1280, 480)), np.uint8)
    follow(tracker, [staged(frame, 0) for frame in head_turns[:6]])
    follow(tracker, [room] * 3, start=6 / RATE)
    near = one_of(tracker, staged(head_turns[6], 0), 9 / RATE)
    assert near is not None
    assert near.id == 1
    follow(tracker, [room] * 3, start=10 / RATE)
    far = staged(head_turns[6], 800)
    assert one_of(tracker, far, 13 / RATE) is None
    later = one_of(tracker, far, 2.0)
    assert later is not None
    assert later.id == 2


def test_a_change_of_size_midway(tracker: FaceTracker, astronaut: BgrImage) -> None:
    follow(tracker, [astronaut] * 3)
    half = np.asarray(cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
    after = follow(tracker, [half] * 3, start=3 / RATE)
    assert {track.id for track in after if track} == {1}
    assert nose(after[0]) == pytest.approx((111, 65), abs=3), "not a frame is lost"


def test_a_face_of_a_file_is_followed_calmly_and_held_back_less(
    store: WeightStore, astronaut: BgrImage, blink: list[BgrImage]
) -> None:
    rng = np.random.default_rng(5)
    noise = [rng.normal(0, 10, astronaut.shape) for _ in range(40)]
    grainy = [np.clip(astronaut + one, 0, 255).astype(np.uint8) for one in noise]

    def shake(tracker: FaceTracker) -> float:
        tracks = [one for one in follow(tracker, grainy) if one is not None]
        steps = np.diff([one.mesh.points[:, :2] for one in tracks[10:]], axis=0)
        return float(np.sqrt((steps**2).mean()))

    def depth(tracker: FaceTracker) -> float:
        tracks = [one_of(tracker, frame, number / 12) for number, frame in enumerate(blink)]
        gaps = [np.ptp(one.mesh.points[[159, 145], 1]) for one in tracks if one is not None]
        return float(max(gaps) - min(gaps))

    # In grain as strong as this; 94 pixels of a face shake by less than a tenth of one.
    assert shake(FaceTracker.for_files(store)) < min(0.1, 1.5 * shake(FaceTracker.load(store)))
    assert depth(FaceTracker.for_files(store)) > depth(FaceTracker.load(store))

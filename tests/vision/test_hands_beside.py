"""On the signer of the tracker's own tests, and on a tracker that tells what it is asked."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from tests.vision.test_hand_tracker import frames

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, Points
from mien.vision.hand import Hand
from mien.vision.hand_tracker import HandTracker
from mien.vision.hands_beside import HandsBeside
from mien.vision.tracker import FaceTracker

PICTURES = [np.full((8, 8, 3), level, np.uint8) for level in range(6)]
FACE = np.array([[100, 100, 0], [200, 100, 0], [200, 220, 0], [100, 220, 0]], np.float32)
NEAR, FAR_AWAY = FACE + np.float32(8), FACE + np.float32(300)


class Told(HandTracker):
    """Tells of each frame: what it is asked, the frame's level, where its faces begin. A search
    finds a hand whose points are the frame's level."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, list[float]]] = []
        self.hands: tuple[Hand, ...] = ()
        self.may_search = threading.Event()
        self.may_search.set()

    def follow(self, image: BgrImage, faces: Sequence[Points]) -> tuple[Hand, ...]:
        self._tell("follow", image, faces)
        return self.hands

    def search(self, image: BgrImage, faces: Sequence[Points]) -> None:
        assert self.may_search.wait(10)
        self._tell("search", image, faces)
        self.hands = (Hand(np.full((21, 2), image[0, 0, 0], np.float32), 1.0),)

    def update(self, image: BgrImage, faces: Sequence[Points]) -> tuple[Hand, ...]:
        self.follow(image, faces)
        self.search(image, faces)
        return self.hands

    def _tell(self, what: str, image: BgrImage, faces: Sequence[Points]) -> None:
        assert threading.current_thread() is not threading.main_thread()
        self.asked.append((what, int(image[0, 0, 0]), [float(one[0, 0]) for one in faces]))
        if image[0, 0, 0] == {"follow": 5, "search": 4}[what]:
            raise ValueError(f"can't {what}")


def found_in(hands: Sequence[Hand]) -> int:
    """The number of the picture in which the hand was found."""
    return int(hands[0].points[0, 0])


def begun(told: Told, *numbers: int) -> HandsBeside:
    """After the first picture, with these begun and nobody asking for their hands."""
    beside = HandsBeside(told)
    beside.update(PICTURES[0], [FACE])
    for number in numbers:
        beside.begin(PICTURES[number])
    return beside


def test_hands_are_followed_near_the_faces_of_the_frame_before() -> None:
    told = Told()
    beside = HandsBeside(told)
    for number, face in enumerate((FACE, NEAR, NEAR)):
        beside.begin(PICTURES[number])
        beside.update(PICTURES[number], [face])
    # In the first frame no face was known.
    followed = [one[1:] for one in told.asked if one[0] == "follow"]
    assert followed == [(0, [100]), (1, [100]), (2, [108])]


def test_nobody_waits_for_a_search_and_what_it_finds_is_there_in_the_next_frame() -> None:
    told = Told()
    beside = begun(told)
    told.may_search.clear()
    beside.begin(PICTURES[1])
    assert found_in(beside.update(PICTURES[1], [FACE])) == 0, "while the search goes on"
    told.may_search.set()
    beside.begin(PICTURES[2])
    assert found_in(beside.update(PICTURES[2], [FACE])) == 1


@pytest.mark.parametrize("faces", [[FAR_AWAY], [FACE, FAR_AWAY], [FACE * 3]])
def test_where_a_face_leapt_or_is_new_all_is_done_again_and_waited_for(faces: list[Points]) -> None:
    told = Told()
    beside = begun(told, 1)
    assert found_in(beside.update(PICTURES[1], faces)) == 1
    where = [float(one[0, 0]) for one in faces]
    assert told.asked[-2:] == [("follow", 1, where), ("search", 1, where)]


def test_nobody_no_hands_and_nothing_begun() -> None:
    told = Told()
    beside = begun(told)
    beside.update(PICTURES[1], [])
    beside.begin(PICTURES[2])
    beside.update(PICTURES[2], [])
    assert [one for one in told.asked if one[1] == 2] == [("follow", 2, []), ("search", 2, [])]


def test_a_frame_whose_faces_were_not_found_leaves_nothing_behind() -> None:
    beside = begun(Told(), 5, 3)  # of the first nobody asks: its tracker failed, and so did this
    assert found_in(beside.update(PICTURES[3], [FACE])) == 0


def test_what_fails_fails_where_hands_are_asked_for_and_once() -> None:
    beside = begun(Told(), 5)
    with pytest.raises(ValueError, match="can't follow"):
        beside.update(PICTURES[5], [FACE])
    beside.begin(PICTURES[1])
    assert found_in(beside.update(PICTURES[1], [FACE])) == 0
    beside.begin(PICTURES[4])
    beside.update(PICTURES[4], [FACE])
    beside.begin(PICTURES[1])
    with pytest.raises(ValueError, match="can't search"):
        beside.update(PICTURES[1], [FACE])
    beside.begin(PICTURES[2])
    assert found_in(beside.update(PICTURES[2], [FACE])) == 1


def test_a_real_hand_is_found_a_frame_later_than_by_who_waits() -> None:
    store = WeightStore()
    tracker, beside, alone = (
        FaceTracker.load(store),
        HandsBeside.load(store),
        HandTracker.load(store),
    )
    counts = []
    for number, image in enumerate(frames()):
        beside.begin(image)
        faces = [one.mesh.points for one in tracker.update(image, number / 30).tracks]
        counts.append((len(beside.update(image, faces)), len(alone.update(image, faces))))
    first, wanted = [[bool(pair[kind]) for pair in counts].index(True) for kind in (0, 1)]
    assert 0 <= first - wanted <= 1, "a frame later"
    assert sum(one == other for one, other in counts) >= len(counts) - 3

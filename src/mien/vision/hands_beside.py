"""Hands that are followed while the faces of the same frame are still looked for."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, Points
from mien.vision.hand import Hand
from mien.vision.hand_tracker import HandTracker
from mien.vision.place import Place

Hands = tuple[Hand, ...]


class HandsBeside:
    """Follows hands on a thread of its own, near the faces of the frame before, and searches for
    further ones while the frame is drawn: they are there in the next. A search in between would
    make its frame late. Where a face has leapt, or is new, all is done once more, and waited for.
    """

    def __init__(self, hands: HandTracker) -> None:
        self._hands = hands
        self._thread = ThreadPoolExecutor(1, "hands")
        self._faces: tuple[Points, ...] = ()
        self._followed: Future[Hands] | None = None
        self._searched: Future[None] | None = None

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """With the shipped nets."""
        return cls(HandTracker.load(store))

    def begin(self, image: BgrImage) -> None:
        """Begin with the next BGR frame; `update` must get the same one."""
        faces = self._faces
        self._followed = self._thread.submit(self._hands.follow, image, faces) if faces else None

    def update(self, image: BgrImage, faces: Sequence[Points]) -> Hands:
        """The hands near faces, (n, 2 or 3) landmarks each, of the frame."""
        followed, self._followed = self._followed, None
        searched, self._searched = self._searched, None
        before, self._faces = self._faces, tuple(faces)
        if followed is None or not _stayed(before, self._faces):
            return self._thread.submit(self._hands.update, image, self._faces).result()
        found = followed.result()
        if searched is not None:
            # It is over, for the thread does one job after the other.
            searched.result()
        self._searched = self._thread.submit(self._hands.search, image, self._faces)
        return found


def _stayed(before: Sequence[Points], now: Sequence[Points]) -> bool:
    """Whether each face is where one of the frame before was, and none has gone."""
    places = [Place.of(points) for points in before]
    return len(before) == len(now) and all(
        any(Place.of(points).same_face(place) for place in places) for points in now
    )

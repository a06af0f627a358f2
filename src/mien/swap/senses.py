"""What an engine sees with: the nets of its first stage."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Protocol, Self

from mien.models.cores import MOST_CORES_A_FRAME, at_most
from mien.models.weights import WeightStore
from mien.vision.expression import ExpressionModel
from mien.vision.face import BgrImage, FaceMesh, Points
from mien.vision.hand import Hand
from mien.vision.hand_tracker import HandTracker
from mien.vision.hands_beside import HandsBeside
from mien.vision.sighting import Sighting
from mien.vision.still import StillTracker
from mien.vision.tracker import FaceTracker


class Tracker(Protocol):
    """Follows the faces of a stream; their points are already filtered."""

    def follow_up_to(self, most: int) -> None:
        """How many people to know at once."""

    def attend(self, ids: Set[int] | None, *, expecting: bool = False) -> None:
        """Whose landmarks are needed from the next frame on; None: everybody's.

        expecting: whether who may come is to be told of in his first frame.
        """

    def update(self, image: BgrImage, seconds: float) -> Sighting:
        """Take in the next frame."""


class Hands(Protocol):
    """Follows the hands near the faces of one stream."""

    def begin(self, image: BgrImage) -> None:
        """Before the faces of the next frame are looked for; `update` follows with the same."""

    def update(self, image: BgrImage, faces: Sequence[Points]) -> tuple[Hand, ...]:
        """Take in the next frame and the landmarks of its faces."""


class Expressions(Protocol):
    """Reads what faces do."""

    def read(self, mesh: FaceMesh) -> FaceMesh:
        """The mesh with its expression."""


@dataclass(frozen=True, eq=False)
class Senses:
    """Of one stream. Without hands none stay before a face; without expressions a face's shape at
    rest is never learnt."""

    tracker: Tracker
    hands: Hands | None = None
    expressions: Expressions | None = None

    @classmethod
    def load(cls, store: WeightStore, cores: int = MOST_CORES_A_FRAME) -> Self:
        """With the shipped nets, for so many cores. Raises WeightsError for missing weights."""
        hands = HandsBeside.load(store) if at_most(cores) > 1 else HandTracker.load(store)
        tracker = FaceTracker.load(store, cores=cores)
        return cls(tracker, hands, ExpressionModel.load(store))

    @classmethod
    def for_clips(cls, store: WeightStore) -> Self:
        """For files that nobody watches yet: steadier, some 25 ms a frame slower. Raises
        WeightsError."""
        tracker = FaceTracker.for_files(store)
        return cls(tracker, HandTracker.for_files(store), ExpressionModel.load(store))

    @classmethod
    def for_pictures(cls, store: WeightStore) -> Self:
        """For still pictures, which are looked at harder. Raises WeightsError."""
        return cls(StillTracker.load(store), HandTracker.load(store), ExpressionModel.load(store))

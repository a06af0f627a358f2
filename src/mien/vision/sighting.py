"""What a tracker says of one frame: who is seen, and where somebody is whom it can't name."""

from dataclasses import dataclass

from mien.vision.cuts import Change
from mien.vision.face import FaceTrack
from mien.vision.place import Place


@dataclass(frozen=True, eq=False)
class Sighting:
    """tracks: faces with landmarks, by id. unknown: faces that were detected only.

    known: ids that may still come back. change: of the scene or its light since the last frame.
    """

    tracks: tuple[FaceTrack, ...] = ()
    unknown: tuple[Place, ...] = ()
    known: frozenset[int] = frozenset()
    change: Change = "none"

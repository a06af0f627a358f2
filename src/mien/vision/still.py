"""The faces of still pictures, told as a tracker tells those of a stream."""

from collections.abc import Set
from typing import Self

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, FaceMesh, FaceTrack
from mien.vision.faces import FaceFinder
from mien.vision.follower import frontal
from mien.vision.identity import Embedding, IdentityModel
from mien.vision.sighting import Sighting


class StillTracker:
    """Looks for small, turned and upside-down faces too, for which a stream has no time."""

    def __init__(self, finder: FaceFinder, identity: IdentityModel) -> None:
        self._finder = finder
        self._identity = identity
        self._most = 1

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """With the shipped nets."""
        return cls(FaceFinder.load(store), IdentityModel.load(store))

    def follow_up_to(self, most: int) -> None:
        """How many people to tell of; the largest come first."""
        self._most = most

    def attend(self, ids: Set[int] | None, *, expecting: bool = False) -> None:
        """Nothing: nobody is seen twice."""

    def update(self, image: BgrImage, seconds: float) -> Sighting:
        """The faces of a picture that has nothing to do with the one before."""
        faces = self._finder(image)[: self._most]
        tracks = tuple(
            FaceTrack(number, face.mesh, 1, self._known(image, face.mesh))
            for number, face in enumerate(faces)
        )
        return Sighting(tracks, known=frozenset(track.id for track in tracks))

    def _known(self, image: BgrImage, mesh: FaceMesh) -> Embedding | None:
        """Who it is, where several may be meant."""
        return self._identity(image, mesh) if self._most > 1 and frontal(mesh) else None

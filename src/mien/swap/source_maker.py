"""From pictures of one person to the face that is worn: found, prepared, merged."""

from collections.abc import Sequence
from typing import Self

from mien.errors import NoFaceFound, ParameterError, SourceRejected
from mien.models.weights import WeightStore
from mien.swap.merge import merge_sources
from mien.swap.source import SourceFace, prepare_source, to_canonical_face
from mien.swap.suitability import check_face, check_hands, check_shading, flaws
from mien.vision.expression import ExpressionModel
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.faces import Face, FaceFinder
from mien.vision.follower import frontal
from mien.vision.hand import HandLandmarker
from mien.vision.hand_tracker import HandTracker
from mien.vision.identity import Embedding, IdentityModel
from mien.vision.palm import PalmDetector


class SourceMaker:
    """Prepares source faces. Not for two threads at once."""

    def __init__(
        self,
        finder: FaceFinder,
        identity: IdentityModel,
        palms: PalmDetector,
        hands: HandLandmarker,
        expressions: ExpressionModel,
    ) -> None:
        self.finder = finder
        self._identity = identity
        self._palms, self._hands = palms, hands
        self._expressions = expressions

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """With the shipped nets."""
        return cls(
            FaceFinder.load(store),
            IdentityModel.load(store),
            PalmDetector.load(store),
            HandLandmarker.load(store),
            ExpressionModel.load(store),
        )

    def faces(self, image: BgrImage) -> list[Face]:
        """The faces of a picture, largest first. Raises NoFaceFound where there is none."""
        faces = self.finder(image)
        if not faces:
            raise NoFaceFound(
                "No face was found", "use a sharp picture of a face that looks at you."
            )
        return faces

    def prepare(self, image: BgrImage, mesh: FaceMesh, largest_of: int = 1) -> SourceFace:
        """One face of a picture. largest_of: how many are in it, where nobody
        named this one.

        Raises SourceRejected for a hand before the face or a drawing, and as prepare_source does.
        """
        try:
            return self._prepare(image, mesh)
        except SourceRejected as error:
            if largest_of == 1:
                raise
            raise SourceRejected(
                error.what, f"{error.advice} It is the largest of {largest_of} faces."
            ) from error

    def _prepare(self, image: BgrImage, mesh: FaceMesh) -> SourceFace:
        # What makes a face unreadable is said before a hand that may be read into it.
        check_face(image, mesh.points, to_canonical_face(mesh.points).rotation)
        hands = HandTracker(self._palms, self._hands).update(image, [mesh.points])
        check_hands(hands, mesh.points)
        identity = self._identity(image, mesh)
        source = prepare_source(image, self._expressions.read(mesh), identity)
        check_shading(image, mesh.points)
        return source

    def recognise(self, image: BgrImage, mesh: FaceMesh) -> Embedding:
        """Who somebody is that may be met again. Raises SourceRejected where it can't be told."""
        if not frontal(mesh):
            raise SourceRejected(
                "The face is turned too far away to be known again",
                "use a picture in which it looks at the camera.",
            )
        return self._identity(image, mesh)

    def __call__(self, photos: Sequence[BgrImage | SourceFace]) -> SourceFace:
        """One source of up to 8 photos of one person: the largest face of each.

        Raises NoFaceFound, SourceRejected, TooManyFaces; ParameterError for no photo.
        """
        if not photos:
            raise ParameterError("Give at least one photo of the face to wear.")
        return merge_sources([self._one(photo) for photo in photos])

    def _one(self, photo: BgrImage | SourceFace) -> SourceFace:
        if isinstance(photo, SourceFace):
            return photo
        faces = self.faces(photo)
        return self.prepare(photo, faces[0].mesh, len(faces))


def notes_on(image: BgrImage, face: Face, faces: int = 1) -> list[str]:
    """What would look better with another picture, a sentence each.

    faces: among how many of the picture this one was not asked for by name.
    """
    several = [f"{faces} faces were found; the largest was taken."] if faces > 1 else []
    points = face.mesh.points
    return several + flaws(image, points, to_canonical_face(points).rotation)

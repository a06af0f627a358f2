"""Landmarks of one person from frame to frame, and whether it is still he.

Who somebody is gets asked once, when he is first seen well, and again only when he may have been
lost, covered, or taken for another who passed.
"""

from collections.abc import Sequence

from mien.vision.face import BgrImage, Detection, FaceMesh
from mien.vision.identity import Embedding, IdentityModel, distance
from mien.vision.keypoints import head_pose
from mien.vision.landmarker import Landmarker, Roi
from mien.vision.person import Person
from mien.vision.place import Place

# Presence that a new face must show, and that a followed one may fall to.
ENTER, STAY = 0.6, 0.25
# A followed face can't go further than this share of its size in a frame, nor grow so much.
LONGEST_STEP, LARGEST_GROWTH = 0.4, 1.5
# A smaller jump makes it worth asking who this is, once the face is calm again.
ODD_STEP, ODD_GROWTH, ODD_PRESENCE = 0.15, 1.12, 0.9
CALM_FRAMES = 5
# An embedding of a head turned further than this, in degrees, tells little.
FRONTAL = 35.0
# Two faces nearer than this share of their size may be taken for one another.
CROSSING = 0.7

Meshes = dict[Person, FaceMesh]


class Follower:
    """Runs the landmark net and, where there is one, the recognition net."""

    def __init__(self, landmarker: Landmarker, identity: IdentityModel | None) -> None:
        self._landmarker = landmarker
        self._identity = identity

    def find(self, image: BgrImage, candidate: Detection) -> FaceMesh | None:
        """The landmarks in a detector's square; twice, for that square is a rough one."""
        mesh = self._landmarker.find(image, candidate)
        if mesh.presence > ENTER:
            mesh = self._landmarker(image, Roi.of_points(mesh.points))
        return mesh if mesh.presence > ENTER else None

    def embedding(self, image: BgrImage, mesh: FaceMesh) -> Embedding | None:
        """Who the face is; None without recognition."""
        return None if self._identity is None else self._identity(image, mesh)

    def follow(
        self, person: Person, image: BgrImage, others: Sequence[Person] = ()
    ) -> FaceMesh | None:
        """The person's face near where it was; None, and he is lost, where it is not.

        others: who else is known; a face that is more like one of them is not his.
        """
        mesh = self._landmarker(image, Roi.of_points(person.points))
        place = Place.of(mesh.points)
        person.lost = (
            mesh.presence < STAY
            or person.place.step(place) > LONGEST_STEP
            or person.place.growth(place) > LARGEST_GROWTH
            or not self._still_himself(person, image, mesh, place, others)
        )
        return None if person.lost else mesh

    def _still_himself(
        self,
        person: Person,
        image: BgrImage,
        mesh: FaceMesh,
        place: Place,
        others: Sequence[Person],
    ) -> bool:
        """Learn who this is when first seen well; ask again after something odd."""
        if _odd(person, mesh, place):
            person.calm_frames, person.doubtful = 0, True
        person.calm_frames += 1
        settled = person.embedding is not None and not person.doubtful
        if self._identity is None or settled or person.calm_frames < CALM_FRAMES:
            return True
        if not frontal(mesh):
            return True
        embedding = self._identity(image, mesh)
        if not person.resembles(embedding, near=True) or _liker(person, others, embedding):
            return False
        if person.embedding is None:
            person.embedding = embedding
        person.doubtful = False
        return True

    def part(self, image: BgrImage, meshes: Meshes) -> None:
        """Let nobody wear another's face: of two who share one, one is lost.

        Who has come near another is asked who he is when they have parted.
        """
        for one, other in _pairs(meshes):
            if one not in meshes or other not in meshes:
                continue
            here, there = Place.of(meshes[one].points), Place.of(meshes[other].points)
            if here.same_face(there):
                loser = self._further(one, other, image, meshes[one])
                loser.lost = True
                del meshes[loser]
            elif min(here.step(there), there.step(here)) < CROSSING:
                for person in (one, other):
                    person.calm_frames, person.doubtful = 0, True

    def _further(self, one: Person, other: Person, image: BgrImage, shared: FaceMesh) -> Person:
        """Whose face it is less."""
        if one.embedding is not None and other.embedding is not None:
            seen = self.embedding(image, shared)
            if seen is not None:
                nearer = distance(one.embedding, seen) <= distance(other.embedding, seen)
                return other if nearer else one
        place = Place.of(shared.points)
        return other if one.place.step(place) <= other.place.step(place) else one


def frontal(mesh: FaceMesh) -> bool:
    """Whether the face looks about into the camera, so that an embedding tells who it is."""
    return abs(head_pose(mesh).yaw) <= FRONTAL


def _liker(person: Person, others: Sequence[Person], embedding: Embedding) -> bool:
    """Whether the face is more like another's."""
    if person.embedding is None:
        return False
    own = distance(person.embedding, embedding)
    known = (one.embedding for one in others if one is not person)
    return any(one is not None and distance(one, embedding) < own for one in known)


def _pairs(meshes: Meshes) -> list[tuple[Person, Person]]:
    people = list(meshes)
    return [(one, other) for n, one in enumerate(people) for other in people[n + 1 :]]


def _odd(person: Person, mesh: FaceMesh, place: Place) -> bool:
    return (
        mesh.presence < ODD_PRESENCE
        or person.place.step(place) > ODD_STEP
        or person.place.growth(place) > ODD_GROWTH
    )

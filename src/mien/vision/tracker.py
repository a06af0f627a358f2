"""One face followed through a stream: the largest at first, and then the same person.

The landmark net runs on every frame, in the square where the face was last; the detectors run
only while nobody is followed. Who somebody is gets asked once, when he is first seen well, and
again only when he may have been lost or covered.
"""

from typing import Self

from mien.models.weights import WeightStore
from mien.vision.cuts import CutDetector
from mien.vision.detector import FaceDetector, merge
from mien.vision.face import BgrImage, Detection, FaceMesh, FaceTrack
from mien.vision.identity import IdentityModel
from mien.vision.keypoints import head_pose
from mien.vision.landmarker import FaceLandmarker, Roi
from mien.vision.person import Person, Place

# Presence that a new face must show, and that a followed one may fall to.
ENTER, STAY = 0.6, 0.25
# A followed face can't go further than this share of its size in a frame, nor grow so much.
LONGEST_STEP, LARGEST_GROWTH = 0.4, 1.5
# A smaller jump makes it worth asking who this is, once the face is calm again.
ODD_STEP, ODD_GROWTH, ODD_PRESENCE = 0.15, 1.12, 0.9
CALM_FRAMES = 5
# An embedding of a head turned further than this, in degrees, tells little.
FRONTAL = 30.0
# A stranger is followed only when the person has been away for so long.
STRANGER_AFTER_S = 1.0
# Each face of a crowd that is looked at costs some 20 ms of a live frame.
LOOKED_AT_AFTER_CUT = 3


class FaceTracker:
    """Follows one face. Frames come in order, from one thread at a time."""

    def __init__(
        self,
        detectors: tuple[FaceDetector, ...],
        landmarker: FaceLandmarker,
        identity: IdentityModel | None = None,
    ) -> None:
        self._detectors = detectors
        self._landmarker = landmarker
        self._identity = identity
        self._cuts = CutDetector()
        self._person: Person | None = None
        self._searches = 0
        self._size: tuple[int, int] | None = None

    @classmethod
    def load(cls, store: WeightStore, *, recognise: bool = True) -> Self:
        """With the shipped nets; without recognise, a lost person is known again by place only."""
        detectors = (FaceDetector.short_range(store), FaceDetector.full_range(store))
        identity = IdentityModel.load(store) if recognise else None
        return cls(detectors, FaceLandmarker.load(store), identity)

    def update(self, image: BgrImage, seconds: float) -> FaceTrack | None:
        """Take in the next BGR frame and its time; the face with calm landmarks, or None."""
        self._rescale(image)
        cut = self._cuts(image)
        if cut and self._person is not None:
            self._person.lost = True
        mesh = self._follow(image)
        if mesh is None:
            mesh = self._search(image, seconds, cut)
        if mesh is None or self._person is None:
            return None
        return self._person.seen(mesh, seconds)

    def _rescale(self, image: BgrImage) -> None:
        """A sender that adapts its size in mid-stream does not lose its face."""
        last, self._size = self._size, (image.shape[1], image.shape[0])
        if last and last != self._size and self._person is not None:
            self._person.rescale(self._size[0] / last[0], self._size[1] / last[1])

    def _follow(self, image: BgrImage) -> FaceMesh | None:
        """The followed person's face near where it was; None where it is not, or is another's."""
        person = self._person
        if person is None or person.lost:
            return None
        mesh = self._landmarker(image, Roi.of_points(person.points))
        place = Place.of(mesh.points)
        person.lost = (
            mesh.presence < STAY
            or person.place.step(place) > LONGEST_STEP
            or person.place.growth(place) > LARGEST_GROWTH
            or not self._still_himself(person, image, mesh, place)
        )
        return None if person.lost else mesh

    def _still_himself(self, person: Person, image: BgrImage, mesh: FaceMesh, place: Place) -> bool:
        """Learn who this is when first seen well; ask again after something odd."""
        if _odd(person, mesh, place):
            person.calm_frames, person.doubtful = 0, True
        person.calm_frames += 1
        settled = person.embedding is not None and not person.doubtful
        if self._identity is None or settled or person.calm_frames < CALM_FRAMES:
            return True
        if abs(head_pose(mesh).yaw) > FRONTAL:
            return True
        embedding = self._identity(image, mesh)
        if not person.resembles(embedding, near=True):
            return False
        if person.embedding is None:
            person.embedding = embedding
        person.doubtful = False
        return True

    def _search(self, image: BgrImage, seconds: float, cut: bool) -> FaceMesh | None:
        """The person again, or somebody else where he has been away for long."""
        candidates = self._detect(image)
        if not candidates:
            return None
        if self._person is not None:
            mesh = self._find_again(self._person, image, seconds, cut, candidates)
            if mesh is not None:
                return mesh
            if not cut and seconds - self._person.last_seen < STRANGER_AFTER_S:
                return None
        return self._adopt(image, seconds, candidates[0])

    def _detect(self, image: BgrImage) -> list[Detection]:
        """Largest first."""
        found = [one for detector in self._detectors for one in detector(image)]
        return sorted(merge(found), key=lambda one: -one.box[2])

    def _find_again(
        self,
        person: Person,
        image: BgrImage,
        seconds: float,
        cut: bool,
        candidates: list[Detection],
    ) -> FaceMesh | None:
        for candidate in self._worth_a_look(person, cut, candidates):
            mesh = self._landmarks(image, candidate)
            if mesh is None:
                continue
            near = not cut and person.left_near(Place.of(mesh.points), seconds)
            if self._is(person, image, mesh, near):
                return mesh
        return None

    def _worth_a_look(
        self, person: Person, cut: bool, candidates: list[Detection]
    ) -> list[Detection]:
        """After a cut the largest few; else one a frame in turn, so that no frame is late."""
        if cut:
            return candidates[:LOOKED_AT_AFTER_CUT]
        nearest = sorted(candidates, key=lambda one: person.place.step(_place(one)))
        self._searches += 1
        return [nearest[self._searches % len(nearest)]]

    def _is(self, person: Person, image: BgrImage, mesh: FaceMesh, near: bool) -> bool:
        if self._identity is None or person.embedding is None:
            return near
        return person.resembles(self._identity(image, mesh), near=near)

    def _adopt(self, image: BgrImage, seconds: float, candidate: Detection) -> FaceMesh | None:
        """Follow somebody new."""
        mesh = self._landmarks(image, candidate)
        if mesh is not None:
            last_id = 0 if self._person is None else self._person.id
            self._person = Person(last_id + 1, Place.of(mesh.points), mesh.points, seconds)
        return mesh

    def _landmarks(self, image: BgrImage, candidate: Detection) -> FaceMesh | None:
        """Twice, for the detector's square is a rough one."""
        mesh = self._landmarker.find(image, candidate)
        if mesh.presence > ENTER:
            mesh = self._landmarker(image, Roi.of_points(mesh.points))
        return mesh if mesh.presence > ENTER else None


def _odd(person: Person, mesh: FaceMesh, place: Place) -> bool:
    return (
        mesh.presence < ODD_PRESENCE
        or person.place.step(place) > ODD_STEP
        or person.place.growth(place) > ODD_GROWTH
    )


def _place(detection: Detection) -> Place:
    left, top, width, height = detection.box
    return Place(left + width / 2, top + height / 2, max(width, height))

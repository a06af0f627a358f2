"""People followed through a stream: one, the largest at first and then the same; or several.

The landmark net runs on every frame for who is attended to, in the square where the face was
last. Detectors run only while nobody is followed or somebody is missing; with several people also
now and then, for newcomers and for those who are only watched; in every frame, where a newcomer
is not to be seen bare.
"""

from collections.abc import Iterable, Set
from typing import Self

from mien.models.cores import MOST_CORES_A_FRAME
from mien.models.weights import WeightStore
from mien.vision.cuts import CutDetector
from mien.vision.detector import FaceDetector, merge
from mien.vision.face import BgrImage, Detection, FaceMesh
from mien.vision.follower import CROSSING, Follower, Meshes, frontal
from mien.vision.identity import IdentityModel
from mien.vision.landmarker import FaceLandmarker, Landmarker
from mien.vision.person import Person
from mien.vision.place import Place
from mien.vision.recognition import Newcomer, recognise
from mien.vision.sighting import Sighting
from mien.vision.smoothing import OF_ONE_LOOK, OF_SEVERAL, Calm, MeshSmoother
from mien.vision.steady import Look, SteadyLandmarker

MOST_PEOPLE = 8
# A stranger takes the place only of somebody who has been away for so long.
STRANGER_AFTER_S = 1.0
# Each face of a crowd that is looked at costs some 20 ms of a live frame.
LOOKED_AT_AFTER_CUT = 3
# Where some are surer, detections of a smaller score come last: of a crowd of small faces the
# quick detector sees large ones that are not there.
UNSURE = 0.6
# With several people a detector looks for newcomers this often; the two take turns.
LOOK_EVERY_S = 0.15
# While somebody is missing the quick detector looks at each frame, the other at every third.
FULL_RANGE_EVERY = 3
# A watched face that no detector has seen for so long is lost.
UNSEEN_S = 1.0
# A face that could not be named so many times is asked only now and then.
PATIENCE, ASK_EVERY = 5, 4
# How a face of a file is looked at.
LOOKS = (
    Look(degrees=1.0, size=1.02),
    Look(-0.03, 0.03, 4.0, 0.98),
    Look(0.03, -0.02, -4.0, 1.05),
    Look(-0.02, -0.035, -2.5, 0.95),
    Look(0.02, 0.025, 1.5, 1.0),
)


class FaceTracker:
    """Follows faces. Frames come in order, from one thread at a time."""

    def __init__(
        self,
        detectors: tuple[FaceDetector, ...],
        landmarker: Landmarker,
        identity: IdentityModel | None = None,
        calm: Calm = OF_ONE_LOOK,
    ) -> None:
        self._detectors = detectors
        self._follower = Follower(landmarker, identity)
        self._calm = calm
        self._cuts = CutDetector()
        self._people: list[Person] = []
        self._most = 1
        self._expecting = False
        self._last_id = 0
        self._looks = 0
        self._looked_at = float("-inf")
        self._unnamed_looks = 0
        self._size: tuple[int, int] | None = None

    @classmethod
    def load(
        cls, store: WeightStore, *, recognise: bool = True, cores: int = MOST_CORES_A_FRAME
    ) -> Self:
        """With the shipped nets; without recognise, a lost person is known again by place only."""
        detectors = (FaceDetector.short_range(store), FaceDetector.full_range(store))
        identity = IdentityModel.load(store) if recognise else None
        return cls(detectors, FaceLandmarker.load(store, cores), identity)

    @classmethod
    def for_files(cls, store: WeightStore) -> Self:
        """With the shipped nets, for what nobody waits for: each face is looked at again and again,
        and what moves is less held back."""
        detectors = (FaceDetector.short_range(store), FaceDetector.full_range(store))
        landmarker = SteadyLandmarker(FaceLandmarker.load(store), LOOKS)
        return cls(detectors, landmarker, IdentityModel.load(store), OF_SEVERAL)

    def follow_up_to(self, most: int) -> None:
        """How many people to know at once, 1 to 8."""
        self._most = min(max(most, 1), MOST_PEOPLE)
        self._people = self._people[: self._most]

    def attend(self, ids: Set[int] | None, *, expecting: bool = False) -> None:
        """Whose landmarks are needed from the next frame on; None: everybody's.

        expecting: whether who may come is looked for in every frame, and not only now and then.
        """
        self._expecting = expecting
        for person in self._people:
            watched = ids is not None and person.id not in ids
            if person.watched and not watched:
                person.doubtful, person.calm_frames = True, 0
            person.watched = watched

    def update(self, image: BgrImage, seconds: float) -> Sighting:
        """Take in the next BGR frame and its time; the faces in it, with calm landmarks."""
        self._rescale(image)
        change = self._cuts(image)
        cut = change == "cut"
        for person in self._people:
            person.lost |= cut or (person.watched and seconds - person.last_seen > UNSEEN_S)
            if change == "light":
                # Should it have been a cut to somebody alike, his face will tell.
                person.doubtful, person.calm_frames = True, 0
        meshes = self._follow(image)
        unknown: tuple[Place, ...] = ()
        if self._should_look(seconds, cut):
            unknown = self._look(image, seconds, cut, meshes)
            self._unnamed_looks = self._unnamed_looks + 1 if unknown else 0
        tracks = [person.seen(mesh, seconds) for person, mesh in meshes.items()]
        known = frozenset(person.id for person in self._people)
        return Sighting(tuple(sorted(tracks, key=lambda one: one.id)), unknown, known, change)

    def _rescale(self, image: BgrImage) -> None:
        """A sender that adapts its size in mid-stream does not lose its face."""
        last, self._size = self._size, (image.shape[1], image.shape[0])
        if last and last != self._size:
            for person in self._people:
                person.rescale(self._size[0] / last[0], self._size[1] / last[1])

    def _follow(self, image: BgrImage) -> Meshes:
        meshes = {}
        for person in self._people:
            if person.lost or (person.watched and not self._is_crossed(person)):
                continue
            mesh = self._follower.follow(person, image, self._people)
            if mesh is not None:
                meshes[person] = mesh
            elif not person.watched:
                self._doubt_around(person)
        if len(meshes) > 1:
            self._follower.part(image, meshes)
        return meshes

    def _is_crossed(self, person: Person) -> bool:
        """Whether somebody passes whose face must not be mixed up with this one."""
        attended = (one for one in self._people if not (one.watched or one.lost))
        return any(one.place.step(person.place) < 2 * CROSSING for one in attended)

    def _doubt_around(self, lost: Person) -> None:
        """A watched face beside somebody who was just lost may be his."""
        for person in self._people:
            person.lost |= person.watched and person.place.step(lost.place) < 2 * CROSSING

    def _missing(self) -> bool:
        return any(one.lost and not one.watched for one in self._people)

    def _should_look(self, seconds: float, cut: bool) -> bool:
        if cut or not self._people or self._missing():
            return True
        due = seconds - self._looked_at >= LOOK_EVERY_S
        return self._most > 1 and (due or self._expecting or self._unnamed_looks > 0)

    def _look(
        self, image: BgrImage, seconds: float, cut: bool, meshes: Meshes
    ) -> tuple[Place, ...]:
        """Find who was lost, and newcomers; the places of those who remain unknown."""
        candidates = _apart(self._detect(image, seconds, cut), meshes)
        candidates = self._glimpse(candidates, seconds)
        found = self._newcomers(image, self._worth_a_look(candidates, seconds, cut), meshes)
        lost = [one for one in self._people if one.lost]
        named = recognise(lost, found, seconds, cut)
        meshes.update((person, newcomer.mesh) for person, newcomer in named.items())
        for stranger in (one for one in found if one not in named.values()):
            # Of one face a stream, the largest; who else was looked at is not he.
            if self._most > 1 or stranger.candidate is candidates[0]:
                self._adopt(stranger, seconds, cut, meshes)
        return tuple(Place.of_detection(one) for one in _apart(candidates, meshes))

    def _detect(self, image: BgrImage, seconds: float, cut: bool) -> list[Detection]:
        """Largest first, but for those that may well be no face, or lie elsewhere."""
        self._looks += 1
        self._looked_at = seconds
        detectors = self._detectors
        if self._most > 1 and self._people and not cut:
            every = FULL_RANGE_EVERY if self._missing() else len(detectors)
            detectors = detectors[:1] if self._looks % every else detectors[1:]
        found = [one for detector in detectors for one in detector(image)]
        return sorted(merge(found), key=lambda one: (one.score < UNSURE, -one.box[2]))

    def _glimpse(self, candidates: list[Detection], seconds: float) -> list[Detection]:
        """Take out the faces that are only watched, and keep track of them."""
        watched = [one for one in self._people if one.watched and not one.lost]
        rest = []
        for candidate in candidates:
            place = Place.of_detection(candidate)
            near = [one for one in watched if one.left_near(place, seconds)]
            if not near:
                rest.append(candidate)
                continue
            person = min(near, key=lambda one: one.expected(seconds).step(place))
            person.glimpsed(place, seconds)
            watched.remove(person)
        return rest

    def _worth_a_look(
        self, candidates: list[Detection], seconds: float, cut: bool
    ) -> list[Detection]:
        """After a cut the largest few; else one a frame in turn, so that no frame is late."""
        if cut or not self._people:
            several = self._most > 1 or cut
            return candidates[: max(LOOKED_AT_AFTER_CUT, self._most) if several else 1]
        tired = self._most > 1 and self._unnamed_looks > PATIENCE
        if not candidates or (tired and self._unnamed_looks % ASK_EVERY):
            return []
        lost = [one.expected(seconds) for one in self._people if one.lost]
        nearest = sorted(
            candidates,
            key=lambda one: min((at.step(Place.of_detection(one)) for at in lost), default=0.0),
        )
        return [nearest[self._looks % len(nearest)]]

    def _newcomers(
        self, image: BgrImage, candidates: list[Detection], meshes: Meshes
    ) -> list[Newcomer]:
        found: list[Newcomer] = []
        for candidate in candidates:
            mesh = self._follower.find(image, candidate)
            others = [*meshes.values(), *(one.mesh for one in found)]
            place = Place.of(mesh.points) if mesh else None
            if mesh is None or place is None or _any_at(place, others):
                continue
            ahead = frontal(mesh)
            asked = any(one.lost and one.embedding is not None for one in self._people)
            ask = asked or (self._most > 1 and ahead)
            embedding = self._follower.embedding(image, mesh) if ask else None
            found.append(Newcomer(candidate, mesh, embedding, ahead))
        return found

    def _adopt(self, stranger: Newcomer, seconds: float, cut: bool, meshes: Meshes) -> None:
        """Follow somebody new, if there is room for him."""
        missing = any(one.lost and one not in meshes for one in self._people)
        if self._most > 1 and missing and not stranger.frontal:
            # He may be the one who is missing; it shows when he turns to the camera.
            return
        if any(one.doubtful and _is_like(one, stranger) for one in meshes):
            # Somebody is followed who is perhaps not himself, and this is perhaps he.
            return
        if len(self._people) >= self._most and not self._make_room(seconds, cut, meshes):
            return
        self._last_id += 1
        points = stranger.mesh.points
        smoother = MeshSmoother(self._calm)
        person = Person(self._last_id, Place.of(points), points, seconds, smoother)
        person.embedding = stranger.embedding if stranger.frontal else None
        self._people.append(person)
        meshes[person] = stranger.mesh

    def _make_room(self, seconds: float, cut: bool, meshes: Meshes) -> bool:
        """Forget who has been away the longest."""
        away = [one for one in self._people if one.lost and one not in meshes]
        longest = min(away, key=lambda one: one.last_seen, default=None)
        if longest is None or not (cut or seconds - longest.last_seen >= STRANGER_AFTER_S):
            return False
        self._people.remove(longest)
        return True


def _is_like(person: Person, newcomer: Newcomer) -> bool:
    embedding = newcomer.embedding
    known = person.embedding is not None and embedding is not None
    return known and embedding is not None and person.resembles(embedding, near=False)


def _apart(candidates: list[Detection], meshes: Meshes) -> list[Detection]:
    """Those in which nobody is followed."""
    taken = list(meshes.values())
    return [one for one in candidates if not _any_at(Place.of_detection(one), taken)]


def _any_at(place: Place, meshes: Iterable[FaceMesh]) -> bool:
    return any(place.same_face(Place.of(mesh.points)) for mesh in meshes)

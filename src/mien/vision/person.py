"""What a tracker remembers of a person it follows: where he was, and who he is."""

from dataclasses import dataclass, field, replace

import numpy as np

from mien.vision.face import FaceMesh, FaceTrack, Points
from mien.vision.identity import SAME_PERSON, Embedding, distance
from mien.vision.place import Place
from mien.vision.smoothing import MeshSmoother

# Somebody lost for no longer than this, and found no further off than this share of his size,
# is taken for himself more readily: he has turned his head or a hand has passed.
BRIEF_S, NEAR = 1.0, 0.6
SAME_AND_NEAR = 0.72
# Of each new measure of speed; and for how long somebody unseen is taken to go on as he went.
VELOCITY_SHARE, GOES_ON_S = 0.4, 0.6


@dataclass(eq=False)
class Person:
    """Whoever is followed, or was once.

    watched: nobody needs his landmarks; detections alone say where he is.
    """

    id: int
    place: Place
    points: Points
    last_seen: float
    smoother: MeshSmoother = field(default_factory=MeshSmoother)
    frames_seen: int = 0
    calm_frames: int = 0
    doubtful: bool = False
    lost: bool = False
    watched: bool = False
    embedding: Embedding | None = None
    velocity: tuple[float, float] = (0.0, 0.0)

    def seen(self, mesh: FaceMesh, seconds: float) -> FaceTrack:
        """Take in where he is now; the raw landmarks are kept, calm ones are given."""
        if self.lost:
            self.smoother.reset()
        self.moved(Place.of(mesh.points), seconds)
        self.points = mesh.points
        self.frames_seen += 1
        calm = FaceMesh(self.smoother(mesh.points, seconds), mesh.presence)
        return FaceTrack(self.id, calm, self.frames_seen, self.embedding)

    def moved(self, place: Place, seconds: float) -> None:
        """Take in a new place, from landmarks or from a detector."""
        elapsed = seconds - self.last_seen
        if self.lost or not 0 < elapsed < BRIEF_S:
            self.velocity = (0.0, 0.0)
        else:
            pace = (place.x - self.place.x) / elapsed, (place.y - self.place.y) / elapsed
            x, y = (a + VELOCITY_SHARE * (b - a) for a, b in zip(self.velocity, pace, strict=True))
            self.velocity = (x, y)
        self.place, self.last_seen, self.lost = place, seconds, False

    def glimpsed(self, place: Place, seconds: float) -> None:
        """A detector saw him; his landmarks are taken to have gone with him."""
        step = place.x - self.place.x, place.y - self.place.y
        self.points = self.points + np.array([*step, 0], np.float32)
        self.moved(place, seconds)

    def expected(self, seconds: float) -> Place:
        """Where he is now if he went on as he went."""
        ahead = min(max(seconds - self.last_seen, 0.0), GOES_ON_S)
        x, y = (speed * ahead for speed in self.velocity)
        return replace(self.place, x=self.place.x + x, y=self.place.y + y)

    def rescale(self, across: float, down: float) -> None:
        """The stream has changed its size: what was seen is so many times as wide and high."""
        depth = (across + down) / 2
        self.points = self.points * np.array([across, down, depth], np.float32)
        self.place = Place(self.place.x * across, self.place.y * down, self.place.size * depth)
        self.velocity = (0.0, 0.0)
        self.smoother.reset()

    def left_near(self, place: Place, seconds: float) -> bool:
        """Whether he was there a moment ago, or was on his way there, about as large."""
        brief = seconds - self.last_seen <= BRIEF_S
        step = min(self.place.step(place), self.expected(seconds).step(place))
        return brief and step < NEAR and self.place.growth(place) < 1 + NEAR

    def resembles(self, embedding: Embedding, *, near: bool) -> bool:
        """Whether that is his face, as far as it was learnt."""
        if self.embedding is None:
            return near
        return distance(self.embedding, embedding) < (SAME_AND_NEAR if near else SAME_PERSON)

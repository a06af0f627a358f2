"""What a tracker remembers of the person it follows: where he was, and who he is."""

from dataclasses import dataclass, field

import numpy as np

from mien.vision.face import FaceMesh, FaceTrack, Points
from mien.vision.identity import SAME_PERSON, Embedding, distance
from mien.vision.smoothing import MeshSmoother

# Somebody lost for no longer than this, and found no further off than this share of his size,
# is taken for himself more readily: he has turned his head or a hand has passed.
BRIEF_S, NEAR = 1.0, 0.6
SAME_AND_NEAR = 0.72


@dataclass(frozen=True)
class Place:
    """Middle and size of a face, in pixels."""

    x: float
    y: float
    size: float

    @classmethod
    def of(cls, points: Points) -> "Place":
        """The place of landmarks (n, 2 or 3)."""
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        x, y = ((low + high) / 2).tolist()
        return cls(x, y, float((high - low).max()))

    def step(self, other: "Place") -> float:
        """How far the other is away, in sizes of this one."""
        return float(np.hypot(other.x - self.x, other.y - self.y)) / max(self.size, 1.0)

    def growth(self, other: "Place") -> float:
        """How many times larger or smaller the other is, at least 1."""
        ratio = max(other.size, 1.0) / max(self.size, 1.0)
        return max(ratio, 1 / ratio)


@dataclass
class Person:
    """Whoever is followed, or was followed last."""

    id: int
    place: Place
    points: Points
    last_seen: float
    smoother: MeshSmoother = field(default_factory=MeshSmoother)
    frames_seen: int = 0
    calm_frames: int = 0
    doubtful: bool = False
    lost: bool = False
    embedding: Embedding | None = None

    def seen(self, mesh: FaceMesh, seconds: float) -> FaceTrack:
        """Take in where he is now; the raw landmarks are kept, calm ones are given."""
        if self.lost:
            self.smoother.reset()
        self.place, self.points, self.last_seen = Place.of(mesh.points), mesh.points, seconds
        self.lost = False
        self.frames_seen += 1
        calm = FaceMesh(self.smoother(mesh.points, seconds), mesh.presence)
        return FaceTrack(self.id, calm, self.frames_seen)

    def rescale(self, across: float, down: float) -> None:
        """The stream has changed its size: what was seen is so many times as wide and high."""
        depth = (across + down) / 2
        self.points = self.points * np.array([across, down, depth], np.float32)
        self.place = Place.of(self.points)
        self.smoother.reset()

    def left_near(self, place: Place, seconds: float) -> bool:
        """Whether he was there a moment ago, about as large."""
        brief = seconds - self.last_seen <= BRIEF_S
        return brief and self.place.step(place) < NEAR and self.place.growth(place) < 1 + NEAR

    def resembles(self, embedding: Embedding, *, near: bool) -> bool:
        """Whether that is his face, as far as it was learnt."""
        if self.embedding is None:
            return near
        return distance(self.embedding, embedding) < (SAME_AND_NEAR if near else SAME_PERSON)

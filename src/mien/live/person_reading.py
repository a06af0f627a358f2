"""What a consent clip shows, in numbers: one face or more, whose, how it turns, what is heard."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from mien.errors import MediaRejected
from mien.media.clips import ClipLimits, kind_of, read_evenly
from mien.media.loudness import heard_seconds
from mien.models.weights import WeightStore
from mien.trust.liveness import PersonReading
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import Embedding, IdentityModel, distance
from mien.vision.keypoints import head_pose

FRAMES = 90
LARGEST_SIDE = 640
# Turned further, an embedding tells little.
FRONTAL = 25.0


@dataclass(frozen=True)
class PersonReader:
    """The nets that read a clip; one clip takes about three seconds of a core."""

    finder: FaceFinder
    identity: IdentityModel

    @classmethod
    def load(cls, store: WeightStore) -> "PersonReader":
        """With the shipped nets."""
        return cls(FaceFinder.load(store), IdentityModel.load(store))

    def __call__(self, data: bytes, registered: Embedding, limits: ClipLimits) -> PersonReading:
        """Compare a clip with the face that was registered. Raises MediaRejected."""
        if kind_of(data) != "video":
            raise MediaRejected("This is no video", "record a clip.")
        frames = read_evenly(data, FRAMES, limits)
        looks = [self._look(_small(frame.image), registered) for frame in frames]
        return PersonReading(
            seconds=frames[-1].seconds - frames[0].seconds,
            yaws=tuple(look.yaw for look in looks),
            apart=tuple(look.apart for look in looks if look.apart is not None),
            one_face=float(np.mean([look.faces == 1 for look in looks])),
            speech_s=heard_seconds(data, limits),
        )

    def _look(self, image: BgrImage, registered: Embedding) -> "_Look":
        faces = self.finder(image)
        if not faces:
            return _Look(0, math.nan, None)
        mesh = faces[0].mesh
        yaw = head_pose(mesh).yaw
        frontal = abs(yaw) < FRONTAL
        apart = distance(self.identity(image, mesh), registered) if frontal else None
        return _Look(len(faces), yaw, apart)


@dataclass(frozen=True)
class _Look:
    """What one frame shows."""

    faces: int
    yaw: float
    apart: float | None


def _small(image: BgrImage) -> BgrImage:
    scale = LARGEST_SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)

"""Pictures of strangers, decoded and read in a process of their own: the seam."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Identity = tuple[float, ...]


@dataclass(frozen=True)
class FaceReading:
    """One face in one picture, in whole pixels of that picture.

    landmarks: left eye, right eye, nose, mouth centre, left mouth corner, right mouth corner, as
    the picture shows them (left is the picture's left). region: x, y, width, height.
    """

    landmarks: tuple[tuple[int, int], ...]
    region: tuple[int, int, int, int]
    score: float


@dataclass(frozen=True)
class PictureReading:
    """The faces of one picture or video frame, largest first; crops are JPEG, when asked for."""

    faces: tuple[FaceReading, ...]
    width: int
    height: int
    frame_time: float | None = None
    crops: tuple[bytes, ...] = ()
    crop_regions: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class PreparedSource:
    """A source face made ready: what the workers load, what was found, and a small preview.

    data: of a person, so it is kept sealed only. identity: the face's embedding, empty where it
    could not be told. nudity: how likely the whole picture shows it, 0 to 1; None where nobody
    looked. credentials: what the pictures' own C2PA manifests say, one each, as `archive` gave it.
    """

    data: bytes
    face: FaceReading
    preview_jpeg: bytes
    notes: tuple[str, ...] = ()
    identity: Identity = ()
    nudity: float | None = None
    credentials: tuple[bytes, ...] = ()


class Imaging(Protocol):
    """Reads pictures. Every call may raise ImageRejected, NoFaceFound or SourceRejected."""

    async def start(self) -> None:
        """Warm the process."""

    async def stop(self) -> None:
        """End the process."""

    async def read_faces(
        self, data: bytes, *, largest_only: bool, frames: int = 1, crops: bool = False
    ) -> tuple[PictureReading, ...]:
        """Find faces in a picture, or in `frames` evenly spaced frames of a GIF or video."""

    async def prepare_source(
        self, data: bytes, near: tuple[tuple[int, int], ...] = ()
    ) -> PreparedSource:
        """Prepare the face nearest to the points `near` (else the largest) as a source."""

    async def recognise(self, data: bytes, near: tuple[tuple[int, int], ...] = ()) -> Identity:
        """Who the face nearest to the points `near` (else the largest) is: its embedding."""

    async def merge_sources(self, parts: Sequence[bytes]) -> bytes:
        """Make one source of prepared ones of one person; SourceRejected where they differ."""

    async def nudity(self, data: bytes) -> float:
        """How likely a picture shows nudity, 0 to 1."""

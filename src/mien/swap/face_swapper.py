"""The library's front door: a source face in, then pictures in and pictures out."""

from mien.errors import NoFaceFound
from mien.models.weights import WeightStore
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.lost import LostPolicy
from mien.swap.source import SourceFace, prepare_source
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder

_USUAL_FRAME_SECONDS = 1 / 30


class FaceSwapper:
    """Wears one face on the frames of one camera or clip.

        swapper = FaceSwapper(source_bgr)
        out = swapper(frame_bgr)

    source: (h, w, 3) uint8 BGR, a picture whose largest face is worn; or a prepared SourceFace.
    quality: 1 (fastest) to 3. lost_face: what a frame without a face becomes: "pass", "hold" or
    "blur". Raises NoFaceFound for a source without a face, SourceRejected (with the reason) for
    one that can't be worn. The first call in an installation compiles for some seconds.
    """

    def __init__(
        self,
        source: BgrImage | SourceFace,
        quality: int = 2,
        lost_face: LostPolicy = "pass",
        store: WeightStore | None = None,
    ) -> None:
        store = store or WeightStore()
        face = source if isinstance(source, SourceFace) else find_source(source, store)
        options = EngineOptions(lost_face=lost_face, quality=quality)
        self._engine = FrameEngine.load(store, options)
        self._engine.set_source(face)
        self._seconds = 0.0

    def __call__(self, frame: BgrImage, seconds: float | None = None) -> BgrImage:
        """The frame with the other face, a new array.

        frame: (h, w, 3) uint8 BGR. seconds: its time in the clip, rising; by default frames are
        taken to come 30 a second.
        """
        self._seconds = self._seconds + _USUAL_FRAME_SECONDS if seconds is None else seconds
        return self._engine(frame, self._seconds).image


def find_source(image: BgrImage, store: WeightStore) -> SourceFace:
    """Prepare the largest face of a picture. Raises NoFaceFound and SourceRejected."""
    faces = FaceFinder.load(store)(image)
    if not faces:
        raise NoFaceFound("No face was found; use a sharp picture of a face that looks at you.")
    return prepare_source(image, faces[0].mesh)

"""The library's front door: a source face in, then pictures in and pictures out."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from mien.models.weights import WeightStore
from mien.swap.cast import Cast, FaceMode
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.lost import LostPolicy
from mien.swap.source import SourceFace
from mien.swap.source_maker import SourceMaker
from mien.vision.face import BgrImage

_USUAL_FRAME_SECONDS = 1 / 30


class FaceSwapper:
    """Wears one face on the frames of one camera or clip.

        swapper = FaceSwapper(source_bgr)
        out = swapper(frame_bgr)

    source: (h, w, 3) uint8 BGR, a picture whose largest face is worn; or a prepared SourceFace;
    or a list of up to 8 of them, all of one person, which are merged.
    faces: whose face is changed: "largest", one person's, the largest at first and then the same;
    "all", everybody's; "order", of several sources one each, from left to right.
    targets: pictures of who is to be changed instead, the largest face of each: one for each
    source, or a single one for photos of one person.
    quality: 1 (fastest) to 3. shape: 0..1, how far the face takes the source's proportions.
    lost_face: what a frame without a face becomes: "pass", "hold" or "blur".

    Raises NoFaceFound for a source or target without a face, SourceRejected (with the reason) for
    one that can't serve or for photos of several persons, TooManyFaces above 8, ParameterError for
    targets that don't fit. The first call in an installation compiles for some seconds. The
    first frame of a person takes half a second more, and two later ones about two: the source
    is fitted to him.
    """

    def __init__(
        self,
        source: BgrImage | SourceFace | Sequence[BgrImage | SourceFace],
        quality: int = 2,
        lost_face: LostPolicy = "pass",
        store: WeightStore | None = None,
        faces: Literal["largest", "all", "order"] = "largest",
        targets: Sequence[BgrImage] = (),
        shape: float = 1.0,
    ) -> None:
        store = store or WeightStore()
        photos = [source] if isinstance(source, np.ndarray | SourceFace) else source
        options = EngineOptions(lost_face=lost_face, quality=quality, shape_strength=shape)
        self._engine = FrameEngine.load(store, options)
        make = SourceMaker.load(store)
        mode: FaceMode = "chosen" if targets else faces
        one_each = mode == "order" or len(targets) > 1
        people = [[photo] for photo in photos] if one_each else [photos]
        worn = tuple(make(of_one) for of_one in people)
        known = (make.recognise(image, make.faces(image)[0].mesh) for image in targets)
        self._engine.set_cast(Cast(worn, mode, tuple(known)))
        self._seconds = 0.0

    def __call__(self, frame: BgrImage, seconds: float | None = None) -> BgrImage:
        """The frame with the other face, a new array.

        frame: (h, w, 3) uint8 BGR. seconds: its time in the clip, rising; by default frames are
        taken to come 30 a second.
        """
        self._seconds = self._seconds + _USUAL_FRAME_SECONDS if seconds is None else seconds
        return self._engine(frame, self._seconds).image

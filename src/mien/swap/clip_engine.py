"""Engines for a clip that can be read twice: its people are met before they are swapped.

So each has the face that fits him from his first frame on, where in a live stream it comes and
changes in his first seconds (docs/decisions/0028-files-are-read-ahead.md).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from mien.models.weights import WeightStore
from mien.swap.cast import Cast
from mien.swap.engine import EngineOptions, FrameEngine, SwappedFrame, TrackedFrame
from mien.swap.look import Look
from mien.swap.mesh import QUALITIES
from mien.swap.rehearsal import rehearse
from mien.swap.senses import Senses
from mien.swap.source import SourceFace
from mien.swap.tailor import PLAN_FOR_CLIPS, Fittings, Tailor
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.hand import Hand

# Seconds that are read ahead; whoever comes later is met as in a live stream.
AHEAD_S = 30.0
_NOTHING = np.empty((0, 0, 3), np.uint8)
Frames = Iterable[tuple[BgrImage, float]]
"""Pictures, (h, w, 3) uint8 BGR, each with its time in seconds, rising."""


class ClipEngine:
    """Swaps a clip from its first frame on; how the first ones are tracked is known already."""

    def __init__(self, engine: FrameEngine, tracked: Iterable[TrackedFrame]) -> None:
        self._engine, self._tracked = engine, deque(tracked)

    def __call__(self, frame: BgrImage, seconds: float) -> SwappedFrame:
        """The next frame with another face; as FrameEngine has it."""
        if not self._tracked:
            return self._engine(frame, seconds)
        image = np.require(frame, np.uint8, ["C", "W"])
        return self._engine.render(replace(self._tracked.popleft(), image=image))

    def set_source(self, source: SourceFace | None) -> None:
        """See FrameEngine."""
        self._engine.set_source(source)


class Scout:
    """Meets people, and makes engines that know them and have senses and a tailor in common.

    Frames come in order. Of several engines each may only go as far as the scout has been.
    """

    def __init__(self, senses: Senses, options: EngineOptions, cast: Cast, tailor: Tailor) -> None:
        self._senses, self._options, self._cast = senses, options, cast
        self._tailor = tailor
        self._engine = self._wearing(_Measuring(tailor))
        self._tracked: list[TrackedFrame] = []
        self._first: float | None = None

    def meet(self, image: BgrImage, seconds: float) -> TrackedFrame:
        """The next frame, (h, w, 3) uint8 BGR, and its time; after AHEAD_S nobody is met in it."""
        self._first = seconds if self._first is None else self._first
        ahead = seconds - self._first <= AHEAD_S
        tracked = (self._engine.meet if ahead else self._engine.track)(image, seconds)
        # Without the picture, which comes again.
        self._tracked.append(replace(tracked, image=_NOTHING))
        return tracked

    def engine(self) -> ClipEngine:
        """An engine that wears the cast and knows who was met. From now on no more is learnt for
        the tailor of whom was met."""
        self._tailor.know()
        made = self._wearing(self._tailor)
        made.go_on_from(self._engine)
        return ClipEngine(made, self._tracked)

    def _wearing(self, tailor: Fittings) -> FrameEngine:
        engine = FrameEngine(self._senses, self._options, tailor=tailor)
        engine.set_cast(self._cast)
        return engine


class _Measuring:
    """Sees people for another tailor, and leaves their looks as they are."""

    def __init__(self, other: Fittings) -> None:
        self._other = other

    def see(
        self, person: int, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand], seconds: float
    ) -> None:
        self._other.see(person, image, mesh, hands, seconds)

    def look_for(self, person: int, look: Look) -> Look:
        return look


def engine_for_clip(
    store: WeightStore, options: EngineOptions, cast: Cast, frames: Frames
) -> ClipEngine:
    """An engine that wears the cast, and knows who is in the clip's beginning.

    frames: of the clip; they are taken up to AHEAD_S. Raises WeightsError.
    """
    tailor = Tailor.load(store, plan=PLAN_FOR_CLIPS)
    scout = Scout(Senses.for_clips(store), options, cast, tailor)
    rehearse(QUALITIES[options.quality])
    for image, seconds in beginning(frames):
        scout.meet(image, seconds)
    return scout.engine()


def beginning(frames: Frames) -> Iterator[tuple[BgrImage, float]]:
    """The frames of the first AHEAD_S seconds."""
    first: float | None = None
    for image, seconds in frames:
        first = seconds if first is None else first
        if seconds - first > AHEAD_S:
            return
        yield image, seconds

"""Engines for a clip that can be read twice: its people are met before they are swapped.

So each has the face that fits him from his first frame on, where in a live stream it comes and
changes in his first seconds (docs/decisions/0028-files-are-read-ahead.md).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from mien.models.weights import WeightStore
from mien.swap.cast import Cast
from mien.swap.engine import EngineOptions, FrameEngine, TrackedFrame
from mien.swap.look import Look
from mien.swap.senses import Senses
from mien.swap.tailor import PLAN_FOR_CLIPS, Fittings, Tailor
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.hand import Hand

# Seconds that are read ahead; whoever comes later is met as in a live stream.
AHEAD_S = 30.0
Frames = Iterable[tuple[BgrImage, float]]
"""Pictures, (h, w, 3) uint8 BGR, each with its time in seconds, rising."""


class Scout:
    """Meets people, and makes engines that know them and have a tailor in common.

    load: the nets of one engine, made anew. All engines must be shown what it was shown, from the
    first frame on: people are numbered as they come, and so they are called alike.
    """

    def __init__(
        self, load: Callable[[], Senses], options: EngineOptions, cast: Cast, tailor: Tailor
    ) -> None:
        self._load, self._options, self._cast = load, options, cast
        self._tailor = tailor
        self._engine = self._wearing(_Measuring(tailor))

    def meet(self, image: BgrImage, seconds: float) -> TrackedFrame:
        """The next frame, (h, w, 3) uint8 BGR, and its time."""
        return self._engine.meet(image, seconds)

    def engine(self) -> FrameEngine:
        """An engine that wears the cast and knows who was met. From now on no more is learnt for
        the tailor of whom was met."""
        self._tailor.know()
        made = self._wearing(self._tailor)
        made.remember(self._engine)
        return made

    def _wearing(self, tailor: Fittings) -> FrameEngine:
        engine = FrameEngine(self._load(), self._options, tailor=tailor)
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
) -> FrameEngine:
    """An engine that wears the cast, and knows who is in the clip's beginning.

    frames: of the clip; they are taken up to AHEAD_S. Raises WeightsError.
    """
    tailor = Tailor.load(store, plan=PLAN_FOR_CLIPS)
    scout = Scout(lambda: Senses.load(store), options, cast, tailor)
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

"""An engine for a clip that can be read twice: its people are met before they are swapped.

So each has the face that fits him from his first frame on, where in a live stream it comes and
changes in his first seconds (docs/decisions/0028-files-are-read-ahead.md).
"""

from collections.abc import Iterable, Iterator

from mien.models.weights import WeightStore
from mien.swap.cast import Cast
from mien.swap.engine import EngineOptions, FrameEngine
from mien.swap.senses import Senses
from mien.swap.tailor import PLAN_FOR_CLIPS, Tailor
from mien.vision.face import BgrImage

# Seconds that are read ahead; whoever comes later is met as in a live stream.
AHEAD_S = 30.0
Frames = Iterable[tuple[BgrImage, float]]
"""Pictures, (h, w, 3) uint8 BGR, each with its time in seconds, rising."""


def engine_for_clip(
    store: WeightStore, options: EngineOptions, cast: Cast, frames: Frames
) -> FrameEngine:
    """An engine that wears the cast, and knows who is in the clip's beginning.

    frames: of the clip; they are taken up to AHEAD_S. Raises WeightsError.
    """
    tailor = Tailor.load(store, plan=PLAN_FOR_CLIPS)
    # People are numbered as they come, so both engines call them alike.
    scout, engine = (FrameEngine(Senses.load(store), options, tailor=tailor) for _ in range(2))
    for one in (scout, engine):
        one.set_cast(cast)
    for image, seconds in beginning(frames):
        scout.meet(image, seconds)
    tailor.know()
    return engine


def beginning(frames: Frames) -> Iterator[tuple[BgrImage, float]]:
    """The frames of the first AHEAD_S seconds."""
    first: float | None = None
    for image, seconds in frames:
        first = seconds if first is None else first
        if seconds - first > AHEAD_S:
            return
        yield image, seconds

"""Frame in, frame out: one stream's face is followed and swapped."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self

import numpy as np

from mien.models.weights import WeightStore
from mien.swap.look import Look, prepare_look
from mien.swap.lost import LostFaceCover, LostPolicy, cross_fade
from mien.swap.mesh import QUALITIES, MeshSwapper
from mien.swap.rehearsal import rehearse
from mien.swap.shape import Neutral
from mien.swap.source import SourceFace
from mien.swap.stopwatch import Stopwatch
from mien.swap.turned import TurnFade
from mien.vision.face import BgrImage, FaceMesh, FaceTrack, Points
from mien.vision.hand import Hand
from mien.vision.hand_tracker import HandTracker
from mien.vision.tracker import FaceTracker

State = Literal["swapped", "no_face", "no_source"]
# A new source comes in over so many frames.
SOURCE_FADE_FRAMES = 5


class Tracker(Protocol):
    """Follows one face through a stream; its points are already filtered."""

    def update(self, image: BgrImage, seconds: float) -> FaceTrack | None:
        """Take in the next frame; None where no face is seen."""


class Hands(Protocol):
    """Follows the hands near the faces of one stream."""

    def update(self, image: BgrImage, faces: Sequence[Points]) -> tuple[Hand, ...]:
        """Take in the next frame and the landmarks of its faces."""


class Swapper(Protocol):
    """Changes one face of one stream."""

    def swap(self, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand] = ()) -> BgrImage | None:
        """A new picture with another face, or None where the face can't be drawn."""


@dataclass(frozen=True)
class EngineOptions:
    """lost_face: what is shown without a face. quality: 1 (fastest) to 3. shape_strength:
    0..1, how far the face takes the source's shape."""

    lost_face: LostPolicy = "blur"
    quality: int = 2
    shape_strength: float = 1.0


@dataclass(frozen=True, eq=False)
class TrackedFrame:
    """A frame between the two stages."""

    image: BgrImage
    seconds: float
    face: FaceTrack | None
    hands: tuple[Hand, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SwappedFrame:
    """A frame to show; image is the caller's own. timings_ms: milliseconds by stage."""

    image: BgrImage
    state: State
    timings_ms: Mapping[str, float]


class FrameEngine:
    """Two stages, `track` and `render`, which share no state: each may have a thread of its own.

    Frames must reach each stage in order. `set_source` may be called from any thread.
    """

    def __init__(
        self,
        tracker: Tracker,
        options: EngineOptions | None = None,
        clock: Callable[[], float] = time.perf_counter,
        hands: Hands | None = None,
    ) -> None:
        self._hands = hands
        self._options = options or EngineOptions()
        self._quality = QUALITIES[self._options.quality]
        self._tracker = tracker
        self._clock = clock
        self._watch = Stopwatch(clock)
        self._cover = LostFaceCover(self._options.lost_face)
        self._wanted: Look | None = None
        self._swapper: MeshSwapper | None = None
        self._leaving: MeshSwapper | None = None
        self._turning = TurnFade()
        self._fade_left = 0
        self._face_id: int | None = None

    @classmethod
    def load(cls, store: WeightStore, options: EngineOptions | None = None) -> Self:
        """An engine with the shipped nets. Raises WeightsError for missing weights."""
        return cls(FaceTracker.load(store), options, hands=HandTracker.load(store))

    def warm_up(self) -> None:
        """Load compiled code (or compile it, some 10 s the first time) and run all once.

        Call it before the first frame.
        """
        rehearse(self._quality)

    def set_source(self, source: SourceFace | None) -> None:
        """Wear another face from the next rendered frame on; None takes it off."""
        self._wanted = None if source is None else prepare_look(source, self._quality.grid)

    def track(self, frame: BgrImage, seconds: float) -> TrackedFrame:
        """First stage. frame: (h, w, 3) uint8 BGR, not changed; seconds: its time, rising."""
        begin = self._clock()
        # Compiled loops know one kind of array; another would be compiled for in mid-stream.
        image = np.require(frame, np.uint8, ["C", "W"])
        face = self._tracker.update(image, seconds)
        middle = self._clock()
        hands = self._find_hands(image, face)
        laps = {"track": (middle - begin) * 1e3, "hands": (self._clock() - middle) * 1e3}
        return TrackedFrame(image, seconds, face, hands, laps)

    def _find_hands(self, image: BgrImage, face: FaceTrack | None) -> tuple[Hand, ...]:
        if self._hands is None:
            return ()
        return self._hands.update(image, [] if face is None else [face.mesh.points])

    def render(self, tracked: TrackedFrame) -> SwappedFrame:
        """Second stage."""
        self._watch.start()
        look = self._wanted
        if look is None:
            self._swapper = self._leaving = None
            return self._answer(
                tracked, self._cover.fill(tracked.image, may_hold=False), "no_source"
            )
        result, share = None, 1.0
        if tracked.face is not None:
            self._follow(look, tracked.face.id)
            share = self._turning.update(tracked.face.mesh.points)
            if share > 0:
                result = self._swap(tracked.image, tracked.face.mesh, tracked.hands)
        if share < 1:
            shown = self._cover.blend(tracked.image, result, share)
            return self._answer(tracked, shown, "no_face" if result is None else "swapped")
        if result is None:
            return self._answer(tracked, self._cover.fill(tracked.image), "no_face")
        self._cover.remember(result)
        return self._answer(tracked, result, "swapped")

    def __call__(self, frame: BgrImage, seconds: float) -> SwappedFrame:
        """Both stages, one after the other."""
        return self.render(self.track(frame, seconds))

    def _follow(self, look: Look, face_id: int) -> None:
        """Have a swapper for this look and this person."""
        if self._swapper is None or face_id != self._face_id:
            self._swapper, self._leaving = self._new_swapper(look, Neutral()), None
            self._turning = TurnFade()
        elif self._swapper.look is not look:
            self._leaving, self._fade_left = self._swapper, SOURCE_FADE_FRAMES
            self._swapper = self._new_swapper(look, self._swapper.neutral.copy())
        self._face_id = face_id

    def _new_swapper(self, look: Look, neutral: Neutral) -> MeshSwapper:
        return MeshSwapper(look, self._quality, self._options.shape_strength, neutral, self._watch)

    def _swap(self, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand]) -> BgrImage | None:
        assert self._swapper is not None
        result = self._swapper.swap(image, mesh, hands)
        if self._leaving is None or result is None:
            return result
        old = self._leaving.swap(image, mesh, hands)
        share = 1 - self._fade_left / (SOURCE_FADE_FRAMES + 1)
        self._fade_left -= 1
        if self._fade_left == 0:
            self._leaving = None
        return result if old is None else cross_fade(old, result, share)

    def _answer(self, tracked: TrackedFrame, image: BgrImage, state: State) -> SwappedFrame:
        self._watch.lap("finish")
        return SwappedFrame(image, state, {**tracked.timings_ms, **self._watch.laps})

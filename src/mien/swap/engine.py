"""Frame in, frame out: the faces of one stream are followed and swapped."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Literal, Self

import numpy as np

from mien.models.cores import MOST_CORES_A_FRAME
from mien.models.weights import WeightStore
from mien.swap.cast import Cast
from mien.swap.casting import Casting
from mien.swap.look import Look, prepare_look
from mien.swap.lost import LostFaceCover, LostPolicy
from mien.swap.mesh import QUALITIES, Quality
from mien.swap.missing import MissingFaces, hide
from mien.swap.rehearsal import rehearse
from mien.swap.second_core import beginner
from mien.swap.senses import Senses
from mien.swap.source import SourceFace
from mien.swap.stopwatch import Stopwatch
from mien.swap.tailor import PLAN_FOR_PICTURES, Fittings, Tailor
from mien.swap.traits import Traits
from mien.swap.wearer import Moment, Wearer
from mien.vision.cuts import Change
from mien.vision.face import BgrImage, FaceMesh, FaceTrack
from mien.vision.hand import Hand
from mien.vision.place import Place
from mien.vision.sighting import Sighting

# In frames of a face: how often its expression is read, from which its shape at rest is learnt.
_READ_EVERY = 3
# So many people are remembered while they are away.
_MOST_KNOWN = 8

State = Literal["swapped", "no_face", "no_source"]
_Given = tuple[tuple[FaceTrack, ...], Mapping[int, int], tuple[Place, ...]]


@dataclass(frozen=True)
class EngineOptions:
    """lost_face: what is shown without a face. quality: 1 (fastest) to 3. shape_strength:
    0..1, how far the face takes the source's shape. cores: 1 or 2, for one frame."""

    lost_face: LostPolicy = "blur"
    quality: int = 2
    shape_strength: float = 1.0
    cores: int = MOST_CORES_A_FRAME


@dataclass(frozen=True, eq=False)
class TrackedFrame:
    """A frame between the two stages.

    faces: those that are swapped; roles: number of the source by id of the face. hidden: places of
    faces that must not be seen. change: of the scene or its light.
    """

    image: BgrImage
    seconds: float
    faces: tuple[FaceTrack, ...] = ()
    roles: Mapping[int, int] = field(default_factory=dict)
    hidden: tuple[Place, ...] = ()
    change: Change = "none"
    hands: tuple[Hand, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SwappedFrame:
    """A frame to show; image is the caller's own. timings_ms: milliseconds by stage. faces: how
    many are swapped in it."""

    image: BgrImage
    state: State
    timings_ms: Mapping[str, float]
    faces: int = 0


@dataclass(frozen=True, eq=False)
class _Wardrobe:
    """What is to be worn, worked out for one level of quality."""

    cast: Cast
    looks: tuple[Look, ...]
    quality: Quality


class FrameEngine:
    """Two stages, `track` and `render`, which share no state: each may have a thread of its own.

    Frames must reach each stage in order. What is worn, and the level, may be set from any thread.
    """

    def __init__(
        self,
        senses: Senses,
        options: EngineOptions | None = None,
        clock: Callable[[], float] = time.perf_counter,
        tailor: Fittings | None = None,
    ) -> None:
        self._tracker, self._hands = senses.tracker, senses.hands
        self._expressions = senses.expressions
        self._options = options or EngineOptions()
        self._clock = clock
        self._watch = Stopwatch(clock)
        self._begin = beginner(self._options.cores)
        self._setting = threading.Lock()
        self._level = self._options.quality
        self._wardrobe: _Wardrobe | None = None
        # Of the first stage.
        self._cast: Cast | None = None
        self._casting: Casting | None = None
        # Of the second.
        self._cover = LostFaceCover(self._options.lost_face)
        self._missing = MissingFaces(self._options.lost_face)
        self._wearers: dict[int, Wearer] = {}
        # Of those who are away.
        self._known: dict[int, Traits] = {}
        self._tailor = tailor

    @classmethod
    def load(cls, store: WeightStore, options: EngineOptions | None = None) -> Self:
        """An engine with the shipped nets, whose frames wait while a source is fitted to a person:
        his first half a second, two later ones about two. Raises WeightsError.
        """
        options = options or EngineOptions()
        return cls(Senses.load(store, options.cores), options, tailor=Tailor.load(store))

    @classmethod
    def for_pictures(cls, store: WeightStore, options: EngineOptions | None = None) -> Self:
        """The same for still pictures, which are looked at harder. Raises WeightsError."""
        tailor = Tailor.load(store, plan=PLAN_FOR_PICTURES)
        return cls(Senses.for_pictures(store), options, tailor=tailor)

    @property
    def level(self) -> int:
        """The level of quality, 1 to 3."""
        return self._level

    def warm_up(self) -> None:
        """Load compiled code (or compile it, some 10 s the first time) and run all once.

        Call it before the first frame.
        """
        rehearse(QUALITIES[self._level])

    def set_source(self, source: SourceFace | None) -> None:
        """One person wears another face from the next frame on; None takes all faces off."""
        self.set_cast(None if source is None else Cast((source,)))

    def set_cast(self, cast: Cast | None) -> None:
        """Give out other faces, to one person or several, from the next frame on."""
        with self._setting:
            self._wardrobe = None if cast is None else _fit(cast, self._level)

    def set_level(self, level: int) -> None:
        """Another level of quality from the next frame on; the new picture fades in."""
        with self._setting:
            if level != self._level:
                # No frame should wait for tables that only this level needs.
                rehearse(QUALITIES[level])
                self._level = level
                if self._wardrobe is not None:
                    self._wardrobe = _fit(self._wardrobe.cast, level)

    def track(self, frame: BgrImage, seconds: float) -> TrackedFrame:
        """First stage. frame: (h, w, 3) uint8 BGR, not changed; seconds: its time, rising."""
        begin = self._clock()
        # Compiled loops know one kind of array; another would be compiled for in mid-stream.
        image = np.require(frame, np.uint8, ["C", "W"])
        self._take_in_cast()
        if self._hands is not None:
            self._hands.begin(image)
        sighting = self._tracker.update(image, seconds)
        faces, roles, hidden = self._give_out(sighting)
        faces = tuple(self._read(face) for face in faces)
        middle = self._clock()
        hands = self._find_hands(image, faces)
        laps = {"track": (middle - begin) * 1e3, "hands": (self._clock() - middle) * 1e3}
        return TrackedFrame(image, seconds, faces, roles, hidden, sighting.change, hands, laps)

    def _read(self, face: FaceTrack) -> FaceTrack:
        """With what the face does, from its first frame on in every third."""
        if self._expressions is None or face.frames_seen % _READ_EVERY != 1:
            return face
        return replace(face, mesh=self._expressions.read(face.mesh))

    def _find_hands(self, image: BgrImage, faces: Sequence[FaceTrack]) -> tuple[Hand, ...]:
        if self._hands is None:
            return ()
        return self._hands.update(image, [face.mesh.points for face in faces])

    def render(self, tracked: TrackedFrame) -> SwappedFrame:
        """Second stage."""
        self._watch.start()
        wardrobe = self._wardrobe
        if tracked.change == "cut":
            self._cover.cut()
            self._missing.keep_only(frozenset())
        if wardrobe is None:
            self._wearers.clear()
            self._missing.keep_only(frozenset())
            covered = self._cover.fill(tracked.image, may_hold=False)
            return self._answer(tracked, covered, state="no_source")
        if wardrobe.cast.people == 1:
            return self._render_one(tracked, wardrobe)
        return self._render_several(tracked, wardrobe)

    def __call__(self, frame: BgrImage, seconds: float) -> SwappedFrame:
        """Both stages, one after the other."""
        return self.render(self.track(frame, seconds))

    def meet(self, frame: BgrImage, seconds: float) -> TrackedFrame:
        """First stage, for a frame that is swapped later; where it was read what a face does, the
        second too, and what it draws is thrown away: so it becomes known how people look at rest.
        """
        tracked = self.track(frame, seconds)
        if any(face.mesh.expression is not None for face in tracked.faces):
            self.render(tracked)
        return tracked

    def go_on_from(self, other: "FrameEngine") -> None:
        """Track on from where an engine with the same senses is, and know whom it has seen."""
        self._cast, self._casting = other._cast, other._casting
        worn = {one: wearer.traits for one, wearer in other._wearers.items()}
        self._known = {**other._known, **worn}

    def _take_in_cast(self) -> None:
        """Begin to look for whom the cast needs; a new face for the same part changes no part."""
        wardrobe = self._wardrobe
        cast, old = wardrobe.cast if wardrobe else None, self._cast
        if cast is old:
            return
        self._cast = cast
        if cast is None:
            self._casting = None
            return
        casting = Casting(cast.mode, len(cast.sources), cast.targets)
        same = old is not None and old.mode == cast.mode != "chosen"
        if same and self._casting is not None and self._casting.sources == casting.sources:
            return
        self._casting = casting
        self._tracker.follow_up_to(cast.people)
        self._tracker.attend(None)

    def _give_out(self, sighting: Sighting) -> _Given:
        """Who is swapped, to what, and where nothing may be seen."""
        if self._casting is None:
            return sighting.tracks, {}, ()
        self._casting = casting = self._casting.recast(sighting)
        roles = casting.roles
        if casting.mode == "largest":
            return sighting.tracks, roles, ()
        undecided = [one for one in sighting.tracks if casting.undecided(one)]
        needed = None if casting.mode == "all" else roles.keys() | {one.id for one in undecided}
        self._tracker.attend(needed, expecting=casting.expecting)
        hidden = [Place.of(one.mesh.points) for one in undecided]
        if casting.hides_unknown(sighting):
            hidden += sighting.unknown
        return tuple(one for one in sighting.tracks if one.id in roles), roles, tuple(hidden)

    def _render_one(self, tracked: TrackedFrame, wardrobe: _Wardrobe) -> SwappedFrame:
        """Where the one face is lost, the whole picture is covered."""
        result, share = None, 1.0
        for face in tracked.faces[:1]:
            self._keep_wearers({face.id})
            result, share = self._wear(tracked.image, face, wardrobe, 0, tracked)
        if share < 1:
            shown = self._cover.blend(tracked.image, result, share)
            return self._answer(tracked, shown, int(result is not None))
        if result is None:
            return self._answer(tracked, self._cover.fill(tracked.image))
        self._cover.remember(result)
        return self._answer(tracked, result, 1)

    def _render_several(self, tracked: TrackedFrame, wardrobe: _Wardrobe) -> SwappedFrame:
        """Where one of several is lost, his place is covered; where all are, the whole picture."""
        self._keep_wearers(tracked.roles.keys())
        self._missing.keep_only(tracked.roles.keys())
        result, shown, faint = tracked.image, dict[int, FaceMesh](), list[tuple[Place, float]]()
        # Far faces first: a near one may stand before them.
        for face in sorted(tracked.faces, key=lambda one: Place.of(one.mesh.points).size):
            role = tracked.roles.get(face.id, 0)
            if role >= len(wardrobe.looks):
                continue
            swapped, share = self._wear(result, face, wardrobe, role, tracked)
            if swapped is not None:
                result, shown[face.id] = swapped, face.mesh
            if share < 1 or swapped is None:
                faint.append((Place.of(face.mesh.points), 1 - share if swapped is not None else 1))
        if not shown:
            return self._answer(tracked, self._cover.fill(tracked.image))
        self._cover_several(tracked, result, shown, faint)
        self._cover.remember(result)
        return self._answer(tracked, result, len(shown))

    def _cover_several(
        self,
        tracked: TrackedFrame,
        result: BgrImage,
        shown: Mapping[int, FaceMesh],
        faint: list[tuple[Place, float]],
    ) -> None:
        if self._options.lost_face != "pass":
            for place, share in faint:
                others = {i: m for i, m in shown.items() if not Place.of(m.points).same_face(place)}
                hide(result, place, others, share)
        self._missing.cover(result, shown, tracked.hidden, tracked.seconds)
        self._missing.remember(shown, result, tracked.seconds)

    def _wear(
        self,
        image: BgrImage,
        face: FaceTrack,
        wardrobe: _Wardrobe,
        role: int,
        tracked: TrackedFrame,
    ) -> tuple[BgrImage | None, float]:
        """The picture with this face swapped, and how much of that to show."""
        if face.id not in self._wearers:
            traits = self._known.pop(face.id, None)
            self._wearers[face.id] = Wearer(
                self._options.shape_strength, self._watch, traits, self._begin
            )
        look, quality = wardrobe.looks[role], wardrobe.quality
        if self._tailor is not None:
            self._tailor.see(face.id, tracked.image, face.mesh, tracked.hands, tracked.seconds)
            look = self._tailor.look_for(face.id, look)
        wearer = self._wearers[face.id]
        moment = Moment(tracked.seconds, tracked.change != "none", tracked.hands)
        return wearer.swap(image, face.mesh, look, quality, moment)

    def _keep_wearers(self, ids: Set[int]) -> None:
        for one in self._wearers.keys() - ids:
            self._known[one] = self._wearers.pop(one).traits
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _answer(
        self, tracked: TrackedFrame, image: BgrImage, faces: int = 0, state: State = "no_face"
    ) -> SwappedFrame:
        self._watch.lap("finish")
        laps = {**tracked.timings_ms, **self._watch.laps}
        return SwappedFrame(image, "swapped" if faces else state, laps, faces)


def _fit(cast: Cast, level: int) -> _Wardrobe:
    quality = QUALITIES[level]
    looks = tuple(prepare_look(source, quality.grid) for source in cast.sources)
    return _Wardrobe(cast, looks, quality)

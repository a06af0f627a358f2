import itertools
import threading
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.swap.faces import (
    BLUE,
    LEFT_CHEEK,
    RED,
    RIGHT_CHEEK,
    SIDE,
    colour_at,
    painted_source,
    picture,
    placed,
    tracked,
)

from mien.models.weights import WeightStore
from mien.swap import kernels, raster
from mien.swap.cast import Cast, FaceMode
from mien.swap.engine import EngineOptions, FrameEngine, SwappedFrame
from mien.swap.look import Look, prepare_look
from mien.swap.lost import FADE_FRAMES, GRACE_FRAMES, LostPolicy, blur_beyond_recognition
from mien.swap.mesh import QUALITIES
from mien.swap.senses import Senses
from mien.swap.stopwatch import Stopwatch
from mien.swap.wearer import Wearer
from mien.vision.cuts import Change
from mien.vision.face import BgrImage, FaceMesh, FaceTrack, Points
from mien.vision.hand import Hand
from mien.vision.sighting import Sighting

MEDIA = Path(__file__).parents[1] / "media"
RED_CHEEKS = painted_source({RIGHT_CHEEK: RED, LEFT_CHEEK: RED})
BLUE_CHEEKS = painted_source({RIGHT_CHEEK: BLUE, LEFT_CHEEK: BLUE})
MESH = placed()
STEP = 1 / 30


class Script:
    """A tracker that says what the test wrote down, then repeats the last word."""

    def __init__(self, faces: Sequence[FaceTrack | None]) -> None:
        self._faces = list(faces)
        self._next = 0

    def follow_up_to(self, most: int) -> None: ...

    def attend(self, ids: Set[int] | None, *, expecting: bool = False) -> None: ...

    def update(self, image: BgrImage, seconds: float) -> Sighting:
        face = self._faces[min(self._next, len(self._faces) - 1)]
        self._next += 1
        known = frozenset(one.id for one in self._faces[: self._next] if one)
        return Sighting((face,) if face else (), (), known)


def bare() -> BgrImage:
    """A face with fine stripes, by which it can be told anywhere."""
    image = picture(MESH)
    image[::2][image[::2] == 128] = 188
    return image


def stripes(image: BgrImage) -> float:
    """How much of the bare face's stripes shows on the cheeks."""
    cheek = image[230:270, 180:220].astype(int)
    return float(np.abs(np.diff(cheek, axis=0)).mean() / 60)


def redness(image: BgrImage, mesh: FaceMesh = MESH) -> float:
    blue, _, red = colour_at(image, mesh.points[RIGHT_CHEEK])
    return float(red - blue)


def engine(faces: Sequence[FaceTrack | None], policy: LostPolicy = "blur") -> FrameEngine:
    made = FrameEngine(Senses(Script(faces)), EngineOptions(lost_face=policy))
    made.set_source(RED_CHEEKS)
    return made


def play(made: FrameEngine, count: int, first: int = 0) -> list[SwappedFrame]:
    return [made(bare(), number * STEP) for number in range(first, first + count)]


def test_a_followed_face_is_swapped_and_the_stages_are_timed() -> None:
    shown = play(engine([tracked(MESH)]), 3)[-1]
    assert shown.state == "swapped"
    assert redness(shown.image) > 25
    assert {"track", "raster", "unwrap", "light", "occlusion", "shade"} <= set(shown.timings_ms)
    assert all(value >= 0 for value in shown.timings_ms.values())


def test_hands_are_begun_with_before_faces_are_looked_for_and_asked_for_after() -> None:
    asked: list[tuple[str, int]] = []

    class Faces(Script):
        def update(self, image: BgrImage, seconds: float) -> Sighting:
            asked.append(("faces", int(image[0, 0, 0])))
            return super().update(image, seconds)

    class Hands:
        def begin(self, image: BgrImage) -> None:
            asked.append(("begin", int(image[0, 0, 0])))

        def update(self, image: BgrImage, faces: Sequence[Points]) -> tuple[Hand, ...]:
            asked.append(("hands", int(image[0, 0, 0])))
            np.testing.assert_array_equal(faces, [MESH.points])
            return ()

    made = FrameEngine(Senses(Faces([tracked(MESH)]), Hands()))
    made.set_source(RED_CHEEKS)
    for level in (3, 7):
        made(np.full((SIDE, SIDE, 3), level, np.uint8), level * STEP)
    assert asked == [(what, level) for level in (3, 7) for what in ("begin", "faces", "hands")]


def test_what_a_face_does_is_read_in_its_first_frame_and_in_every_third() -> None:
    class Reader:
        """Tells of itself that it was there."""

        def read(self, mesh: FaceMesh) -> FaceMesh:
            return replace(mesh, expression=np.zeros(52, np.float32))

    faces = [replace(tracked(MESH), frames_seen=n) for n in range(1, 8)]
    made = FrameEngine(Senses(Script(faces), expressions=Reader()))
    made.set_source(RED_CHEEKS)
    seen = [made.track(bare(), number * STEP).faces[0].mesh.expression for number in range(7)]
    assert [one is not None for one in seen] == [True, False, False, True, False, False, True]


@pytest.mark.parametrize("load", [Senses.load, Senses.for_pictures])
def test_an_engine_has_all_senses(load: Callable[[WeightStore], Senses]) -> None:
    """Streams are carried with them, films and pictures too."""
    senses = load(WeightStore())
    assert senses.hands is not None
    assert senses.expressions is not None


@pytest.mark.parametrize("policy", ["blur", "hold"])
def test_a_lost_face_is_never_seen_bare_and_comes_back_swapped(policy: LostPolicy) -> None:
    face = tracked(MESH)
    shown = play(engine([face] * 4 + [None] * 12 + [face], policy), 18)
    assert [one.state for one in shown] == ["swapped"] * 4 + ["no_face"] * 12 + ["swapped"] * 2
    assert max(stripes(one.image) for one in shown) < 0.5 * stripes(bare())
    np.testing.assert_array_equal(shown[4].image, shown[3].image)
    assert redness(shown[16].image) > 25


def test_blur_ends_blurred_and_hold_ends_with_the_last_swap() -> None:
    lost = [tracked(MESH)] * 3 + [None]
    count = 4 + GRACE_FRAMES + FADE_FRAMES
    blurred = play(engine(lost, "blur"), count)[-1].image
    np.testing.assert_array_equal(blurred, blur_beyond_recognition(bare()))
    held = play(engine(lost, "hold"), count)
    np.testing.assert_array_equal(held[-1].image, held[2].image)


class Cut(Script):
    """The last of the faces written down is in another scene, or nobody is."""

    def update(self, image: BgrImage, seconds: float) -> Sighting:
        change: Change = "cut" if self._next == len(self._faces) - 1 else "none"
        return replace(super().update(image, seconds), change=change)


@pytest.mark.parametrize("mode", ["largest", "all"])
def test_a_scene_without_a_face_shows_nothing_of_the_one_before(mode: FaceMode) -> None:
    made = FrameEngine(Senses(Cut([tracked(MESH)] * 4 + [None])), EngineOptions(lost_face="pass"))
    made.set_cast(Cast((RED_CHEEKS,), mode))
    play(made, 4)
    other = np.full_like(bare(), 70)
    for number in (4, 5):
        np.testing.assert_array_equal(made(other, number * STEP).image, other)


def test_a_place_of_the_scene_before_is_not_covered_in_the_next() -> None:
    made = FrameEngine(Senses(Cut([tracked(HERE, 1), tracked(THERE, 2), tracked(HERE, 1)])))
    made.set_cast(Cast((RED_CHEEKS,), "all"))
    frame = two_bare()
    shown = [made(frame, number * STEP).image for number in range(3)]
    there = np.s_[225:265, 330:370]
    assert np.abs(shown[1][there].astype(int) - frame[there]).mean() > 3, "swapped"
    np.testing.assert_array_equal(shown[2][there], frame[there])


def test_pass_ends_with_the_camera() -> None:
    shown = play(engine([tracked(MESH)] * 3 + [None], "pass"), 5 + GRACE_FRAMES + FADE_FRAMES)
    np.testing.assert_array_equal(shown[-1].image, bare())


def test_a_single_missed_frame_is_bridged() -> None:
    face = tracked(MESH)
    shown = play(engine([face] * 5 + [None, face], "pass"), 7)
    assert min(redness(one.image) for one in shown) > 25


@pytest.mark.parametrize("policy", ["blur", "hold", "pass"])
def test_without_a_source_the_policy_answers_at_once(policy: LostPolicy) -> None:
    made = FrameEngine(Senses(Script([tracked(MESH)])), EngineOptions(lost_face=policy))
    shown = made(bare(), 0.0)
    assert shown.state == "no_source"
    expected = bare() if policy == "pass" else blur_beyond_recognition(bare())
    np.testing.assert_array_equal(shown.image, expected)


def test_taking_the_source_off_hides_the_face() -> None:
    made = engine([tracked(MESH)], "hold")
    play(made, 3)
    made.set_source(None)
    shown = play(made, GRACE_FRAMES + FADE_FRAMES, 3)
    assert shown[-1].state == "no_source"
    np.testing.assert_array_equal(shown[-1].image, blur_beyond_recognition(bare()))


def test_a_new_source_takes_effect_at_the_next_frame_and_fades_in() -> None:
    made = engine([tracked(MESH)])
    play(made, 5)
    made.set_source(BLUE_CHEEKS)
    seen = [redness(one.image) for one in play(made, 10, 5)]
    before = redness(play(engine([tracked(MESH)]), 5)[-1].image)
    assert before > 25
    assert seen[0] < before - 5, "the very next frame shows something of it"
    assert all(later < earlier + 2 for earlier, later in itertools.pairwise(seen))
    assert seen[0] > 0 > seen[-1] + 25


def test_another_person_gets_a_fresh_swapper() -> None:
    other = placed(dx=60)
    made = engine([tracked(MESH, 1)] * 3 + [tracked(other, 2)])
    play(made, 3)
    shown = made(picture(other), 3 * STEP)
    assert redness(shown.image, other) > 25


def test_an_unusual_array_is_taken_and_left_alone() -> None:
    frame = np.asfortranarray(bare())
    frame.flags.writeable = False
    shown = engine([tracked(MESH)])(frame, 0.0)
    assert redness(shown.image) > 25
    np.testing.assert_array_equal(frame, bare())


def test_sizes_may_change_in_mid_stream() -> None:
    made = engine([tracked(MESH)])
    play(made, 2)
    for height, width in ((480, 640), (720, 1280), (480, 480)):
        shown = made(np.full((height, width, 3), 128, np.uint8), 1.0)
        assert shown.image.shape == (height, width, 3)
        assert shown.state == "swapped"


def test_nothing_is_compiled_after_the_warm_up() -> None:
    made = engine([tracked(MESH)])
    made.warm_up()
    loops = (kernels.facing, kernels.unwrap, kernels.shade, raster.rasterise)
    before = [len(loop.signatures) for loop in loops]
    play(made, 3)
    frozen = bare()
    frozen.flags.writeable = False
    made(frozen, 1.0)
    made(np.full((720, 1280, 3), 128, np.uint8), 2.0)
    assert [len(loop.signatures) for loop in loops] == before


def test_two_threads_give_what_one_gives() -> None:
    faces = [tracked(placed(dx=step, jaw=step)) for step in range(25)]
    frames = [picture(face.mesh) for face in faces]
    alone = engine(faces)
    expected = [alone(frame, n * STEP).image for n, frame in enumerate(frames)]
    made = engine(faces)
    with ThreadPoolExecutor(1) as first:
        waiting = [first.submit(made.track, f, n * STEP) for n, f in enumerate(frames)]
        shown = [made.render(one.result()).image for one in waiting]
    for one, other in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_source_may_be_changed_from_a_third_thread() -> None:
    made = engine([tracked(MESH)])
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            for source in (BLUE_CHEEKS, RED_CHEEKS, None):
                made.set_source(source)

    changer = threading.Thread(target=change)
    changer.start()
    try:
        shown = play(made, 30)
    finally:
        stop.set()
        changer.join()
    assert all(one.image.shape == (SIDE, SIDE, 3) for one in shown)
    assert {one.state for one in shown} <= {"swapped", "no_source"}


def test_the_real_tracker_leads_the_real_swap() -> None:
    astronaut = cv2.imread(str(MEDIA / "astronaut.png"))
    assert astronaut is not None
    photo = np.asarray(astronaut, np.uint8)
    made = FrameEngine.load(WeightStore(), EngineOptions())
    made.set_source(RED_CHEEKS)
    states = []
    for number in range(4):
        shifted = np.roll(photo, 2 * number, axis=1)
        shown = made(shifted, number * STEP)
        states.append(shown.state)
    assert states[1:] == ["swapped"] * 3
    changed = np.argwhere((shown.image != shifted).any(-1))
    assert np.abs(changed.mean(0) - [118, 230]).max() < 25, "the face of the photo"
    empty = made(np.full((480, 640, 3), 200, np.uint8), 5 * STEP)
    assert empty.state == "no_face"


@pytest.mark.parametrize("policy", ["pass", "blur", "hold"])
def test_a_head_that_turns_away_and_back_fades_without_a_flash(policy: LostPolicy) -> None:
    yaws = [*range(0, 80, 4), *[80] * 4, *range(80, -1, -4), *[0] * 4]
    faces = [tracked(placed(yaw=yaw)) for yaw in yaws]
    made = engine(faces, policy)
    frames = [picture(face.mesh, skin=128 + 40 * (index % 2)) for index, face in enumerate(faces)]
    outs = [made(frame, index * STEP) for index, frame in enumerate(frames)]
    states = [out.state for out in outs]
    away = states.index("no_face")
    assert 60 < yaws[away] <= 80, "60 degrees are drawn, and the last are not"
    assert states[-8:] == ["swapped"] * 8
    red = [redness(out.image, face.mesh) for out, face in zip(outs, faces, strict=True)]
    assert red[0] > 60
    assert red[-1] > 60
    if policy == "pass":
        np.testing.assert_array_equal(outs[away].image, frames[away])
    if policy == "blur":
        flat = frames[away].copy()
        np.testing.assert_array_equal(outs[away].image, blur_beyond_recognition(flat))
    shown = states.count("no_face")
    assert states[away : away + shown] == ["no_face"] * shown, "once away, once back"


class Crowd(Script):
    """Two people; the second is missing from one frame on."""

    def __init__(self, missing_from: int = 1000) -> None:
        super().__init__([])
        self._missing_from = missing_from
        self.attended: Set[int] | None = None

    def attend(self, ids: Set[int] | None, *, expecting: bool = False) -> None:
        self.attended = ids

    def update(self, image: BgrImage, seconds: float) -> Sighting:
        self._next += 1
        there = 2 if self._next <= self._missing_from else 1
        tracks = (tracked(HERE, 1), tracked(THERE, 2))[:there]
        return Sighting(tracks, (), frozenset({1, 2}))


HERE, THERE = placed(0.4, dx=-110), placed(0.4, dx=110)


def two_bare() -> BgrImage:
    image = np.maximum(picture(HERE), picture(THERE))
    image[::2][image[::2] == 128] = 188
    return image


def test_two_people_wear_two_faces_from_left_to_right() -> None:
    made = FrameEngine(Senses(Crowd()))
    made.set_cast(Cast((RED_CHEEKS, BLUE_CHEEKS), "order"))
    for number in range(3):
        shown = made(two_bare(), number * STEP)
    assert redness(shown.image, HERE) > 25
    assert redness(shown.image, THERE) < -25


def test_who_gets_no_face_is_untouched_bit_for_bit() -> None:
    crowd = Crowd()
    made = FrameEngine(Senses(crowd))
    made.set_cast(Cast((RED_CHEEKS,), "order"))
    shown = made(two_bare(), 0.0)
    assert redness(shown.image, HERE) > 25
    np.testing.assert_array_equal(shown.image[:, 260:], two_bare()[:, 260:])
    assert crowd.attended == {1}


def test_one_source_for_everybody() -> None:
    made = FrameEngine(Senses(Crowd()))
    made.set_cast(Cast((RED_CHEEKS,), "all"))
    shown = made(two_bare(), 0.0)
    assert min(redness(shown.image, HERE), redness(shown.image, THERE)) > 25


@pytest.mark.parametrize("policy", ["blur", "hold"])
def test_one_of_two_who_is_lost_is_covered_and_the_other_goes_on(policy: LostPolicy) -> None:
    made = FrameEngine(Senses(Crowd(missing_from=4)), EngineOptions(lost_face=policy))
    made.set_cast(Cast((RED_CHEEKS, BLUE_CHEEKS), "order"))
    frame = two_bare()
    for number in range(30):
        shown = made(frame, number * STEP)
        cheek = shown.image[230:260, 335:365].astype(int)
        assert np.abs(np.diff(cheek, axis=0)).mean() < 30, "never bare"
        assert redness(shown.image, HERE) > 20
        np.testing.assert_array_equal(shown.image[:60], frame[:60])


class Changing:
    """Fits everybody to blue cheeks once he was seen so often."""

    def __init__(self, after: int) -> None:
        self.seen: list[tuple[int, BgrImage, float]] = []
        self._after = after
        self._blue = prepare_look(BLUE_CHEEKS, QUALITIES[2].grid)

    def see(
        self, person: int, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand], seconds: float
    ) -> None:
        self.seen.append((person, image.copy(), seconds))

    def look_for(self, person: int, look: Look) -> Look:
        seen = [one for one, *_ in self.seen].count(person)
        return self._blue if person == 1 and seen > self._after else look


def test_a_tailor_sees_what_the_camera_saw_and_his_look_fades_in() -> None:
    tailor = Changing(after=5)
    made = FrameEngine(Senses(Crowd()), tailor=tailor)
    made.set_cast(Cast((RED_CHEEKS,), "all"))
    shown = play_two(made, 20)
    assert [one for one, *_ in tailor.seen[:2]] == [1, 2]
    assert [seconds for *_, seconds in tailor.seen[::2]] == [n * STEP for n in range(20)]
    for _, image, _ in tailor.seen:
        np.testing.assert_array_equal(image, two_bare())
    course = [redness(one.image, HERE) for one in shown]
    assert min(course[:6]) > 25
    assert course[-1] < -25
    steps = np.diff(course[5:12])
    assert steps.min() > (course[-1] - course[0]) / 2, "no jump"
    assert min(redness(one.image, THERE) for one in shown) > 25, "the other's stays"


class AtRest:
    """Reads that nobody does anything."""

    def read(self, mesh: FaceMesh) -> FaceMesh:
        return replace(mesh, expression=np.zeros(52, np.float32))


def test_people_can_be_met_before_they_are_swapped() -> None:
    tailor = Changing(after=5)
    scout = FrameEngine(Senses(Crowd(), expressions=AtRest()), tailor=tailor)
    scout.set_cast(Cast((RED_CHEEKS,), "all"))
    met = [scout.meet(two_bare(), number * STEP) for number in range(7)]
    assert [len(one.faces) for one in met] == [2] * 7
    assert [one for one, *_ in tailor.seen] == [1, 2] * 7
    made = FrameEngine(Senses(Crowd(), expressions=AtRest()), tailor=tailor)
    made.set_cast(Cast((RED_CHEEKS,), "all"))
    made.go_on_from(scout)
    known = scout._wearers[1].traits.neutral
    assert redness(made(two_bare(), 0.0).image, HERE) < -25, "the fitted look, at once"
    rest = made._wearers[1].traits.neutral
    assert rest is not known
    assert rest.weight > known.weight - 1e-6 > 3


class PassingBy(Crowd):
    """They change places after three frames."""

    def update(self, image: BgrImage, seconds: float) -> Sighting:
        self._next += 1
        places = (HERE, THERE) if self._next <= 3 else (THERE, HERE)
        tracks = tuple(tracked(place, number + 1) for number, place in enumerate(places))
        return Sighting(tracks, (), frozenset({1, 2}))


def test_an_engine_that_goes_on_gives_everybody_his_part_as_before() -> None:
    senses = Senses(PassingBy())
    first, second = FrameEngine(senses), FrameEngine(senses)
    cast = Cast((RED_CHEEKS, BLUE_CHEEKS), "order")
    first.set_cast(cast)
    roles = [first.track(two_bare(), number * STEP).roles for number in range(3)]
    second.set_cast(cast)
    second.go_on_from(first)
    assert [second.track(two_bare(), number * STEP).roles for number in (3, 4)] == roles[1:]
    assert roles[-1] == {1: 0, 2: 1}


def test_where_nothing_was_read_nothing_is_drawn_to_meet_people() -> None:
    tailor = Changing(after=5)
    scout = FrameEngine(Senses(Crowd()), tailor=tailor)
    scout.set_cast(Cast((RED_CHEEKS,), "all"))
    assert len(scout.meet(two_bare(), 0.0).faces) == 2
    assert not tailor.seen and not scout._wearers


def test_who_comes_back_after_another_is_still_known_at_rest() -> None:
    faces = [tracked(MESH, number) for number in (1, 1, 1, 2, 2, 1)]
    made = FrameEngine(Senses(Script(faces), expressions=AtRest()))
    made.set_source(RED_CHEEKS)
    weights = []
    for number, face in enumerate(faces):
        made(bare(), number * STEP)
        assert list(made._wearers) == [face.id]
        weights.append(made._wearers[face.id].traits.neutral.weight)
    assert weights[3] < weights[2] < weights[5]
    assert list(made._known) == [2]


def test_few_of_those_who_left_are_remembered() -> None:
    made = FrameEngine(Senses(Crowd()))
    for number in range(40):
        made._wearers[number] = Wearer(1.0, Stopwatch(lambda: 0.0))
        made._keep_wearers(set())
    assert list(made._known) == list(range(32, 40))


def play_two(made: FrameEngine, count: int) -> list[SwappedFrame]:
    return [made(two_bare(), number * STEP) for number in range(count)]


def test_another_level_comes_in_softly_and_shows_the_same_face() -> None:
    made = engine([tracked(MESH)])
    play(made, 5)
    for level in (1, 3, 2):
        made.set_level(level)
        assert made.level == level
        seen = [redness(one.image) for one in play(made, 7, 5 * level)]
        assert min(seen) > 20

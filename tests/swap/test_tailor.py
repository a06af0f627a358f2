"""The tailor fits real sources to a real person, now or later, and hands out what he has."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.swap.moments import MEDIA, frame

from mien.models.weights import WeightStore
from mien.swap.album import APART_S
from mien.swap.fitting import Fitter
from mien.swap.look import Look, prepare_look
from mien.swap.portrait import Portrait
from mien.swap.rehearsal import plain_source
from mien.swap.source import SourceFace
from mien.swap.source_maker import SourceMaker
from mien.swap.tailor import MOST_CLIENTS, PLAN, PLAN_FOR_CLIPS, PLAN_FOR_PICTURES, Plan, Tailor
from mien.vision.expression import ExpressionModel
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.faces import FaceFinder
from mien.vision.image import decode_image

GRID = 64
# Two portraits, so that turned heads are not needed.
SOON = Plan(((1, 5), (2, 7)))
Asked = list[tuple[int, int]]


class Bench:
    """Work that is put off until it is asked for."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], None]] = []
        self.busy = False

    def __call__(self, job: Callable[[], None]) -> bool:
        if self.busy:
            return False
        self.jobs.append(job)
        return True

    def work(self) -> None:
        while self.jobs:
            self.jobs.pop(0)()


class Counting(Fitter):
    """Counts what it is asked for, and does little."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.tried: Sequence[Portrait] = ()

    def __call__(
        self, source: SourceFace, portraits: Sequence[Portrait], rounds: int
    ) -> SourceFace:
        self._asked.append((len(portraits), rounds))
        self.tried = portraits
        return replace(source, resolution=float(len(self._asked)))


@pytest.fixture(scope="module")
def moment() -> BgrImage:
    return frame("head_turns.mp4", 10)


@pytest.fixture(scope="module")
def mesh(moment: BgrImage) -> FaceMesh:
    found = FaceFinder.load(WeightStore())(moment)[0].mesh
    return ExpressionModel.load(WeightStore()).read(found)


@pytest.fixture(scope="module")
def look() -> Look:
    return prepare_look(plain_source(), GRID)


@pytest.fixture
def asked() -> Asked:
    return []


@pytest.fixture
def bench() -> Bench:
    return Bench()


def worn(tailor: Tailor, moment: BgrImage, mesh: FaceMesh, look: Look, at: float) -> Look:
    tailor.see(1, moment, mesh, (), at)
    return tailor.look_for(1, look)


def test_a_source_is_fitted_in_the_first_frame_and_again_when_more_is_known(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked
) -> None:
    tailor = Tailor(lambda: Counting(asked), plan=SOON)
    looks = [worn(tailor, moment, mesh, look, number / 10) for number in range(20)]
    assert asked == list(SOON.steps)
    assert looks[0] is not look
    assert len({id(one) for one in looks}) == 2, "a look is handed out until there is a better one"
    assert [one.source.resolution for one in looks] == sorted(
        one.source.resolution for one in looks
    )


def test_until_the_work_is_done_the_look_stays_as_it_is(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked, bench: Bench
) -> None:
    tailor = Tailor(lambda: Counting(asked), bench, SOON)
    assert worn(tailor, moment, mesh, look, 0.0) is look
    assert worn(tailor, moment, mesh, look, 0.1) is look
    assert len(bench.jobs) == 1, "it is ordered once"
    bench.work()
    fitted = worn(tailor, moment, mesh, look, 0.2)
    assert fitted.source.resolution == 1
    assert fitted.size == GRID


def test_who_is_busy_is_asked_again(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked, bench: Bench
) -> None:
    tailor = Tailor(lambda: Counting(asked), bench, SOON)
    bench.busy = True
    assert worn(tailor, moment, mesh, look, 0.0) is look
    bench.busy = False
    worn(tailor, moment, mesh, look, 0.1)
    bench.work()
    assert worn(tailor, moment, mesh, look, 0.2) is not look


def test_work_that_failed_is_not_ordered_again_and_again(
    moment: BgrImage, mesh: FaceMesh, look: Look, bench: Bench
) -> None:
    def broken() -> Fitter:
        raise RuntimeError("no weights")

    tailor = Tailor(broken, bench)
    worn(tailor, moment, mesh, look, 0.0)
    with pytest.raises(RuntimeError):
        bench.work()
    assert worn(tailor, moment, mesh, look, 0.1) is look
    assert not bench.jobs


def test_another_source_is_fitted_to_what_is_known_of_him(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked, bench: Bench
) -> None:
    tailor = Tailor(lambda: Counting(asked), bench, SOON)
    for number in range(3):
        worn(tailor, moment, mesh, look, number * APART_S)
    bench.work()
    other = prepare_look(plain_source(), GRID)
    assert worn(tailor, moment, mesh, other, 9.0) is other, "never the old face's fit"
    bench.work()
    assert worn(tailor, moment, mesh, other, 9.1) is not other
    assert asked[-1] == SOON.steps[-1]


def test_another_level_has_its_look_made_without_a_new_fit(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked, bench: Bench
) -> None:
    tailor = Tailor(lambda: Counting(asked), bench, SOON)
    worn(tailor, moment, mesh, look, 0.0)
    bench.work()
    finer = prepare_look(look.source, 96)
    assert worn(tailor, moment, mesh, finer, 0.1) is finer, "never a look of the other level"
    bench.work()
    assert worn(tailor, moment, mesh, finer, 0.2).size == 96
    assert asked == [SOON.steps[0]]


def test_each_person_has_his_own_fit_and_all_are_not_remembered(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked
) -> None:
    tailor = Tailor(lambda: Counting(asked), plan=SOON)
    tailor.see(1, moment, mesh, (), 0.0)
    first = tailor.look_for(1, look)
    assert tailor.look_for(2, look) is look
    for person in range(2, MOST_CLIENTS + 1):
        tailor.see(person, moment, mesh, (), 0.0)
    assert tailor.look_for(1, look) is first
    tailor.see(99, moment, mesh, (), 0.0)
    assert tailor.look_for(1, look) is look


def test_of_whom_it_knows_it_takes_no_more_portraits_and_of_others_it_does(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked
) -> None:
    tailor = Tailor(lambda: Counting(asked), plan=SOON)
    tailor.see(1, moment, mesh, (), 0.0)
    tailor.know()
    looks = {id(worn(tailor, moment, mesh, look, number * APART_S)) for number in range(4)}
    assert asked == [SOON.steps[0]] and len(looks) == 1
    for number in range(2):
        tailor.see(2, moment, mesh, (), number * APART_S)
    tailor.look_for(2, look)
    assert asked == [SOON.steps[0], SOON.steps[1]]


def test_of_more_moments_than_it_takes_it_takes_some_of_all_times(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked
) -> None:
    fitter = Counting(asked)
    tailor = Tailor(lambda: fitter, plan=Plan(((2, 5), (9, 9))))
    for number in range(4):
        darker = np.asarray(moment // (number + 1), np.uint8)
        tailor.see(1, darker, mesh, (), number * APART_S)
    tailor.look_for(1, look)
    assert asked == [(2, 5)]
    first, third = (float(one.image.mean()) for one in fitter.tried)
    assert third == pytest.approx(first / 3, rel=0.02)


def test_an_album_that_is_thinned_brings_no_other_look(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked
) -> None:
    tailor = Tailor(lambda: Counting(asked), plan=SOON)
    looks = [worn(tailor, moment, mesh, look, number * APART_S) for number in range(2)]
    del tailor._clients[1].album.portraits[1:]
    assert tailor.look_for(1, look) is looks[-1]
    assert asked == list(SOON.steps)


def test_a_face_that_tells_nothing_is_not_fitted_to(
    moment: BgrImage, mesh: FaceMesh, look: Look, asked: Asked
) -> None:
    tailor = Tailor(lambda: Counting(asked), plan=SOON)
    assert worn(tailor, moment, replace(mesh, expression=None), look, 0.0) is look
    assert asked == []


def test_plans_rise() -> None:
    for plan in (PLAN, PLAN_FOR_PICTURES, PLAN_FOR_CLIPS):
        assert plan.steps[0][0] == 1
        assert list(plan.steps) == sorted(plan.steps)


def test_a_real_fit_changes_the_look(moment: BgrImage, mesh: FaceMesh) -> None:
    store = WeightStore()
    photo = decode_image((MEDIA / "astronaut.png").read_bytes())
    look = prepare_look(SourceMaker.load(store)([photo]), GRID)
    fitted = worn(Tailor.load(store, plan=PLAN_FOR_PICTURES), moment, mesh, look, 0.0)
    assert np.abs(fitted.source.shape - look.source.shape).max() > 0.05
    assert np.abs(fitted.colours - look.colours).mean() > 0.5

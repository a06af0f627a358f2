import threading
import time
from functools import partial

import numpy as np
import pytest

from mien.swap.look import prepare_look
from mien.swap.mesh import QUALITIES, MeshSwapper
from mien.swap.rehearsal import plain_hand, plain_mesh, plain_source
from mien.swap.second_core import (
    Begin,
    Job,
    SecondCore,
    Wait,
    at_once,
    beginner,
    in_halves,
)
from mien.swap.stopwatch import Stopwatch
from mien.vision.face import BgrImage
from mien.vision.hand import Hand

SCENE = np.random.default_rng(1).integers(0, 256, (480, 480, 3)).astype(np.uint8)


def at_the_last_moment(job: Job) -> Wait:
    """Whoever looks at what is not done yet sees what was there before."""
    return job


def worn(begin: Begin, hands: tuple[Hand, ...]) -> list[BgrImage]:
    """A few frames of a face of noise before noise."""
    source = plain_source()
    source.atlas[:] = np.random.default_rng(0).integers(0, 256, source.atlas.shape)
    quality, watch = QUALITIES[2], Stopwatch(time.perf_counter)
    swapper = MeshSwapper(prepare_look(source, quality.grid), quality, 1.0, watch, begin=begin)
    results = [swapper.swap(SCENE, plain_mesh(yaw), hands) for yaw in (0.0, 0.0, 30.0, 50.0)]
    return [one for one in results if one is not None]


def failing() -> None:
    raise ValueError("no such row")


@pytest.mark.parametrize("begin", [at_once, SecondCore()])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_each_row_is_done_once(begin: Begin, count: int) -> None:
    done = np.zeros(count, int)

    def loop(first: int, end: int) -> None:
        done[first:end] += 1

    in_halves(begin, loop, count)
    assert (done == 1).all()


def test_both_halves_are_done_at_the_same_time() -> None:
    both = threading.Barrier(2)

    def loop(first: int, end: int) -> None:
        both.wait(10)

    in_halves(SecondCore(), loop, 8)
    assert not both.broken


def test_halves_are_not_over_before_the_second_core_is_done() -> None:
    ended: list[int] = []

    def loop(first: int, end: int) -> None:
        time.sleep(0.05 * bool(first))
        ended.append(end)

    in_halves(SecondCore(), loop, 8)
    assert ended == [4, 8]


def test_jobs_wait_for_one_another() -> None:
    begin, told = SecondCore(), list[str]()

    def slow() -> None:
        time.sleep(0.05)
        told.append("first")

    begin(slow)
    wait = begin(partial(told.append, "second"))
    told.append("meanwhile")
    wait()
    assert told == ["meanwhile", "first", "second"]


def test_what_fails_is_told_of_where_it_is_waited_for() -> None:
    wait = SecondCore()(failing)
    with pytest.raises(ValueError, match="no such row"):
        wait()
    with pytest.raises(ValueError, match="no such row"):
        at_once(failing)


def test_one_core_has_no_second(monkeypatch: pytest.MonkeyPatch) -> None:
    assert beginner(1) is at_once
    for there, kind in ((2.0, SecondCore), (1.5, type(at_once))):
        monkeypatch.setattr("mien.models.cores.usable_cores", lambda there=there: there)
        assert isinstance(beginner(2), kind)


@pytest.mark.parametrize("hands", [(), (plain_hand(),)])
def test_a_face_is_the_same_on_one_core_and_on_two(hands: tuple[Hand, ...]) -> None:
    alone = worn(at_once, hands)
    assert len(alone) == 4
    for begin in (SecondCore(), at_the_last_moment):
        for one, other in zip(alone, worn(begin, hands), strict=True):
            assert (one != SCENE).any(-1).mean() > 0.1
            np.testing.assert_array_equal(one, other)

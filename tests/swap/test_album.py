"""Portraits are of moments that differ."""

from dataclasses import replace

import numpy as np
import pytest

from mien.swap.album import APART_DEGREES, APART_S, BY_TIME, SPREAD_APART_S, Album
from mien.swap.rehearsal import plain_hand, plain_mesh
from mien.vision.face import FaceMesh
from mien.vision.keypoints import head_pose

IMAGE = np.full((480, 480, 3), 128, np.uint8)


def turned(yaw: float = 0.0) -> FaceMesh:
    return replace(plain_mesh(yaw), expression=np.zeros(52, np.float32))


def shown(album: Album, yaws: list[float], apart: float = APART_S, begin: float = 100.0) -> int:
    for number, yaw in enumerate(yaws):
        album.see(IMAGE, turned(yaw), (), begin + number * apart)
    return len(album.portraits)


def test_the_first_frame_is_taken() -> None:
    assert shown(Album(12), [0.0]) == 1


def test_portraits_are_some_time_apart() -> None:
    assert shown(Album(12), [0.0] * 10, apart=APART_S * 0.34) == 4


def test_a_still_head_is_taken_a_few_times_only() -> None:
    assert shown(Album(12), [0.0] * 30) == BY_TIME


@pytest.mark.parametrize(("share", "taken"), [(0.9, 0), (1.2, 1)])
def test_then_it_must_be_turned_from_all_others(share: float, taken: int) -> None:
    assert head_pose(turned(10.0)).yaw - head_pose(turned()).yaw == pytest.approx(10, abs=1)
    yaws = [0.0, 20.0, 0.0, 20.0, 20.0 + share * APART_DEGREES]
    assert shown(Album(12), yaws) == BY_TIME + taken


def test_it_takes_no_more_than_it_may() -> None:
    assert shown(Album(6), [float(yaw) for yaw in range(-40, 41, 6)]) == 6


def test_a_moment_that_tells_nothing_costs_no_time() -> None:
    album = Album(12)
    album.see(IMAGE, turned(60.0), (), 0.0)
    album.see(IMAGE, turned(), [plain_hand()], 0.1)
    assert not album.portraits
    album.see(IMAGE, turned(), (), 0.2)
    assert len(album.portraits) == 1


def test_time_may_begin_anew() -> None:
    """A loop of a clip, or another camera."""
    album = Album(12)
    album.see(IMAGE, turned(), (), 1000.0)
    album.see(IMAGE, turned(), (), 0.0)
    assert len(album.portraits) == 2


def yaws(album: Album) -> list[float]:
    return [head_pose(one.mesh).yaw for one in album.portraits]


def test_a_spread_album_need_not_wait_while_the_head_turns() -> None:
    turns = [0.0, 8.0, 16.0, 24.0, 32.0, 40.0]
    assert shown(Album(12), turns, apart=SPREAD_APART_S * 1.01) == 1
    assert shown(Album(12, spread=True), turns, apart=SPREAD_APART_S * 1.01) == len(turns)
    assert shown(Album(12, spread=True), turns, apart=SPREAD_APART_S * 0.6) == len(turns) // 2
    still = Album(12, spread=True)
    assert shown(still, [0.0] * 5, apart=SPREAD_APART_S * 1.01) == 1
    assert shown(still, [0.0] * 100, apart=SPREAD_APART_S * 1.01) == BY_TIME


def test_a_spread_album_is_spread_over_all_it_is_shown() -> None:
    album = Album(4, spread=True)
    turns = [float(yaw) for yaw in range(-40, 41, 5)]
    # Five are one too many, three stay; then they come half as often, until it is full again.
    assert shown(album, turns[:5], apart=SPREAD_APART_S * 1.01) == 3
    first, second, third = yaws(album)
    assert second - first == pytest.approx(third - second, abs=1.5)
    assert third - first == pytest.approx(20, abs=3)
    assert shown(album, turns[5:7], apart=SPREAD_APART_S * 1.5, begin=200.0) == 4
    whole = Album(4, spread=True)
    assert shown(whole, turns, apart=SPREAD_APART_S * 1.01) <= 4
    assert yaws(whole)[0] == first
    assert yaws(whole)[-1] > 15, "not of the beginning alone"


def test_any_other_is_full_when_it_is_full() -> None:
    album = Album(2)
    assert shown(album, [0.0, 20.0, -20.0, 30.0]) == 2
    assert yaws(album)[0] == pytest.approx(head_pose(turned()).yaw, abs=1)

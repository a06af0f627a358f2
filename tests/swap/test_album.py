"""Portraits are of moments that differ."""

from dataclasses import replace

import numpy as np
import pytest

from mien.swap.album import APART_DEGREES, APART_S, BY_TIME, Album
from mien.swap.rehearsal import plain_hand, plain_mesh
from mien.vision.face import FaceMesh
from mien.vision.keypoints import head_pose

IMAGE = np.full((480, 480, 3), 128, np.uint8)


def turned(yaw: float = 0.0) -> FaceMesh:
    return replace(plain_mesh(yaw), expression=np.zeros(52, np.float32))


def shown(album: Album, yaws: list[float], apart: float = APART_S) -> int:
    begin = 100.0
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

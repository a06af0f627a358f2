from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.swap.atlas import luma
from mien.swap.geometry import Floats
from mien.swap.lips import LIGHTEST, RED_SHARE, Lips, lip_mask
from mien.swap.look import Look, prepare_look
from mien.swap.rehearsal import plain_source
from mien.swap.template import face_template
from mien.vision import topology as topo

SIZE = 96
SEEN = np.ones((SIZE, SIZE), np.float32)
SKIN, ROSE, RED, GREY = (110, 130, 170), (100, 100, 160), (60, 50, 170), (110, 110, 120)
Colour = tuple[int, int, int]


def corners(outline: tuple[int, ...], size: int) -> NDArray[np.int32]:
    return np.round(face_template().uv[list(outline)] * size - 0.5).astype(np.int32)


def face(lips: Colour, size: int, light: float = 1.0) -> Floats:
    """An atlas of skin with lips."""
    atlas = np.full((size, size, 3), SKIN, np.uint8)
    cv2.fillPoly(atlas, [corners(topo.OUTER_LIPS, size)], lips)
    return np.asarray(atlas * light, np.float32)


def look(lips: Colour) -> Look:
    source = plain_source()
    return prepare_look(replace(source, atlas=face(lips, 512).astype(np.uint8)), SIZE)


def settled(source: Colour, worn: Colour, light: float = 1.0) -> Floats:
    """What the worn colour is multiplied by in the end."""
    lips = Lips(look(source))
    for _ in range(40):
        lips.observe(face(worn, SIZE, light), SEEN, SEEN)
    return np.asarray(lips.tint @ np.array(worn, np.float32) / worn, np.float32)


def test_the_mask_is_of_the_lips_without_the_teeth() -> None:
    mask = lip_mask()
    column, row = np.round(face_template().uv * len(mask) - 0.5).astype(int)[:, :2].T
    assert mask.shape == (256, 256)
    assert mask[row[[16, 11]], column[[16, 11]]].min() > 200
    assert (
        mask[row[[topo.NOSE_TIP, topo.CHIN, 50]], column[[topo.NOSE_TIP, topo.CHIN, 50]]].max() == 0
    )
    inner = corners(topo.INNER_LIPS, len(mask)).mean(0).astype(int)
    assert mask[inner[1], inner[0]] < 20


def test_the_same_lips_are_left_alone() -> None:
    np.testing.assert_allclose(settled(ROSE, ROSE), 1, atol=0.02)
    np.testing.assert_allclose(settled(ROSE, ROSE, light=0.4), 1, atol=0.06)


def test_red_lips_redden_the_wearers_by_most_of_the_difference() -> None:
    blue, green, red = settled(RED, ROSE)
    assert red > 1.1 > 0.85 > green
    wanted = np.log(170 / 50) - np.log(160 / 100)
    assert np.log(red / green) == pytest.approx(min(RED_SHARE * wanted, 0.4), abs=0.03)
    assert blue < 0.85


def test_pale_lips_bleach_only_a_little() -> None:
    _, green, red = settled(SKIN, (105, 115, 175))
    difference = np.log(174 / 134) - np.log(179 / 119)
    assert np.log(red / green) == pytest.approx(0.3 * difference, abs=0.01)


def test_the_wearers_lipstick_is_taken_off_for_the_most_part() -> None:
    """Of so red a colour no blue and green are left that a factor could bring up."""
    worn = (12, 16, 170)
    shown = settled(GREY, worn) * worn
    assert shown[2] < 1.6 * shown[1]
    assert shown[1] < 1.35 * shown[0]
    lighter = np.log(luma(shown) / luma(np.array(worn, np.float32)))
    assert 0 <= lighter <= LIGHTEST + 0.02


def test_light_lips_do_not_glow() -> None:
    tint = settled((200, 215, 240), (40, 45, 60))
    assert tint @ [0.114, 0.587, 0.299] < np.exp(LIGHTEST) + 0.05


def test_covered_lips_teach_nothing() -> None:
    lips = Lips(look(RED))
    lips.observe(face(ROSE, SIZE), SEEN, np.zeros_like(SEEN))
    np.testing.assert_array_equal(lips.tint, np.eye(3))


def test_the_tint_comes_at_once_and_then_changes_softly() -> None:
    lips = Lips(look(RED))
    lips.observe(face(ROSE, SIZE), SEEN, SEEN)
    first = lips.tint[2, 2]
    assert first > 1.1
    courses = []
    for _ in range(8):
        lips.observe(face(RED, SIZE), SEEN, SEEN)
        courses.append(lips.tint[2, 2])
    steps = np.abs(np.diff([first, *courses]))
    assert steps.max() < 0.5 * (first - 1)
    assert courses[-1] < first

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.swap.atlas import FEATHER, FEATHER_FROM, depth_inside, opacity, polygons
from mien.swap.geometry import Floats, smooth_step
from mien.swap.look import Look, prepare_look
from mien.swap.rehearsal import plain_source
from mien.swap.stubble import Stubble
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo

SIZE = 96
ONES = np.ones((SIZE, SIZE), np.float32)
SKIN, STUBBLE, SHADE = (110, 130, 190), (80, 85, 95), (72, 85, 124)
Colour = tuple[int, int, int]


def chin(size: int = SIZE) -> NDArray[np.bool_]:
    """Below the mouth and beside it."""
    start = round(float(face_template().uv[topo.LOWER_LIP, 1]) * size)
    return np.broadcast_to(np.arange(size)[:, None] > start, (size, size))


def face(below: Colour, size: int = SIZE) -> Floats:
    atlas = np.full((size, size, 3), SKIN, np.float32)
    atlas[chin(size)] = below
    return atlas


def look(below: Colour = SKIN) -> Look:
    source = replace(plain_source(), atlas=face(below, ATLAS_SIZE).astype(np.uint8))
    return prepare_look(source, SIZE)


def depth(size: int) -> Floats:
    return depth_inside(polygons([topo.OVAL], size))


def rim(size: int = SIZE) -> NDArray[np.bool_]:
    """Half faded at the chin."""
    rows = np.arange(size)[:, None] > 0.74 * size
    return (depth(size) > 0.025) & (depth(size) < 0.04) & rows


def settled(worn: Colour, source: Colour = SKIN, clear: Floats = ONES) -> Floats:
    stubble = Stubble(look(source))
    for _ in range(60):
        stubble.observe(face(worn), ONES, clear)
    return stubble.opacity


def test_the_chin_fades_as_widely_as_the_rest_of_the_outline() -> None:
    """As the kernel sees it, which reads the factors between the texels of their coarser grid."""
    wide = smooth_step(depth(ATLAS_SIZE), FEATHER_FROM, FEATHER_FROM + FEATHER)
    factors = cv2.resize(Stubble(look()).opacity, (ATLAS_SIZE, ATLAS_SIZE))
    shown = opacity(ATLAS_SIZE) * factors
    edge = rim(ATLAS_SIZE)
    np.testing.assert_allclose(shown[edge], wide[edge], atol=0.05)
    assert 0.3 < shown[edge].mean() < 0.6


def test_over_stubble_it_is_shown_to_its_edge() -> None:
    factors = settled(STUBBLE)
    assert (opacity(SIZE) * factors)[rim()].min() > 0.9
    forehead = np.round(face_template().uv[151] * SIZE).astype(int)
    assert factors[forehead[1], forehead[0]] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("worn", "source"), [(SKIN, SKIN), (SHADE, SKIN), (STUBBLE, (20, 22, 26))])
def test_skin_a_shadow_and_a_darker_beard_of_the_sources_fade_widely(
    worn: Colour, source: Colour
) -> None:
    usual = Stubble(look()).opacity
    np.testing.assert_allclose(settled(worn, source)[rim()], usual[rim()], atol=0.1)


def test_what_covers_the_chin_is_no_stubble() -> None:
    clear = np.where(chin(), 0, 1).astype(np.float32)
    np.testing.assert_array_equal(settled(STUBBLE, clear=clear), Stubble(look()).opacity)


def test_it_comes_in_by_and_by() -> None:
    stubble = Stubble(look())
    stubble.observe(face(SKIN), ONES, ONES)
    means = []
    for _ in range(9):
        stubble.observe(face(STUBBLE), ONES, ONES)
        means.append(float(stubble.opacity[rim()].mean()))
    steps = np.diff(means)
    assert steps.min() >= 0
    assert 0 < steps.max() < 0.2

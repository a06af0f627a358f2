import cv2
import numpy as np
import pytest
from tests.swap.faces import texel

from mien.swap.eyewear import Eyewear
from mien.swap.geometry import Floats
from mien.vision import topology as topo

SIZE = 96
SKIN = 150.0
SEEN = np.ones((SIZE, SIZE), np.float32)
CORNERS = (topo.RIGHT_EYE_INNER, topo.LEFT_EYE_INNER)


def skin(size: int = SIZE, grain: float = 0.0, seed: int = 1) -> Floats:
    noise = np.random.default_rng(seed).normal(0, grain, (size, size, 1))
    return np.asarray(np.full((size, size, 3), SKIN) + noise, np.float32)


def across(face: Floats, level: float, thickness: int = 1) -> Floats:
    """With a line from eye to eye over the nose."""
    (row, left), (_, right) = (texel(corner, len(face)) for corner in CORNERS)
    lined = face.copy()
    lined[row : row + thickness, left : right + 1] = level
    return lined


def watched(*faces: Floats, visible: Floats | None = None, looks: int = 1) -> Eyewear:
    eyewear = Eyewear()
    for _ in range(looks):
        for face in faces:
            eyewear.observe(
                face, np.ones(face.shape[:2], np.float32) if visible is None else visible
            )
    return eyewear


@pytest.mark.parametrize("size", [96, 128])
@pytest.mark.parametrize("level", [40.0, 110.0, 220.0])
def test_a_thin_line_across_the_nose_is_glasses(size: int, level: float) -> None:
    eyewear = watched(across(skin(size), level))
    assert eyewear.worn
    assert not eyewear.thick


@pytest.mark.parametrize(("size", "thickness"), [(96, 3), (128, 5)])
def test_heavy_frames_are_thick(size: int, thickness: int) -> None:
    eyewear = watched(across(skin(size), 30.0, thickness))
    assert eyewear.worn
    assert eyewear.thick


def test_a_bare_nose_wears_none() -> None:
    assert not watched(skin()).worn


def test_grain_is_no_line() -> None:
    eyewear = Eyewear()
    for seed in range(400):
        eyewear.observe(skin(grain=6.0, seed=seed), SEEN)
    assert not eyewear.worn


def test_shine_along_the_nose_and_dark_corners_of_the_eyes_are_no_glasses() -> None:
    face = skin()
    top, tip = (texel(vertex, SIZE)[::-1] for vertex in (9, topo.NOSE_TIP))
    cv2.line(face, top, tip, (250.0, 250.0, 250.0), 1)
    for corner in CORNERS:
        cv2.circle(face, texel(corner, SIZE)[::-1], 2, (30.0, 30.0, 30.0), -1)
    assert not watched(face).worn


def test_a_nose_that_is_turned_away_is_not_judged() -> None:
    turned = SEEN.copy()
    turned[:, : SIZE // 2] = 0.2
    face = across(skin(), 40.0)
    assert not watched(face, visible=turned, looks=20).worn
    eyewear = Eyewear()
    eyewear.observe(face, turned)
    eyewear.observe(face, SEEN)
    assert eyewear.worn, "looked at as soon as it can be seen"


def test_a_line_of_a_moment_is_no_glasses_and_glasses_stay_on() -> None:
    bare, lined = skin(), across(skin(), 110.0)
    eyewear = watched(bare, looks=60)
    for face in [lined, *[bare] * 7]:
        eyewear.observe(face, SEEN)
    assert not eyewear.worn, "a frown, or a finger"
    eyewear = watched(lined, looks=60)
    for face in [bare, *[lined] * 7]:
        eyewear.observe(face, SEEN)
    assert eyewear.worn
    for _ in range(8 * 60):
        eyewear.observe(bare, SEEN)
    assert not eyewear.worn, "taken off"


def test_limits_go_down_in_haze_but_not_on_wrinkled_skin() -> None:
    clear, hazy = watched(across(skin(), 40.0)), watched(across(skin(), 138.0))
    assert clear.on_skin == clear.on_brows == 1
    assert hazy.on_skin == pytest.approx(0.6)
    assert 0.35 <= hazy.on_brows < 0.7
    wrinkled = across(skin(), 138.0)
    wrinkled[SIZE // 2 :] = skin(grain=25.0)[SIZE // 2 :]
    assert watched(wrinkled).on_skin == 1


def test_glasses_that_are_hardly_seen_any_more_stay() -> None:
    faint = across(skin(), 144.0)
    assert not watched(faint, looks=400).worn
    assert watched(*[across(skin(), 40.0)] * 160, *[faint] * 1600).worn


def test_a_copy_learns_for_itself_alone() -> None:
    lined = across(skin(), 40.0)
    eyewear = watched(lined, looks=160)
    twin = eyewear.copy()
    for _ in range(8 * 120):
        twin.observe(skin(), SEEN)
    for _ in range(8):
        eyewear.observe(lined, SEEN)
    assert eyewear.on_skin == 1, "its mean is of what it saw itself"
    assert eyewear.worn
    assert not twin.worn

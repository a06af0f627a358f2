import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.swap.atlas import polygons
from mien.swap.geometry import Floats
from mien.swap.occlusion import Occlusion
from mien.swap.template import face_template
from mien.vision import topology as topo

SIZE = 96
ONES = np.ones((SIZE, SIZE), np.float32)
RNG = np.random.default_rng(2)
# Rows and columns of a bar across the person's right cheek.
BAR = np.s_[50:62, 26:40]


def face(bar: tuple[int, int, int] | None = None) -> NDArray[np.float32]:
    """Skin with a little noise, BGR, and a bar before it."""
    image = np.full((SIZE, SIZE, 3), (120, 150, 200), np.float32)
    image += RNG.normal(0, 2, image.shape).astype(np.float32)
    if bar is not None:
        image[BAR] = bar
    return image


def shown(values: NDArray[np.float32]) -> float:
    """Mean over the skin under the bar's middle."""
    return float(values[52:60, 29:37].mean())


def test_bare_skin_is_clear() -> None:
    occlusion = Occlusion(SIZE)
    for _ in range(20):
        clear = occlusion.update(face(), ONES)
    assert clear.min() > 0.9


def test_a_black_thing_covers_and_goes() -> None:
    occlusion = Occlusion(SIZE)
    for _ in range(5):
        occlusion.update(face(), ONES)
    for _ in range(6):
        clear = occlusion.update(face((15, 15, 15)), ONES)
    assert shown(clear) < 0.1
    assert clear[54, 60] > 0.9, "the other cheek"
    for _ in range(8):
        clear = occlusion.update(face(), ONES)
    assert shown(clear) > 0.9


def test_a_blue_thing_covers() -> None:
    occlusion = Occlusion(SIZE)
    for _ in range(6):
        clear = occlusion.update(face((220, 90, 40)), ONES)
    assert shown(clear) < 0.1


def test_a_sudden_change_covers_once_the_face_is_known() -> None:
    """A hand has skin's colour, but it was not there before."""
    occlusion = Occlusion(SIZE)
    for _ in range(40):
        occlusion.update(face(), ONES)
    for _ in range(4):
        clear = occlusion.update(face((70, 95, 140)), ONES)
    assert shown(clear) < 0.6


def test_covered_texels_are_not_learnt_from() -> None:
    occlusion = Occlusion(SIZE)
    for _ in range(40):
        occlusion.update(face(), ONES)
    for _ in range(60):
        clear = occlusion.update(face((15, 15, 15)), ONES)
    assert shown(clear) < 0.1


def test_the_bare_face_is_remembered_under_a_known_cover() -> None:
    """visible is 0 where a hand is known to be: it is never learnt from, however long it stays."""
    occlusion = Occlusion(SIZE)
    for _ in range(20):
        occlusion.update(face(), ONES)
    before = occlusion.bare.colours[BAR].copy()
    visible = ONES.copy()
    visible[BAR] = 0
    for _ in range(200):
        occlusion.update(face((70, 95, 140)), visible)
    np.testing.assert_allclose(occlusion.bare.colours[BAR], before, atol=0.5)


def test_what_was_covered_from_the_start_is_learnt_when_first_seen() -> None:
    occlusion = Occlusion(SIZE)
    visible = ONES.copy()
    visible[BAR] = 0
    for _ in range(10):
        occlusion.update(face((15, 15, 15)), visible)
    assert occlusion.bare.known[BAR].max() == 0
    occlusion.update(face(), ONES)
    assert occlusion.bare.known[BAR].min() == 1
    assert occlusion.bare.colours[BAR][..., 0].mean() > 120


def covered_from_the_start(outline: tuple[int, ...], bgr: tuple[int, int, int]) -> Floats:
    """How clear the face is that something covers in every frame."""
    occlusion = Occlusion(SIZE)
    image = face()
    image[polygons([outline], SIZE) > 0] = bgr
    for _ in range(6):
        clear = occlusion.update(image, ONES)
    return clear


# From the ridge of the nose over the cheeks to the chin, as a surgical mask lies.
MASK = (6, 119, 117, 123, 147, 58, 136, 149, 152, 378, 365, 288, 376, 352, 346, 348)
CAP = (54, 103, 67, 109, 10, 338, 297, 332, 284, 298, 299, 9, 69, 68)


@pytest.mark.parametrize("bgr", [(200, 150, 90), (235, 235, 235), (30, 30, 30), (60, 160, 60)])
def test_a_surgical_mask_stays_and_forehead_and_eyes_are_swapped(bgr: tuple[int, int, int]) -> None:
    clear = covered_from_the_start(MASK, bgr)
    inner = cv2.erode(polygons([MASK], SIZE), np.ones((7, 7))) > 0
    lips = cv2.erode(polygons([topo.OUTER_LIPS], SIZE), np.ones((3, 3))) > 0
    assert clear[inner & ~lips].max() < 0.1, "up to the lips, where nothing is drawn"
    forehead = cv2.erode(polygons([CAP], SIZE), np.ones((5, 5))) > 0
    assert clear[forehead].min() > 0.9


def test_a_cap_over_the_forehead_does_not_become_the_skin() -> None:
    clear = covered_from_the_start(CAP, (70, 40, 40))
    assert clear[cv2.erode(polygons([CAP], SIZE), np.ones((7, 7))) > 0].max() < 0.1
    assert clear[cv2.erode(polygons([MASK], SIZE), np.ones((7, 7))) > 0].min() > 0.9


def test_a_white_cup_covers_the_rim_of_the_lips_behind_it() -> None:
    clear = covered_from_the_start((205, 61, 181, 176, 400, 405, 291, 425, 2), (235, 235, 235))
    lower_rim = [(17, 84, 85, 16, 315, 314)]
    assert clear[polygons(lower_rim, SIZE) > 0].max() < 0.1


def test_shade_and_shine_are_skin() -> None:
    image = face() * np.linspace(0.55, 1.2, SIZE, dtype=np.float32)[None, :, None]
    shine = polygons([(151, 108, 107, 9, 336, 337)], SIZE) > 0
    image[shine] += 0.3 * (240 - image[shine])
    occlusion = Occlusion(SIZE)
    for _ in range(6):
        clear = occlusion.update(image, ONES)
    assert clear.min() > 0.9


def test_lips_of_any_colour_are_not_covered() -> None:
    clear = covered_from_the_start(topo.OUTER_LIPS, (60, 20, 150))
    assert clear.min() > 0.9


def test_vertices_under_a_thing_are_told_from_bare_ones() -> None:
    occlusion = Occlusion(SIZE)
    image = face()
    image[polygons([MASK], SIZE) > 0] = (200, 150, 90)
    for _ in range(6):
        occlusion.update(image, ONES)
    clear = occlusion.clear_at(face_template().uv[: topo.MESH_POINTS])
    assert clear.shape == (topo.MESH_POINTS,)
    assert clear[[topo.NOSE_TIP, topo.CHIN, 205, 425]].max() < 0.1
    assert clear[[topo.FOREHEAD_TOP, 151, 67, 297]].min() > 0.95


def test_when_all_of_it_is_another_sight_the_face_is_not_bare_for_a_frame() -> None:
    """A grey board was taken for a face; then the face behind it comes."""
    occlusion = Occlusion(SIZE)
    board = np.full((SIZE, SIZE, 3), 90, np.float32)
    for _ in range(20):
        occlusion.update(board, ONES)
    for _ in range(6):
        assert occlusion.update(face(), ONES)[BAR].min() > 0.9
    # What comes before it then covers it as ever.
    for _ in range(6):
        clear = occlusion.update(face((15, 15, 15)), ONES)
    assert shown(clear) < 0.1

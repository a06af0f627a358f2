import numpy as np
from numpy.typing import NDArray

from mien.swap.look import prepare_look
from mien.swap.occlusion import Occlusion
from mien.swap.rehearsal import plain_source

SIZE = 96
SKIN = prepare_look(plain_source(), SIZE).skin
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
    occlusion = Occlusion(SKIN)
    for _ in range(20):
        clear = occlusion.update(face(), ONES)
    assert clear.min() > 0.9


def test_a_black_thing_covers_and_goes() -> None:
    occlusion = Occlusion(SKIN)
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
    occlusion = Occlusion(SKIN)
    for _ in range(6):
        clear = occlusion.update(face((220, 90, 40)), ONES)
    assert shown(clear) < 0.1


def test_a_sudden_change_covers_once_the_face_is_known() -> None:
    """A hand has skin's colour, but it was not there before."""
    occlusion = Occlusion(SKIN)
    for _ in range(40):
        occlusion.update(face(), ONES)
    for _ in range(4):
        clear = occlusion.update(face((70, 95, 140)), ONES)
    assert shown(clear) < 0.6


def test_covered_texels_are_not_learnt_from() -> None:
    occlusion = Occlusion(SKIN)
    for _ in range(40):
        occlusion.update(face(), ONES)
    for _ in range(60):
        clear = occlusion.update(face((15, 15, 15)), ONES)
    assert shown(clear) < 0.1


def test_the_bare_face_is_remembered_under_a_known_cover() -> None:
    """visible is 0 where a hand is known to be: it is never learnt from, however long it stays."""
    occlusion = Occlusion(SKIN)
    for _ in range(20):
        occlusion.update(face(), ONES)
    before = occlusion.bare.colours[BAR].copy()
    visible = ONES.copy()
    visible[BAR] = 0
    for _ in range(200):
        occlusion.update(face((70, 95, 140)), visible)
    np.testing.assert_allclose(occlusion.bare.colours[BAR], before, atol=0.5)


def test_what_was_covered_from_the_start_is_learnt_when_first_seen() -> None:
    occlusion = Occlusion(SKIN)
    visible = ONES.copy()
    visible[BAR] = 0
    for _ in range(10):
        occlusion.update(face((15, 15, 15)), visible)
    assert occlusion.bare.known[BAR].max() == 0
    occlusion.update(face(), ONES)
    assert occlusion.bare.known[BAR].min() == 1
    assert occlusion.bare.colours[BAR][..., 0].mean() > 120

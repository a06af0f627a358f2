from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap.faces import LEFT_CHEEK, RIGHT_CHEEK

from mien.swap.light import Light
from mien.swap.look import Look, luma, prepare_look
from mien.swap.rehearsal import plain_source
from mien.swap.template import face_template
from mien.vision import topology as topo

SIZE = 96
ONES = np.ones((SIZE, SIZE), np.float32)


def grey_look() -> Look:
    return prepare_look(plain_source(), SIZE)


def texel(vertex: int) -> tuple[int, int]:
    column, row = np.round(face_template().uv[vertex] * SIZE - 0.5).astype(int)
    return int(row), int(column)


def flat(blue: float, green: float, red: float) -> NDArray[np.float32]:
    return np.full((SIZE, SIZE, 3), (blue, green, red), np.float32)


@pytest.mark.parametrize("level", [40, 128, 220])
def test_gain_takes_the_source_to_the_cameras_level(level: int) -> None:
    gain = Light(grey_look()).gain(flat(level, level, level), ONES, ONES)
    for vertex in (RIGHT_CHEEK, LEFT_CHEEK, topo.NOSE_TIP, 151, 199):
        np.testing.assert_allclose(gain[texel(vertex)] * 128, level, rtol=0.06)


def test_gain_is_in_bgr() -> None:
    gain = Light(grey_look()).gain(flat(90, 130, 190), ONES, ONES)
    np.testing.assert_allclose(gain[texel(RIGHT_CHEEK)] * 128, [90, 130, 190], rtol=0.06)


def test_a_shadow_on_one_side_darkens_that_side() -> None:
    target = flat(128, 128, 128) * np.linspace(0.5, 1.5, SIZE, dtype=np.float32)[None, :, None]
    gain = luma(Light(grey_look()).gain(target, ONES, ONES))
    assert gain[texel(RIGHT_CHEEK)] < 0.85 < 1.15 < gain[texel(LEFT_CHEEK)]


def test_what_covers_the_face_does_not_light_it() -> None:
    target = flat(128, 128, 128)
    clear = ONES.copy()
    target[50:60, 30:60], clear[50:60, 30:60] = 5, 0
    gain = Light(grey_look()).gain(target, ONES, clear)
    np.testing.assert_allclose(gain[texel(RIGHT_CHEEK)], 1, atol=0.08)


def test_light_changes_slowly() -> None:
    light = Light(grey_look())
    light.gain(flat(100, 100, 100), ONES, ONES)
    seen = [float(light.gain(flat(200, 200, 200), ONES, ONES)[texel(50)][1]) for _ in range(30)]
    assert seen[0] == pytest.approx(100 / 128, rel=0.15)
    assert seen[-1] == pytest.approx(200 / 128, rel=0.1)


def test_a_sudden_furrow_darkens_its_place() -> None:
    light = Light(grey_look())
    for _ in range(40):
        calm = light.gain(flat(128, 128, 128), ONES, ONES)
    row, column = texel(9)
    furrowed = flat(128, 128, 128)
    furrowed[row - 6 : row + 2, column - 1 : column + 2] = 80
    now = light.gain(furrowed, ONES, ONES)
    assert now[row - 2, column, 1] < calm[row - 2, column, 1] - 0.04
    np.testing.assert_allclose(now[texel(LEFT_CHEEK)], calm[texel(LEFT_CHEEK)], rtol=0.05)


def test_unseen_faces_give_finite_gains() -> None:
    nothing = np.zeros((SIZE, SIZE), np.float32)
    assert np.isfinite(Light(grey_look()).gain(flat(0, 0, 0), nothing, nothing)).all()
    assert np.isfinite(Light(grey_look()).gain(flat(255, 255, 255), ONES, nothing)).all()


def browed(level: float) -> NDArray[np.float32]:
    """A grey face with a band, a twelfth of it, of another level."""
    face = flat(170, 170, 170)
    face[20:28] = level
    return face


def veiled(source: float, target: float) -> NDArray[np.float32]:
    look = replace(grey_look(), colours=browed(source))
    light = Light(look)
    for _ in range(40):
        light.gain(browed(target), ONES, ONES)
    return light.veil


def test_blacks_are_lifted_to_what_a_hazy_camera_shows() -> None:
    veil = veiled(8, 110)
    # What the kernel makes of the source's black: about the camera's darkest.
    assert 90 < veil[0] < 125
    assert veil[0] == pytest.approx(veil[2], abs=1)
    assert veil[3] == pytest.approx(0.85 * 170, abs=6)


def test_a_camera_with_blacks_lifts_nothing() -> None:
    assert veiled(8, 8)[:3].max() < 8
    assert veiled(60, 8)[:3].max() < 1

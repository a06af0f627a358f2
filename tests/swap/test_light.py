from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap.faces import LEFT_CHEEK, RIGHT_CHEEK

from mien.swap.atlas import luma, shrink
from mien.swap.light import Light
from mien.swap.look import Look, prepare_look
from mien.swap.rehearsal import plain_source
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
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
    seen = [float(light.gain(flat(140, 140, 140), ONES, ONES)[texel(50)][1]) for _ in range(30)]
    assert seen[1] == pytest.approx(110 / 128, rel=0.04)
    assert seen[-1] == pytest.approx(140 / 128, rel=0.03)


@pytest.mark.parametrize("before", [15, 60, 235])
def test_a_face_from_behind_what_was_taken_for_it_is_lit_at_once(before: int) -> None:
    light = Light(grey_look())
    for _ in range(20):
        light.gain(flat(before, before, before), ONES, ONES)
    for _ in range(6):
        gain = light.gain(flat(120, 140, 160), ONES, ONES)
        np.testing.assert_allclose(gain[texel(50)] * 128, (120, 140, 160), rtol=0.04)


def test_a_thing_before_less_than_half_of_the_face_is_no_other_sight() -> None:
    """A white mask, not yet known to cover the face."""
    light = Light(grey_look())
    for _ in range(20):
        light.gain(flat(100, 100, 100), ONES, ONES)
    masked = flat(100, 100, 100)
    masked[52:] = 250
    gain = light.gain(masked, ONES, ONES)
    np.testing.assert_allclose(gain[texel(199)] * 128, 100 + 0.25 * 150, rtol=0.1)


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


def source_of(atlas: NDArray[np.float32]) -> Look:
    return prepare_look(replace(plain_source(), atlas=atlas.astype(np.uint8)), SIZE)


def drawn(look: Look, target: NDArray[np.float32], frames: int = 8) -> NDArray[np.float32]:
    """The source in the target's light, after some frames."""
    light = Light(look)
    for _ in range(frames):
        gain = light.gain(target, ONES, ONES)
    return np.asarray(look.colours * gain, np.float32)


def painted(blue: float, green: float, red: float) -> NDArray[np.float32]:
    return np.full((ATLAS_SIZE, ATLAS_SIZE, 3), (blue, green, red), np.float32)


def bearded() -> NDArray[np.float32]:
    """Brown skin; black hair over the chin, and skin as wide as a finger in it."""
    atlas, (row, column) = painted(60, 80, 110), texel(199)
    row, column = row * ATLAS_SIZE // SIZE, column * ATLAS_SIZE // SIZE
    atlas[row - 30 : row + 90, column - 110 : column + 110] = (14, 15, 18)
    atlas[row - 14 : row + 14, column - 14 : column + 14] = (60, 80, 110)
    return atlas


def test_skin_in_a_beard_is_as_bright_as_the_cameras_skin() -> None:
    lit = drawn(source_of(bearded()), flat(150, 170, 200))
    np.testing.assert_allclose(lit[texel(199)], (150, 170, 200), rtol=0.12)
    np.testing.assert_allclose(lit[texel(RIGHT_CHEEK)], (150, 170, 200), rtol=0.06)


def test_a_beard_stays_dark_and_is_no_skin() -> None:
    look = source_of(bearded())
    row, column = texel(199)
    lit = drawn(look, flat(150, 170, 200))
    assert luma(lit[row + 6, column + 12]) < 0.35 * luma(lit[texel(RIGHT_CHEEK)])
    assert look.skin[row + 6, column + 12] == pytest.approx(0, abs=0.02)
    assert look.skin[texel(199)] > 0.9


def test_a_broad_shadow_is_skin_and_is_lit_like_it() -> None:
    """Down to three quarters of the light at the chin."""
    fall = np.clip(np.linspace(2.0, 0.5, ATLAS_SIZE, dtype=np.float32), 0.75, 1)[:, None, None]
    look = source_of(painted(110, 130, 170) * fall)
    assert look.skin[texel(199)] > 0.9
    lit = drawn(look, flat(150, 170, 200))
    np.testing.assert_allclose(lit[texel(199)], (150, 170, 200), rtol=0.08)


def mottled() -> NDArray[np.float32]:
    """A dark brown face with patches of white shine and of red."""
    atlas = painted(36, 52, 84)
    rows, columns = np.mgrid[:ATLAS_SIZE, :ATLAS_SIZE] // 20
    atlas[(rows + columns) % 3 == 0] += (30, 30, 30)
    atlas[(rows + columns) % 3 == 1] += (-4, 0, 16)
    return atlas


def test_dark_skin_on_a_bright_face_has_no_patches_of_another_hue() -> None:
    target = flat(150, 170, 200)
    look = source_of(mottled())
    lit = drawn(look, target)
    photo = shrink(mottled(), SIZE)
    own, now = (strength_of_hue(some)[look.core] for some in (photo, lit))
    assert own.std() > 0.18
    assert now.std() < 0.09
    np.testing.assert_allclose(lit[look.core].mean(0), (150, 170, 200), rtol=0.04)


def strength_of_hue(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.log((colours[..., 2] + 4) / (colours[..., 0] + 4)), np.float32)


def modelled(depth: float) -> NDArray[np.float32]:
    """A grey face with a patch on its cheek, so much lighter or darker in logarithms."""
    atlas, (row, column) = painted(100, 100, 100), texel(RIGHT_CHEEK)
    row, column = row * ATLAS_SIZE // SIZE, column * ATLAS_SIZE // SIZE
    atlas[row - 16 : row + 16, column - 16 : column + 16] *= np.exp(depth)
    return atlas


@pytest.mark.parametrize(("depth", "least", "most"), [(-0.3, 0.65, 0.95), (0.3, 0.2, 0.6)])
def test_flat_light_takes_shine_but_leaves_shadows(depth: float, least: float, most: float) -> None:
    lit = luma(drawn(source_of(modelled(depth)), flat(140, 140, 140), frames=40))
    row, column = texel(RIGHT_CHEEK)
    kept = np.log(lit[row, column] / lit[row, column + 10]) / depth
    assert least < kept < most


def test_light_moves_in_every_frame_not_in_every_second() -> None:
    light = Light(grey_look())
    light.gain(flat(100, 100, 100), ONES, ONES)
    seen = [float(light.gain(flat(140, 140, 140), ONES, ONES)[texel(50)][1]) for _ in range(12)]
    steps = np.diff(seen[2:])
    assert (steps > 0).all()
    assert (steps[1:] < steps[:-1]).all()

import cv2
import numpy as np
import pytest

from mien.swap.atlas import polygons, to_lab
from mien.swap.geometry import Floats
from mien.swap.skin_colour import SkinColour

SIZE = 96
ONES = np.ones((SIZE, SIZE), np.float32)
SKINS = [(150, 175, 215), (120, 150, 200), (60, 85, 130), (35, 45, 70)]


def painted(bgr: tuple[float, float, float]) -> Floats:
    noise = np.random.default_rng(5).normal(0, 2, (SIZE, SIZE, 3))
    return (np.array(bgr) + noise).astype(np.float32)


def distance_to(bgr: tuple[float, float, float], model: SkinColour) -> float:
    return float(np.median(model.distance(to_lab(painted(bgr)))))


def learnt(image: Floats, times: int = 1) -> SkinColour:
    model = SkinColour(SIZE)
    for _ in range(times):
        model.measure(to_lab(image), ONES)
    return model


@pytest.mark.parametrize("skin", SKINS)
def test_skin_is_near_and_things_are_far(skin: tuple[int, int, int]) -> None:
    model = learnt(painted(skin))
    assert distance_to(skin, model) < 0.7
    shade = 0.65 * np.array(skin)
    assert distance_to(tuple(shade), model) < 1.7
    for thing in [(235, 235, 235), (200, 150, 90), (40, 160, 40), (150, 40, 40)]:
        assert distance_to(thing, model) > 3.0, thing


@pytest.mark.parametrize("skin", SKINS[:3])
def test_half_a_face_of_cloth_is_not_taken_for_skin(skin: tuple[int, int, int]) -> None:
    for cloth in [(235, 235, 235), (200, 150, 90), (25, 25, 25)]:
        image = painted(skin)
        image[polygons([(6, 119, 117, 123, 58, 149, 378, 288, 352, 346, 348)], SIZE) > 0] = cloth
        model = learnt(image)
        assert distance_to(skin, model) < 1.0, cloth
        assert distance_to(cloth, model) > 3.0, cloth


def test_what_was_skin_before_stays_skin() -> None:
    """Cloth as warm as skin, which comes to cover all but the eyes."""
    skin, cloth = (120, 150, 200), (60, 110, 190)
    model = learnt(painted(skin), 3)
    image = painted(cloth)
    bare = polygons([(9, 55, 193, 122, 6, 351, 417, 285)], SIZE)
    image[cv2.dilate(bare, np.ones((7, 7))) > 0] = skin
    for _ in range(20):
        model.measure(to_lab(image), ONES)
    assert distance_to(skin, model) < 1.0


def test_another_light_is_followed() -> None:
    model = learnt(painted((120, 150, 200)))
    for _ in range(12):
        model.measure(to_lab(painted((170, 160, 175))), ONES)
    assert distance_to((170, 160, 175), model) < 0.7


def test_hidden_texels_do_not_count() -> None:
    image, visible = painted((120, 150, 200)), ONES.copy()
    image[:, : SIZE // 2] = (200, 120, 60)
    visible[:, : SIZE // 2] = 0
    model = SkinColour(SIZE)
    model.measure(to_lab(image), visible)
    assert distance_to((120, 150, 200), model) < 0.7

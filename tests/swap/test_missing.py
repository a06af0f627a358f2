import numpy as np
import pytest
from tests.swap.faces import SIDE, placed

from mien.swap.lost import FADE_FRAMES, GRACE_FRAMES, LostPolicy
from mien.swap.missing import HIDDEN_S, MissingFaces, hide
from mien.vision.face import BgrImage
from mien.vision.place import Place

MESH, OTHER = placed(0.4, dx=-110), placed(0.4, dx=110)
STEP = 1 / 30


def bare() -> BgrImage:
    """Fine stripes everywhere, by which the camera's picture can be told."""
    image = np.full((SIDE, SIDE, 3), 100, np.uint8)
    image[::2] = 180
    return image


def stripes(image: BgrImage, x: int) -> float:
    """How much of the stripes shows at the middle of a face, 0 to 1."""
    part = image[220:260, x - 20 : x + 20].astype(int)
    return float(np.abs(np.diff(part, axis=0)).mean() / 80)


def lost(policy: LostPolicy, frames: int) -> list[BgrImage]:
    """The left of two faces is lost; the right one goes on, red."""
    missing = MissingFaces(policy)
    swapped = np.full((SIDE, SIDE, 3), (40, 40, 220), np.uint8)
    missing.remember({1: MESH, 2: OTHER}, swapped, 0.0)
    shown = []
    for number in range(1, frames + 1):
        result = bare()
        missing.cover(result, {2: OTHER}, (), number * STEP)
        shown.append(result)
    return shown


@pytest.mark.parametrize("policy", ["blur", "hold"])
def test_a_missing_face_is_never_bare_and_the_rest_is_untouched(policy: LostPolicy) -> None:
    for image in lost(policy, 30):
        assert stripes(image, 130) < 0.2
        np.testing.assert_array_equal(image[:, 300:], bare()[:, 300:])


def test_the_last_swap_stays_for_a_moment_and_fades_to_blur() -> None:
    shown = lost("blur", GRACE_FRAMES + FADE_FRAMES + 1)
    red = [int(image[240, 130, 2]) - int(image[240, 130, 0]) for image in shown]
    assert red[:GRACE_FRAMES] == [180] * GRACE_FRAMES
    assert red == sorted(red, reverse=True)
    assert red[-1] == 0


def test_pass_shows_the_camera_in_the_end() -> None:
    np.testing.assert_array_equal(lost("pass", GRACE_FRAMES + FADE_FRAMES)[-1], bare())


def test_who_is_gone_for_long_is_not_waited_for() -> None:
    missing = MissingFaces("blur")
    missing.remember({1: MESH}, bare(), 0.0)
    result = bare()
    missing.cover(result, {}, (), HIDDEN_S + 0.1)
    np.testing.assert_array_equal(result, bare())


def test_hidden_places_are_covered_but_for_faces_that_are_shown_there() -> None:
    result = bare()
    MissingFaces("blur").cover(result, {}, [Place(130, 240, 80)], 0.0)
    assert stripes(result, 130) < 0.2
    beside = bare()
    hide(beside, Place(350, 240, 200), {2: OTHER})
    assert stripes(beside, 350) == 1
    np.testing.assert_array_equal(beside[240, 350], bare()[240, 350])


def test_places_at_the_edge_and_beyond_are_taken() -> None:
    result = bare()
    for place in (Place(0, 0, 60), Place(SIDE + 300, 20, 40), Place(10, SIDE, 500)):
        hide(result, place, {})
    assert result.shape == (SIDE, SIDE, 3)

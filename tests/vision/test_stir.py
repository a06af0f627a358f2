import numpy as np

from mien.vision.face import BgrImage
from mien.vision.place import Place
from mien.vision.stir import Stir

FACE = Place(320, 200, 160)


def room(face_x: int = 320, hand: tuple[int, int] | None = None) -> BgrImage:
    image = np.zeros((480, 640, 3), np.uint8)
    image[:] = (np.arange(640) // 8 % 2 * 60 + 60)[None, :, None]
    image[120:280, face_x - 60 : face_x + 60] = 180
    if hand is not None:
        image[hand[1] : hand[1] + 80, hand[0] : hand[0] + 60] = 220
    return image


def test_a_still_room_is_calm() -> None:
    stir = Stir()
    assert not any(stir(room(), [FACE]) for _ in range(10))


def test_a_hand_beside_the_face_stirs() -> None:
    stir = Stir()
    for _ in range(4):
        stir(room(), [FACE])
    assert stir(room(hand=(400, 250)), [FACE])


def test_something_far_away_does_not() -> None:
    stir = Stir()
    for _ in range(4):
        stir(room(), [FACE])
    assert not stir(room(hand=(20, 390)), [FACE])


def test_one_more_face_is_no_stir() -> None:
    stir = Stir()
    stir(room(), [FACE])
    assert not stir(room(), [FACE, Place(100, 100, 80)])

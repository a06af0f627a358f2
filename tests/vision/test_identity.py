import cv2
import numpy as np

from mien.vision.face import BgrImage
from mien.vision.faces import Face, FaceFinder
from mien.vision.identity import SAME_PERSON, IdentityModel, distance, face_chip


def test_strangers_are_far_apart(
    identity: IdentityModel,
    astronaut: BgrImage,
    hopper: BgrImage,
    astronaut_face: Face,
    hopper_face: Face,
) -> None:
    one = identity(astronaut, astronaut_face.mesh)
    other = identity(hopper, hopper_face.mesh)
    assert one.shape == (128,)
    assert one.dtype == np.float32
    assert distance(one, other) > 0.65


def test_the_same_person_turning_her_head_is_near(
    identity: IdentityModel, finder: FaceFinder, head_turns: list[BgrImage]
) -> None:
    seen = [identity(head_turns[at], finder(head_turns[at])[0].mesh) for at in (0, 14, 28)]
    distances = [distance(seen[0], other) for other in seen[1:]]
    assert max(distances) < SAME_PERSON - 0.05
    assert np.mean(distances) < 0.45


def test_three_people_are_three(
    identity: IdentityModel,
    finder: FaceFinder,
    astronaut: BgrImage,
    astronaut_face: Face,
    head_turns: list[BgrImage],
    blink: list[BgrImage],
    signer: list[BgrImage],
) -> None:
    frames = [head_turns[0], blink[0], signer[20]]
    others = [identity(frame, finder(frame)[0].mesh) for frame in frames]
    people = [identity(astronaut, astronaut_face.mesh), *others]
    apart = [distance(a, b) for i, a in enumerate(people) for b in people[i + 1 :]]
    assert min(apart) > 0.5
    assert np.mean(apart) > SAME_PERSON + 0.1


def test_size_and_roll_do_not_matter(
    identity: IdentityModel, finder: FaceFinder, hopper: BgrImage, hopper_face: Face
) -> None:
    here = identity(hopper, hopper_face.mesh)
    small = np.asarray(
        cv2.resize(hopper, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA), np.uint8
    )
    turn = cv2.getRotationMatrix2D((256, 240), 30, 1)
    turned = np.asarray(cv2.warpAffine(hopper, turn, (512, 600)), np.uint8)
    for picture in (small, turned):
        assert distance(here, identity(picture, finder(picture)[0].mesh)) < 0.35


def test_the_chip_is_upright_and_where_dlib_puts_it(hopper: BgrImage, hopper_face: Face) -> None:
    chip = face_chip(hopper, hopper_face.mesh)
    assert chip.shape == (150, 150, 3)
    # The template's outer corners of the eyes, padded by a quarter, in pixels.
    left, right = (0.25 + 0.1206) / 1.5 * 150, (0.25 + 0.8596) / 1.5 * 150
    eyes = chip[44:50, round(left) : round(right)].mean(axis=(0, 2))
    glasses_bridge = eyes[len(eyes) // 2 - 3 : len(eyes) // 2 + 3].mean()
    assert eyes[8:22].min() < glasses_bridge - 40, "an eye is darker than the bridge of the nose"
    assert eyes[-22:-8].min() < glasses_bridge - 40


def test_colours_matter(identity: IdentityModel, hopper: BgrImage, hopper_face: Face) -> None:
    """The net takes RGB: red and blue swapped is a picture it knows less well."""
    swapped = np.ascontiguousarray(hopper[:, :, ::-1])
    right = identity(hopper, hopper_face.mesh)
    assert distance(right, identity(swapped, hopper_face.mesh)) > 0.1

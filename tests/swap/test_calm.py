"""What changes of a sudden: the scene, a lamp, a face that leaves and comes back."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.swap.faces import LEFT_CHEEK, RED, RIGHT_CHEEK, painted_source

from mien.models.weights import WeightStore
from mien.swap.engine import FrameEngine, SwappedFrame
from mien.vision.face import BgrImage

MEDIA = Path(__file__).parents[1] / "media"
STEP = 1 / 25


def clip(name: str, count: int) -> Iterator[BgrImage]:
    film = cv2.VideoCapture(str(MEDIA / name))
    for _ in range(count):
        found, image = film.read()
        assert found
        yield np.asarray(image, np.uint8)
    film.release()


@pytest.fixture(scope="module")
def woman() -> list[BgrImage]:
    return list(clip("head_turns.mp4", 20))


def brighter(image: BgrImage) -> BgrImage:
    return np.asarray(np.clip(image.astype(np.float32) * 1.5 + 12, 0, 255), np.uint8)


def play(frames: list[BgrImage]) -> list[SwappedFrame]:
    engine = FrameEngine.load(WeightStore())
    engine.warm_up()
    engine.set_source(painted_source({RIGHT_CHEEK: RED, LEFT_CHEEK: RED}))
    return [engine(frame, number * STEP) for number, frame in enumerate(frames)]


def changed(shown: SwappedFrame, camera: BgrImage) -> float:
    """How much of the picture is not the camera's: the face, while it is swapped."""
    return float((np.abs(shown.image.astype(int) - camera).max(2) > 2).mean())


def tone(shown: SwappedFrame, camera: BgrImage) -> float:
    """Luma of what was changed over the camera's luma there."""
    where = np.abs(shown.image.astype(int) - camera).max(2) > 2
    return float(shown.image[where].mean() / camera[where].mean())


def test_a_lamp_that_is_switched_on_lights_the_swapped_face_at_once(woman: list[BgrImage]) -> None:
    frames = woman[:10] + [brighter(frame) for frame in woman[10:]]
    shown = play(frames)
    assert {one.state for one in shown} == {"swapped"}
    before = tone(shown[9], frames[9])
    for one, camera in zip(shown[10:], frames[10:], strict=True):
        assert changed(one, camera) > 0.6 * changed(shown[9], frames[9]), "never bare"
        assert tone(one, camera) == pytest.approx(before, rel=0.12)


def test_after_a_cut_the_new_scene_is_swapped_in_its_own_light(woman: list[BgrImage]) -> None:
    photo = np.asarray(cv2.imread(str(MEDIA / "grace_hopper.jpg")), np.uint8)
    other = np.asarray(cv2.resize(photo[60:510], (640, 480)), np.uint8)
    frames = woman[:8] + [other] * 4
    shown = play(frames)
    assert [one.state for one in shown[8:]] == ["swapped"] * 4
    first, last = (tone(one, other) for one in (shown[8], shown[11]))
    assert first == pytest.approx(last, rel=0.1), "nothing of the old light fades out"


def test_a_face_that_comes_back_after_a_second_is_swapped_in_its_first_frame(
    woman: list[BgrImage],
) -> None:
    wall = np.asarray(cv2.GaussianBlur(woman[0], (0, 0), 60), np.uint8)
    frames = woman[:8] + [wall] * 26 + woman[8:14]
    shown = play(frames)
    assert {one.state for one in shown[12:34]} == {"no_face"}
    assert [one.state for one in shown[34:]] == ["swapped"] * 6
    assert changed(shown[34], frames[34]) > 0.5 * changed(shown[39], frames[39])

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.live.consent_clip import recorded, turning

from mien.errors import MediaRejected
from mien.live.person_reading import PersonReader
from mien.media.clips import ClipLimits
from mien.models.weights import WeightStore
from mien.trust.liveness import Challenge, objections, turns_of
from mien.vision.face import BgrImage
from mien.vision.identity import Embedding

MEDIA = Path(__file__).parents[1] / "media"
LIMITS = ClipLimits()
ASKED = Challenge(("river", "honey", "table", "zebra"), ("left", "right", "left"))


@pytest.fixture(scope="module")
def reader() -> PersonReader:
    return PersonReader.load(WeightStore())


def embedding(reader: PersonReader, image: BgrImage) -> Embedding:
    return reader.identity(image, reader.finder(image)[0].mesh)


def photo(name: str) -> BgrImage:
    return np.asarray(cv2.imread(str(MEDIA / name)), np.uint8)


def turned(picture: BgrImage, degrees: float) -> BgrImage:
    """A flat photo, held before a camera and turned about its middle, in 640 x 480."""
    height, width = picture.shape[:2]
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    across = corners[:, 0] * np.cos(np.radians(degrees))
    nearer = 2.0 * width / (2.0 * width + corners[:, 0] * np.sin(np.radians(degrees)))
    seen = np.stack([across * nearer, corners[:, 1] * nearer], 1) * (440 / height) + [320, 240]
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, seen.astype(np.float32))
    view = cv2.warpPerspective(picture, matrix, (640, 480), borderValue=(90, 90, 90))
    return np.asarray(view, np.uint8)


def test_a_person_who_does_as_asked_is_believed(reader: PersonReader, tmp_path: Path) -> None:
    frames = turning()
    clip = recorded(tmp_path / "clip.webm", frames, 12)
    reading = reader(clip, embedding(reader, frames[0]), LIMITS)
    assert reading.seconds == pytest.approx(4.4, abs=0.1)
    assert reading.one_face == 1
    assert reading.speech_s == pytest.approx(1.5, abs=0.15)
    assert objections(reading, ASKED) == ()


def test_somebody_else_is_not(reader: PersonReader, tmp_path: Path) -> None:
    clip = recorded(tmp_path / "clip.webm", turning(), 12)
    reading = reader(clip, embedding(reader, photo("grace_hopper.jpg")), LIMITS)
    assert objections(reading, ASKED) == ("The face in the clip is not the registered one.",)


def test_a_mirrored_clip_turns_the_other_way(reader: PersonReader, tmp_path: Path) -> None:
    frames = [np.ascontiguousarray(frame[:, ::-1]) for frame in turning()[::2]]
    clip = recorded(tmp_path / "clip.webm", frames, 7)
    reading = reader(clip, embedding(reader, frames[0]), LIMITS)
    assert turns_of(reading.yaws) == ("right", "left", "right")


@pytest.mark.parametrize("name", ["astronaut.png", "grace_hopper.jpg"])
def test_a_photo_turned_before_the_camera_is_found_out(
    reader: PersonReader, tmp_path: Path, name: str
) -> None:
    picture = photo(name)
    swing = np.concatenate([np.zeros(3), 50 * np.sin(np.linspace(0, 3 * np.pi, 27))])
    frames = [turned(picture, degrees) for degrees in swing]
    clip = recorded(tmp_path / "clip.webm", frames, 8)
    reading = reader(clip, embedding(reader, picture), LIMITS)
    assert turns_of(reading.yaws) == ()
    assert objections(reading, ASKED) == ("The head was not turned as asked.",)


def test_a_picture_without_a_face_and_one_that_is_no_video(
    reader: PersonReader, tmp_path: Path
) -> None:
    wall = [np.full((120, 160, 3), 90, np.uint8)] * 16
    clip = recorded(tmp_path / "clip.webm", wall, 4)
    reading = reader(clip, np.zeros(128, np.float32), LIMITS)
    assert reading.one_face == 0
    assert reading.apart == ()
    with pytest.raises(MediaRejected):
        reader((MEDIA / "astronaut.png").read_bytes(), np.zeros(128, np.float32), LIMITS)

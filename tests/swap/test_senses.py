"""What engines of streams and of files see."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.swap.senses import Senses
from mien.vision.face import BgrImage
from mien.vision.hand_tracker import HandTracker
from mien.vision.hands_beside import HandsBeside
from mien.vision.tracker import FaceTracker

CLIP = Path(__file__).parents[1] / "media" / "signer.mp4"


def without_and_with_a_hand() -> tuple[BgrImage, BgrImage]:
    clip = cv2.VideoCapture(str(CLIP))
    pictures = [np.asarray(clip.read()[1], np.uint8) for _ in range(29)]
    return pictures[0], pictures[28]


def first_seen(senses: Senses, store: WeightStore) -> int:
    """In which of 36 pictures a hand is found that comes like a ghost, and stirs nothing."""
    bare, hand = without_and_with_a_hand()
    (face,) = FaceTracker.load(store).update(bare, 0.0).tracks
    assert senses.hands is not None
    for number in range(36):
        picture = np.asarray(cv2.addWeighted(bare, 1 - number / 35, hand, number / 35, 0), np.uint8)
        if senses.hands.update(picture, [face.mesh.points]):
            return number
    return 99


def test_of_a_file_no_picture_is_left_out_in_search_of_hands() -> None:
    store = WeightStore()
    assert 8 < first_seen(Senses.for_clips(store), store) < 26
    assert first_seen(Senses.load(store), store) in (30, 31)


@pytest.mark.parametrize(
    ("cores", "there", "kind"),
    [(2, 2.0, HandsBeside), (2, 1.0, HandTracker), (1, 2.0, HandTracker)],
)
def test_one_core_follows_hands_after_faces(
    cores: int, there: float, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.models.cores.usable_cores", lambda: there)
    assert type(Senses.load(WeightStore(), cores).hands) is kind

import cv2
import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage
from mien.vision.identity import distance
from mien.vision.still import StillTracker


@pytest.fixture(scope="module")
def still(store: WeightStore) -> StillTracker:
    return StillTracker.load(store)


def crowd(astronaut: BgrImage, hopper: BgrImage) -> BgrImage:
    """Ten people in a large picture, the largest of them at the lower right."""
    canvas = np.full((1600, 2100, 3), 128, np.uint8)
    for number in range(9):
        width = 480 - 10 * number
        one = cv2.resize(astronaut, (width, width), interpolation=cv2.INTER_AREA)
        left, top = 10 + 500 * (number % 4), 10 + 500 * (number // 4)
        canvas[top : top + width, left : left + width] = one
    canvas[990:1590, 1580:2092] = hopper
    return canvas


def test_one_is_the_largest(still: StillTracker, astronaut: BgrImage, hopper: BgrImage) -> None:
    still.follow_up_to(1)
    (track,) = still.update(crowd(astronaut, hopper), 0.0).tracks
    np.testing.assert_allclose(track.mesh.points[1, :2], (1580 + 245, 990 + 245), atol=25)


def test_several_are_the_largest_and_are_known(
    still: StillTracker, astronaut: BgrImage, hopper: BgrImage
) -> None:
    still.follow_up_to(8)
    sighting = still.update(crowd(astronaut, hopper), 0.0)
    assert [track.id for track in sighting.tracks] == list(range(8))
    assert sighting.known == frozenset(range(8))
    sizes = [np.ptp(track.mesh.points[:, 1]) for track in sighting.tracks]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] > 0.7 * sizes[1]
    largest, next_one = sighting.tracks[0].embedding, sighting.tracks[1].embedding
    assert largest is not None and next_one is not None
    assert distance(largest, next_one) > 0.6


@pytest.mark.parametrize("quarters", [1, 2])
def test_a_picture_that_lies_on_its_side(
    still: StillTracker, hopper: BgrImage, quarters: int
) -> None:
    still.follow_up_to(1)
    (track,) = still.update(np.ascontiguousarray(np.rot90(hopper, quarters)), 0.0).tracks
    across, down = (track.mesh.points[263] - track.mesh.points[33])[:2]
    turned = np.degrees(np.arctan2(down, across))
    assert abs((turned + 90 * quarters + 180) % 360 - 180) < 15


def test_nobody(still: StillTracker) -> None:
    assert still.update(np.full((90, 90, 3), 128, np.uint8), 0.0).tracks == ()

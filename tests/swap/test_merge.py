from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap.faces import RED, painted_source

from mien.errors import SourceRejected, TooManyFaces
from mien.swap.geometry import Floats
from mien.swap.merge import merge_sources
from mien.swap.rehearsal import plain_source
from mien.swap.source import SourceFace
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo

RIGHT, LEFT = 50, 280
FORWARD = slice(0, ATLAS_SIZE // 2), slice(ATLAS_SIZE // 2, ATLAS_SIZE)


def at(image: NDArray[np.uint8], vertex: int) -> Floats:
    column, row = np.round(face_template().uv[vertex] * ATLAS_SIZE - 0.5).astype(int)
    return np.asarray(image[row - 2 : row + 3, column - 2 : column + 3].mean((0, 1)), np.float32)


def person(number: int) -> Floats:
    """Embeddings 0.1 apart from the next."""
    identity = np.zeros(128, np.float32)
    identity[0] = number / 10
    return identity


def side_seen(source: SourceFace, side: slice, **more: object) -> SourceFace:
    """As if the photo had shown that side only."""
    seen = np.zeros((ATLAS_SIZE, ATLAS_SIZE), np.uint8)
    seen[:, side] = 255
    return replace(source, seen=seen, **more)  # type: ignore[arg-type]


def textured(shade: int, step: int) -> SourceFace:
    source = plain_source()
    source.atlas[:] = shade
    source.atlas[::step, ::step] += 40
    return source


def test_one_photo_stays_as_it_is() -> None:
    source = plain_source()
    assert merge_sources([source]) is source


def test_each_side_comes_from_the_photo_that_shows_it() -> None:
    right, left = FORWARD
    first = side_seen(painted_source({RIGHT: RED}), right)
    second = side_seen(painted_source({LEFT: RED}), left)
    merged = merge_sources([first, second])
    for vertex in (RIGHT, LEFT):
        np.testing.assert_allclose(at(merged.atlas, vertex), RED, atol=12)
    hidden = merge_sources([side_seen(painted_source({RIGHT: RED}), left), first])
    np.testing.assert_allclose(at(hidden.atlas, RIGHT), RED, atol=12)
    swapped = merge_sources(
        [side_seen(painted_source({RIGHT: RED}), left), side_seen(plain_source(), right)]
    )
    np.testing.assert_allclose(at(swapped.atlas, RIGHT), 128, atol=25)
    assert merged.seen.min() == 255


def test_what_no_photo_shows_is_still_there() -> None:
    blind = replace(painted_source({RIGHT: RED}), seen=np.zeros((ATLAS_SIZE, ATLAS_SIZE), np.uint8))
    merged = merge_sources([blind, blind])
    np.testing.assert_allclose(at(merged.atlas, RIGHT), RED, atol=3)


def test_the_sharper_photo_gives_the_detail() -> None:
    dot = painted_source({RIGHT: RED}, radius=3)
    sharp, soft = replace(dot, resolution=1.0), replace(plain_source(), resolution=0.25)
    for photos in ([sharp, soft], [soft, sharp]):
        merged = merge_sources(photos)
        assert at(merged.atlas, RIGHT)[2] > 190
        assert merged.resolution == 1.0


def test_photos_of_different_light_meet_without_a_step() -> None:
    right, left = FORWARD
    dark, bright = plain_source(), plain_source()
    dark.atlas[:], bright.atlas[:] = (50, 60, 80), (130, 150, 190)
    merged = merge_sources([side_seen(dark, right), side_seen(bright, left)]).atlas
    steps = np.abs(np.diff(merged.astype(int), axis=1))
    assert steps.max() <= 3
    middle = merged[ATLAS_SIZE // 2]
    assert middle.mean(0) == pytest.approx(middle[0], abs=12)


def test_a_face_at_rest_outweighs_a_laughing_one() -> None:
    uv = face_template().uv
    rest, laughing = plain_source(), replace(plain_source(), unrest=1.0)
    lips = np.round(uv[list(topo.OUTER_LIPS)] * ATLAS_SIZE).astype(np.int32)
    cv2.fillPoly(rest.atlas, [lips], (90, 90, 170))
    cv2.fillPoly(laughing.atlas, [lips], (240, 240, 240))
    wide = laughing.shape
    wide[list(topo.OUTER_LIPS), 0] *= 1.5
    merged = merge_sources([laughing, rest])
    assert at(merged.atlas, topo.OUTER_LIPS[5])[2] < 195
    width = np.ptp(merged.shape[[61, 291], 0])
    usual, widest = (np.ptp(face.shape[[61, 291], 0]) for face in (rest, laughing))
    assert width < usual + 0.4 * (widest - usual)


def test_the_shape_is_taken_from_who_shows_it() -> None:
    right, left = FORWARD
    first, second = side_seen(plain_source(), right), side_seen(plain_source(), left)
    first.shape[:, 2] += 1
    merged = merge_sources([first, second])
    assert merged.shape[RIGHT, 2] == pytest.approx(first.shape[RIGHT, 2], abs=0.1)
    assert merged.shape[LEFT, 2] == pytest.approx(second.shape[LEFT, 2], abs=0.1)


def test_an_iris_that_one_photo_hides_is_the_other_ones() -> None:
    unknown = replace(plain_source(), iris=np.full(3, np.nan, np.float32))
    known = plain_source()
    for photos in ([unknown, known], [known, unknown]):
        np.testing.assert_array_equal(merge_sources(photos).iris, known.iris)
    assert np.isnan(merge_sources([unknown, unknown]).iris).all()


@pytest.mark.parametrize(
    ("numbers", "strangers"),
    [
        ([0, 3], None),
        ([0, 5, 10], None),
        ([10, 0, 5], None),
        ([0, 7], "Photo 2 of 2"),
        ([0, 20, 3, 23], "Photo 2, 4 of 4"),
    ],
)
def test_photos_of_others_are_refused(numbers: list[int], strangers: str | None) -> None:
    photos = [replace(plain_source(), identity=person(number)) for number in numbers]
    if strangers is None:
        merged = merge_sources(photos)
        assert merged.identity[0] == pytest.approx(np.mean(numbers) / 10, abs=1e-5)
    else:
        with pytest.raises(SourceRejected, match=f"{strangers} shows another person"):
            merge_sources(photos)


def test_eight_photos_at_most() -> None:
    assert merge_sources([plain_source()] * 8)
    with pytest.raises(TooManyFaces, match="at most 8"):
        merge_sources([plain_source()] * 9)

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap.faces import SIDE, placed

from mien.models.weights import WeightStore
from mien.swap.contour import soften_contour
from mien.swap.drawing import Canvas, Drawing
from mien.swap.engine import FrameEngine
from mien.swap.geometry import Doubles, Floats
from mien.swap.matte import lay_over
from mien.swap.mesh import QUALITIES
from mien.swap.rehearsal import rehearse
from mien.swap.source_maker import SourceMaker
from mien.vision import topology as topo
from mien.vision.face import BgrImage
from mien.vision.image import decode_image

MEDIA = Path(__file__).parents[1] / "media"
GREY = 150


def drawn(yaw: float, scale: float) -> Drawing:
    points = np.ascontiguousarray(placed(yaw=yaw, scale=scale).points[:468])
    drawing = Canvas().draw(points, points, SIDE, SIDE)
    assert drawing is not None
    return drawing


def hiding_line(drawing: Drawing) -> tuple[slice, NDArray[np.bool_]]:
    """Rows of the picture between eyes and nose tip, and where in them the nose hides the cheek:
    one pixel looks at another place of the atlas than the one beside it."""
    tall = drawing.points[[topo.NOSE_ROOT, topo.NOSE_TIP], 1]
    rows = np.s_[int(tall[0] * 0.7 + tall[1] * 0.3) : int(tall[1])]
    shown = drawing.maps[2, rows.start - drawing.top : rows.stop - drawing.top]
    line = np.zeros((rows.stop - rows.start, SIDE), bool)
    beside = np.abs(np.diff(shown, axis=1)) > 0.03
    beside &= (abs(shown[:, 1:] - 0.5) < 0.08) | (abs(shown[:, :-1] - 0.5) < 0.08)
    beside &= np.minimum(shown[:, 1:], shown[:, :-1]) > 0
    line[:, drawing.left : drawing.left + beside.shape[1]] = beside
    return rows, line


@pytest.mark.parametrize("yaw", [-38.0, 38.0])
@pytest.mark.parametrize("scale", [0.6, 1.3])
def test_a_black_line_where_the_nose_hides_the_cheek_is_gone(yaw: float, scale: float) -> None:
    drawing = drawn(yaw, scale)
    image = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    rows, line = hiding_line(drawing)
    image[rows][line] = 0
    assert np.count_nonzero(line) > 8
    soften_contour(image, drawing, 1.0)
    assert image[rows][line].min() > GREY - 45
    assert image[rows][line].mean() > GREY - 12


def test_the_step_from_nose_to_cheek_is_softened_and_nothing_away_from_it_is_touched() -> None:
    drawing = drawn(38, 1.0)
    ridge = float(drawing.points[topo.NOSE_TIP, 0])
    image = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    before = image.copy()
    soften_contour(image, drawing, 1.0)
    rows, line = hiding_line(drawing)
    assert (image[rows][line] != before[rows][line]).mean() > 0.9
    changed = np.flatnonzero((image != before).any((0, 2)))
    reach = 0.35 * drawing.height
    assert ridge - reach < changed.min() < changed.max() < ridge + 0.1 * drawing.height
    changed = np.flatnonzero((image != before).any((1, 2)))
    nose = drawing.points[[topo.NOSE_ROOT, topo.NOSE_BASE], 1]
    assert nose[0] - 0.05 * drawing.height < changed.min()
    assert changed.max() < nose[1] + 0.08 * drawing.height


def test_a_face_that_looks_into_the_camera_is_left_sharp() -> None:
    image = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    before = image.copy()
    soften_contour(image, drawn(0, 1.0), 0.0)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("dx", [-0.75, 0.75])
def test_a_nose_at_the_edge_of_the_picture_or_beyond_is_taken_as_it_is(dx: float) -> None:
    points = np.ascontiguousarray(placed(yaw=38, dx=dx * SIDE).points[:468])
    drawing = Canvas().draw(points, points, SIDE, SIDE)
    if drawing is not None:
        image = np.full((SIDE, SIDE, 3), GREY, np.uint8)
        soften_contour(image, drawing, 1.0)
        assert (image == GREY).all()


def test_a_turned_head_waits_for_no_compiler() -> None:
    rehearse(QUALITIES[2])
    before = len(lay_over.signatures)
    soften_contour(np.full((SIDE, SIDE, 3), GREY, np.uint8), drawn(38, 1.0), 1.0)
    assert len(lay_over.signatures) == before


def beyond_the_ridge(image: BgrImage, points: Floats) -> Doubles:
    """Luma from a nose's ridge to the face's far outline, in the rows of the nose."""
    oval, ridge = points[list(topo.OVAL), 0], float(points[195, 0])
    ends = (oval.min(), ridge - 2) if ridge < oval.mean() else (ridge + 2, oval.max())
    rows = np.s_[int(points[197, 1]) : int(points[topo.NOSE_BASE, 1])]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float64)
    return grey[rows, int(ends[0]) : int(ends[1])]


def thin_lines(luma: Doubles) -> float:
    """How much darker or brighter pixels are than both their neighbours two pixels beside them."""
    middle, left, right = luma[:, 2:-2], luma[:, :-4], luma[:, 4:]
    excess = np.maximum(np.minimum(left, right) - middle, middle - np.maximum(left, right))
    return float(np.percentile(excess, 99))


@pytest.mark.parametrize(
    ("photo", "frames"), [("astronaut.png", (6, 8, 12, 44)), ("grace_hopper.jpg", (44, 58))]
)
def test_no_line_runs_beside_the_nose_of_a_woman_who_turns_her_head(
    photo: str, frames: tuple[int, ...]
) -> None:
    """Without softening, the astronaut shows lines of 15 levels and Grace Hopper of 24."""
    store = WeightStore()
    engine = FrameEngine.load(store)
    engine.set_source(SourceMaker.load(store)([decode_image((MEDIA / photo).read_bytes())]))
    film = cv2.VideoCapture(str(MEDIA / "head_turns.mp4"))
    lines = []
    for number in range(max(frames) + 1):
        tracked = engine.track(np.asarray(film.read()[1], np.uint8), number / 25)
        shown = engine.render(tracked)
        if number in frames:
            lines.append(thin_lines(beyond_the_ridge(shown.image, tracked.faces[0].mesh.points)))
    film.release()
    assert np.mean(lines) < 11

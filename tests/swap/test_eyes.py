import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap.faces import SIDE, colour_at, placed

from mien.swap import eyes as eyes_module
from mien.swap.eyes import Irises, Lids, hold_lids, keep_creases
from mien.swap.template import face_template, signed_areas
from mien.swap.turned import pose_of
from mien.vision import topology as topo
from mien.vision.face import BgrImage

OPEN = np.zeros(2, np.float32)
IRISES = (topo.RIGHT_IRIS, topo.LEFT_IRIS)
LID = 60
UPPER_LIDS = {
    "right": ((160, 144), (158, 153), (159, 145), (161, 163), (157, 154)),
    "left": ((385, 380), (387, 373), (386, 374), (388, 390), (384, 381)),
}


def closed(side: str) -> NDArray[np.float32]:
    points = placed().points[:468].copy()
    for upper, lower in UPPER_LIDS[side]:
        points[upper] = points[lower]
    return points


def beside(vertex: int, size: int = 96) -> tuple[int, int]:
    column, row = np.round(face_template().uv[vertex] * size - 0.5).astype(int)
    return int(row), int(column)


def test_open_eyes_keep_the_sources_lids() -> None:
    lids = Lids(96)
    for _ in range(5):
        assert lids.opacity(placed().points[:468]) is None


def test_a_closing_eye_shows_the_cameras_lids_on_its_side_alone() -> None:
    lids = Lids(96)
    lids.opacity(placed().points[:468])
    opacity = lids.opacity(closed("right"))
    assert opacity is not None
    assert opacity[beside(159)] < 0.3
    assert opacity[beside(386)] > 0.95
    assert opacity[beside(topo.NOSE_TIP)] == 1
    other = lids.opacity(closed("left"))
    assert other is not None
    assert other[beside(386)] < 0.3
    assert other[beside(159)] > 0.95


def eyes(colour: tuple[int, int, int]) -> BgrImage:
    image = np.full((SIDE, SIDE, 3), 150, np.uint8)
    points = placed().points
    for iris in (topo.RIGHT_IRIS, topo.LEFT_IRIS):
        x, y = (round(float(v)) for v in points[iris[0], :2])
        cv2.circle(image, (x, y), 10, (240, 240, 240), -1)
        cv2.circle(image, (x, y), 8, colour, -1)
    return image


def lab(colour: tuple[int, int, int]) -> NDArray[np.float32]:
    return np.asarray(
        cv2.cvtColor(np.array([[colour]], np.uint8), cv2.COLOR_BGR2LAB)[0, 0], np.float32
    )


@pytest.mark.parametrize("iris", [topo.RIGHT_IRIS, topo.LEFT_IRIS])
def test_brown_irises_turn_blue(iris: tuple[int, ...]) -> None:
    image = eyes((40, 70, 110))
    points = placed().points
    beside_pupil = points[iris[0]] + np.array([4, 0, 0], np.float32)
    before = colour_at(image, beside_pupil, 1)
    Irises(lab((170, 120, 60))).paint(image, points, np.zeros((468, 2), np.float32), OPEN)
    after = colour_at(image, beside_pupil, 1)
    assert after[0] - after[2] > before[0] - before[2] + 25


@pytest.mark.parametrize(("grey", "most"), [(120, 26), (45, 9)])
def test_dark_eyes_do_not_glow_red(grey: int, most: float) -> None:
    image = eyes((grey, grey, grey))
    points = placed().points
    beside_pupil = points[topo.RIGHT_IRIS[0]] + np.array([4, 0, 0], np.float32)
    Irises(lab((20, 40, 160))).paint(image, points, np.zeros((468, 2), np.float32), OPEN)
    blue, _, red = colour_at(image, beside_pupil, 1)
    assert 0 < red - blue < most


def test_a_closed_lid_gets_no_iris_and_teaches_no_colour() -> None:
    """Where the landmarks still see one: the right eye is closed, then half, then open."""
    points = placed().points
    lid, still = (LID, LID, LID), np.zeros((468, 2), np.float32)
    irises = Irises(lab((20, 25, 30)))
    irises.paint(eyes(lid), points, still, np.ones(2, np.float32))
    changes = []
    for closed in (1, 0.5, 0):
        image = eyes((100, 110, 120))
        irises.paint(image, points, still, np.array([closed, 0], np.float32))
        sides = [points[iris[0]] + np.array([4, 0, 0], np.float32) for iris in IRISES]
        changes.append([110 - colour_at(image, side, 0)[1] for side in sides])
    right, left = np.transpose(changes)
    np.testing.assert_allclose(left, left[2], atol=3)
    assert left[2] == pytest.approx(17, abs=4)
    np.testing.assert_allclose(right, [0, left[1] / 2, left[2]], atol=2)


def with_pupils(level: int) -> BgrImage:
    image = eyes((90, 100, 110))
    for iris in (topo.RIGHT_IRIS, topo.LEFT_IRIS):
        x, y = (round(float(v)) for v in placed().points[iris[0], :2])
        cv2.circle(image, (x, y), 1, (level, level, level), -1)
    return image


@pytest.mark.parametrize("iris", [topo.RIGHT_IRIS, topo.LEFT_IRIS])
def test_an_eye_too_soft_for_a_pupil_gets_no_light_spot_in_its_place(iris: tuple[int, ...]) -> None:
    image = eyes((90, 100, 110))
    points = placed().points
    Irises(lab((20, 25, 30))).paint(image, points, np.zeros((468, 2), np.float32), OPEN)
    middle = colour_at(image, points[iris[0]], 0)
    beside = colour_at(image, points[iris[0]] + np.array([4, 0, 0], np.float32), 0)
    assert beside.mean() < 100 - 12
    np.testing.assert_allclose(middle, beside, atol=2)


@pytest.mark.parametrize("level", [8, 250])
def test_dark_pupils_and_catch_lights_stay(level: int) -> None:
    image, points = with_pupils(level), placed().points
    Irises(lab((20, 25, 30))).paint(image, points, np.zeros((468, 2), np.float32), OPEN)
    np.testing.assert_allclose(colour_at(image, points[topo.RIGHT_IRIS[0]], 0), level, atol=1)


def test_irises_move_with_the_mesh() -> None:
    points = placed().points
    shifted = points.copy()
    shifted[:, 0] -= 20
    image = eyes((40, 70, 110))
    before = image.copy()
    moved = np.tile(np.array([20, 0], np.float32), (468, 1))
    Irises(lab((170, 120, 60))).paint(image, shifted, moved, OPEN)
    changed = np.argwhere((image != before).any(-1))
    right = points[topo.RIGHT_IRIS[0], :2]
    near = np.linalg.norm(changed[:, ::-1] - right, axis=1) < 12
    assert near.sum() > 30


def test_no_iris_comes_or_goes_at_once_with_the_size_of_a_face() -> None:
    """On a small face whose iris was about as large as the least, it went on and off."""
    irises, still = Irises(lab((20, 25, 30))), np.zeros((468, 2), np.float32)
    irises.paint(eyes((90, 100, 110)), placed().points, still, OPEN)
    darker = []
    for scale in np.linspace(0.08, 0.5, 60):
        image, points = np.full((SIDE, SIDE, 3), 100, np.uint8), placed(scale=float(scale)).points
        irises.paint(image, points, still, OPEN)
        darker.append(100.0 - image.min())
    assert darker[0] == 0
    assert darker[-1] > 12
    assert np.abs(np.diff(darker)).max() < 4
    # Of a face of 60 pixels the irises are seen.
    radius = np.linalg.norm(placed().points[470, :2] - placed().points[468, :2])
    assert np.interp(2.3 / radius, np.linspace(0.08, 0.5, 60), darker) > 0.8 * darker[-1]


@pytest.mark.parametrize("case", ["unknown colour", "no irises", "out of the picture", "small"])
def test_what_cannot_be_painted_is_left_alone(case: str) -> None:
    image = eyes((40, 70, 110))
    before = image.copy()
    points = placed().points
    wanted = lab((170, 120, 60))
    if case == "unknown colour":
        wanted = np.full(3, np.nan, np.float32)
    elif case == "no irises":
        points = points[:468]
    elif case == "out of the picture":
        points = points - np.array([1000, 0, 0], np.float32)
    else:
        points = placed(scale=0.08).points
    Irises(wanted).paint(image, points, np.zeros((468, 2), np.float32), OPEN)
    np.testing.assert_array_equal(image, before)


def test_an_offset_that_widens_an_eye_leaves_a_closed_one_closed() -> None:
    upper, lower, brow = 159, 145, 105
    offsets = np.zeros((468, 3))
    offsets[:, 1] = 0.1
    offsets[[upper, 158, 160, 157, 161], 1] = -0.2
    offsets[[lower, 144, 153, 154, 163], 1] = 0.4
    closed = hold_lids(offsets, np.array([0.02, 0.02], np.float32))
    assert abs(closed[lower, 1] - closed[upper, 1]) < 1e-6
    # The pair goes where the eye as a whole goes; nothing else moves, and the rest stays.
    assert closed[upper, 1] == pytest.approx(offsets[list(topo.RIGHT_EYE), 1].mean())
    assert closed[brow, 1] == pytest.approx(0.1, abs=0.01)
    np.testing.assert_array_equal(closed[:, [0, 2]], offsets[:, [0, 2]])
    assert offsets[lower, 1] == 0.4
    half = hold_lids(offsets, np.array([0.14, 0.3], np.float32))
    assert 0.2 < half[lower, 1] - half[upper, 1] < 0.4
    np.testing.assert_array_equal(hold_lids(offsets, np.array([0.25, 0.25])), offsets)


def test_each_eye_is_held_by_itself() -> None:
    offsets = np.zeros((468, 3))
    offsets[[159, 386], 1] = -0.3
    held = hold_lids(offsets, np.array([0.3, 0.0], np.float32))
    assert held[159, 1] == -0.3
    assert held[386, 1] > -0.05


LID_POINTS = [246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398]


def folded(offsets: NDArray[np.float64], turned: float = 0.0) -> set[int]:
    """Vertices of triangles that are seen from the front, and from behind once they are moved."""
    cosine, sine = np.cos(turned), np.sin(turned)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], np.float32)
    points = np.ascontiguousarray(placed().points[:468] @ turn.T)
    pose, template = pose_of(points), face_template()
    moved = points + pose.turn(keep_creases(offsets, points, pose))
    seen, shown = (
        signed_areas(one[:, :2].astype(np.float32), template.face_triangles) * template.front > 0
        for one in (points, moved)
    )
    return {int(k) for k in template.face_triangles[seen & ~shown].ravel()}


def raised(up: float) -> NDArray[np.float64]:
    """Both upper lids raised, the most in their middles; in centimetres."""
    offsets = np.zeros((468, 3))
    offsets[LID_POINTS, 1] = -up * np.tile([0.3, 0.6, 0.9, 1, 1, 0.8, 0.4], 2)
    return offsets


@pytest.mark.parametrize("turned", [0.0, 0.7, -2.0])
@pytest.mark.parametrize("up", [0.4, 0.8])
def test_a_lid_that_is_raised_far_is_not_folded_over_its_crease(
    up: float, turned: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not folded(raised(up), turned) & set(LID_POINTS)
    monkeypatch.setattr(eyes_module, "_LEAST_LID", -9.0)
    assert folded(raised(up), turned) & {159, 386}, "it would be"


def test_a_lid_goes_down_as_far_as_its_crease_goes_up() -> None:
    points, lid, crease = placed().points[:468], 159, 27
    pose, offsets = pose_of(points), raised(0.6)
    kept = keep_creases(offsets, points, pose)
    down, up = (kept - offsets)[[lid, crease], 1]
    assert down == pytest.approx(-up)
    gap = (pose.undo(points) + kept)[[lid, crease], 1]
    seen = pose.undo(points)[[lid, crease], 1]
    assert gap[0] - gap[1] == pytest.approx(0.3 * (seen[0] - seen[1]))
    assert not (kept - offsets)[:, [0, 2]].any()
    assert not offsets[crease].any(), "what was given stays"


def test_lids_that_show_enough_stay() -> None:
    points = placed().points[:468]
    for offsets in (np.zeros((468, 3)), raised(0.1), raised(-0.3)):
        assert keep_creases(offsets, points, pose_of(points)) is offsets

import numpy as np
import pytest
from tests.swap.faces import bent

from mien.swap.adjustment import (
    EXPRESSION_STEP,
    LIGHT_KEPT,
    LIGHT_STEP,
    MOST_EXPRESSION,
    MOST_LIGHT,
    MOST_NOD,
    MOST_SHAPE,
    NOD_STEP,
    SHAPE_STEP,
    SIZE,
    Adjustment,
)
from mien.swap.geometry import Floats
from mien.swap.rehearsal import plain_source
from mien.swap.rest import expression_moves
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.swap.turned import pitch_of, pose_of
from mien.vision import topology as topo
from mien.vision.expression import NAMES

FLAT = np.zeros((SIZE, SIZE), np.float32)
LEVEL = np.zeros((SIZE, SIZE, 2), np.float32)
RIGHT_CHEEK, LEFT_CHEEK, NOSE = 50, 280, topo.NOSE_TIP


def texel(vertex: int) -> tuple[int, int]:
    column, row = (face_template().uv[vertex] * SIZE).astype(int)
    return int(row), int(column)


def slope_at(*vertices: int, x: float = 0.0, y: float = 0.0) -> Floats:
    """Steep about vertices of the atlas, level elsewhere."""
    rows, columns = np.indices((SIZE, SIZE))
    slope = LEVEL.copy()
    for vertex in vertices:
        row, column = texel(vertex)
        hill = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 50)
        slope += np.stack([hill * x, hill * y], -1).astype(np.float32)
    return slope


LIPS = (*topo.OUTER_LIPS, *topo.INNER_LIPS)


def test_light_is_by_factors_and_shape_in_the_plane() -> None:
    source = plain_source()
    shape = np.zeros((468, 2), np.float32)
    shape[topo.CHIN] = 0.25, -0.5
    changed = Adjustment(FLAT + np.float32(np.log(1.1)), shape).of(source)
    middle = (ATLAS_SIZE // 2, ATLAS_SIZE // 2)
    np.testing.assert_allclose(changed.atlas[middle], source.atlas[middle] * 1.1, atol=0.6)
    moved = changed.shape - source.shape
    np.testing.assert_allclose(moved[topo.CHIN], [0.25, -0.5, 0], atol=1e-6)
    assert not np.delete(moved, topo.CHIN, 0).any()


def test_what_would_leave_the_range_stays_in_it() -> None:
    bright = plain_source()
    bright.atlas[:] = 240
    lit = Adjustment(FLAT + np.float32(0.15), np.zeros((468, 2), np.float32)).of(bright)
    assert (lit.atlas == 255).all()


def test_none_changes_nothing() -> None:
    source = plain_source()
    same = Adjustment.none().of(source)
    np.testing.assert_array_equal(same.atlas, source.atlas)
    np.testing.assert_array_equal(same.shape, source.shape)


def test_light_goes_down_its_slope_by_a_step_at_the_steepest() -> None:
    slope = slope_at(RIGHT_CHEEK, LEFT_CHEEK, x=3.0)[..., 0] - slope_at(NOSE, x=1.5)[..., 0]
    lit = Adjustment.none().stepped(slope, LEVEL, 0.5).light
    assert lit[texel(RIGHT_CHEEK)] == pytest.approx(-LIGHT_STEP / 2, rel=0.05)
    assert lit[texel(NOSE)] == pytest.approx(LIGHT_STEP / 4, rel=0.2)
    assert np.abs(lit[texel(topo.FOREHEAD_TOP)]) < 1e-4


def test_light_is_alike_on_both_sides() -> None:
    lit = Adjustment.none().stepped(slope_at(RIGHT_CHEEK, x=3.0)[..., 0], LEVEL, 1.0).light
    assert lit[texel(RIGHT_CHEEK)] == pytest.approx(-LIGHT_STEP, rel=0.05)
    np.testing.assert_allclose(lit, lit[:, ::-1], atol=0.02 * LIGHT_STEP)


def test_light_that_is_not_asked_for_again_goes() -> None:
    """What one moment asks for would stay as a stain."""
    cheeks, nose = slope_at(RIGHT_CHEEK, LEFT_CHEEK, x=1.0), slope_at(NOSE, x=1.0)
    change = Adjustment.none().stepped(cheeks[..., 0], LEVEL, 1.0)
    for _ in range(4):
        change = change.stepped(nose[..., 0], LEVEL, 1.0)
    assert change.light[texel(RIGHT_CHEEK)] == pytest.approx(-LIGHT_STEP * LIGHT_KEPT**4, rel=0.1)
    assert change.light[texel(NOSE)] < -2 * LIGHT_STEP


def test_light_stays_at_the_outline() -> None:
    lit = Adjustment.none().stepped(FLAT + 1, LEVEL, 1.0).light
    for vertex in topo.OVAL:
        assert lit[texel(vertex)] > -0.15 * LIGHT_STEP
    assert lit.min() == pytest.approx(-LIGHT_STEP)


def test_neither_goes_on_for_ever() -> None:
    change = Adjustment.none()
    for _ in range(20):
        change = change.stepped(FLAT + 1, slope_at(RIGHT_CHEEK, y=1), 1.0)
    assert change.light.min() == pytest.approx(-MOST_LIGHT)
    assert np.linalg.norm(change.shape, axis=1).max() == pytest.approx(MOST_SHAPE, rel=1e-4)


def test_a_cheek_moves_down_its_slope_and_the_other_with_it() -> None:
    out = slope_at(RIGHT_CHEEK, x=1.0)
    moved = Adjustment.none().stepped(FLAT, out, 1.0).shape
    # The slope rises to the picture's right: the right cheek, on the left, goes out.
    assert moved[RIGHT_CHEEK, 0] < -0.5 * SHAPE_STEP
    assert moved[LEFT_CHEEK, 0] == pytest.approx(-moved[RIGHT_CHEEK, 0], rel=1e-3)
    np.testing.assert_allclose(moved, moved[topo.canonical_mesh().mirror] * [-1, 1], atol=1e-5)


def test_what_pulls_both_cheeks_one_way_moves_nothing() -> None:
    sideways = slope_at(RIGHT_CHEEK, LEFT_CHEEK, x=1.0)
    moved = Adjustment.none().stepped(FLAT, sideways, 1.0).shape
    alone = Adjustment.none().stepped(FLAT, slope_at(RIGHT_CHEEK, x=1.0), 1.0).shape
    assert np.abs(moved[RIGHT_CHEEK, 0]) < 0.5 * np.abs(alone[RIGHT_CHEEK, 0])


def test_lips_are_not_bent() -> None:
    pulled = slope_at(topo.OUTER_LIPS[0], y=1.0) + slope_at(RIGHT_CHEEK, y=1.0)
    moved = Adjustment.none().stepped(FLAT, pulled, 1.0).shape
    assert bent(moved, LIPS) < 1e-4
    assert np.abs(moved[RIGHT_CHEEK]).max() > 0.3 * SHAPE_STEP


def test_eyes_are_not_bent() -> None:
    brow = (topo.RIGHT_BROW[2], topo.LEFT_BROW[2])
    pulled = slope_at(topo.RIGHT_EYE[3], topo.LEFT_EYE[12], *brow, y=1.0)
    moved = Adjustment.none().stepped(FLAT, pulled, 1.0).shape
    for eye in (topo.RIGHT_EYE, topo.LEFT_EYE):
        assert bent(moved, eye) < 1e-4
    assert np.abs(moved[list(brow)]).max() > 0.3 * SHAPE_STEP


def missing(*names: str, amount: float = -0.5) -> Floats:
    return np.array([amount * (name in names) for name in NAMES], np.float32)


SMILE = ("mouthSmileLeft", "mouthSmileRight")


def test_a_smile_that_nobody_smiles_goes() -> None:
    source = plain_source()
    moved = Adjustment.none().calmed(missing(*SMILE)).of(source).shape - source.shape
    smile = sum(expression_moves()[NAMES.index(name)] for name in SMILE)
    away = moved[:, :2] + 0.5 * EXPRESSION_STEP * smile[:, :2]
    assert np.abs(away).max() < 0.5 * np.abs(moved).max(), "all but what moves a stiff head"
    assert np.abs(moved.mean(0)).max() < 1e-5
    vertices = face_template().vertices - face_template().vertices.mean(0)
    assert abs((moved[:, 1] * vertices[:, 2]).mean()) < 1e-4, "a nod"
    # y points down.
    assert moved[[topo.RIGHT_MOUTH_CORNER, topo.LEFT_MOUTH_CORNER], 1].min() > 0.01


def test_what_one_side_alone_seems_to_do_goes_by_half_on_both() -> None:
    one = Adjustment.none().calmed(missing(SMILE[0])).expression
    both = Adjustment.none().calmed(missing(*SMILE)).expression
    np.testing.assert_allclose(one, both / 2, atol=1e-7)
    right, left = (
        Adjustment.none()
        .calmed(missing("mouthRight"))
        .expression[[NAMES.index("mouthRight"), NAMES.index("mouthLeft")]]
    )
    assert right == left < 0


@pytest.mark.parametrize("name", ["jawOpen", "mouthClose", "mouthLowerDownLeft", "browInnerUp"])
def test_a_mouth_that_opens_too_little_does_not_stand_open_and_brows_stay(name: str) -> None:
    assert not Adjustment.none().calmed(missing(name, amount=0.9)).expression.any()


def test_only_so_much_of_an_expression_goes() -> None:
    change = Adjustment.none()
    for _ in range(40):
        change = change.calmed(missing(*SMILE)).stepped(FLAT, LEVEL, 1.0)
    assert change.expression.min() == pytest.approx(-MOST_EXPRESSION)


@pytest.mark.parametrize("missing", [-3.0, 3.0])
def test_a_nod_that_nobody_nods_goes(missing: float) -> None:
    source = plain_source()
    levelled = Adjustment.none().levelled(missing).of(source)
    moved = levelled.shape - source.shape
    assert not moved[:, [0, 2]].any(), "only up and down"
    assert abs(moved[:, 1].mean()) < 1e-5
    # What is near goes one way and what is far the other, which is half of a turn.
    assert moved[topo.NOSE_TIP, 1] * missing > 0
    assert 0.3 < pitch_of(pose_of(levelled.shape)) / (NOD_STEP * missing) < 1


def test_only_so_much_of_a_nod_goes() -> None:
    change = Adjustment.none()
    for _ in range(40):
        change = change.levelled(2.0).stepped(FLAT, LEVEL, 1.0).calmed(missing(*SMILE))
    assert change.nod == MOST_NOD


def test_the_head_neither_moves_nor_nods() -> None:
    moved = Adjustment.none().stepped(FLAT, slope_at(topo.CHIN, y=1.0), 1.0).shape
    vertices = face_template().vertices - face_template().vertices.mean(0)
    assert np.abs(moved.mean(0)).max() < 1e-5
    assert abs((moved[:, 1] * vertices[:, 2]).mean()) < 1e-4, "a nod"
    assert abs((moved * vertices[:, :2]).sum(1).mean()) < 1e-4, "size"
    assert moved[topo.CHIN, 1] < -0.5 * SHAPE_STEP

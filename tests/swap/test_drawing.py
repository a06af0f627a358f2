import numpy as np
import pytest
from tests.swap.faces import LEFT_CHEEK, RIGHT_CHEEK, SIDE, placed

from mien.swap.drawing import Canvas, Drawing
from mien.swap.raster import RING, UNTOUCHED
from mien.swap.template import face_template, signed_areas
from mien.vision import topology as topo
from mien.vision.face import FaceMesh

UV = face_template().uv


def drawn(mesh: FaceMesh) -> Drawing:
    points = np.ascontiguousarray(mesh.points[:468])
    drawing = Canvas().draw(points, points, SIDE, SIDE)
    assert drawing is not None
    return drawing


def at(drawing: Drawing, x: float, y: float) -> list[float]:
    values = drawing.maps[:, round(y) - drawing.top, round(x) - drawing.left]
    return [float(value) for value in values]


@pytest.mark.parametrize("vertex", [topo.NOSE_TIP, RIGHT_CHEEK, LEFT_CHEEK, 151, 199])
def test_a_vertexs_pixel_looks_at_itself_and_at_its_place_in_the_atlas(vertex: int) -> None:
    mesh = placed(scale=1.1, dx=-15, dy=8)
    x, y = mesh.points[vertex, :2]
    camera_x, camera_y, u, v, visible = at(drawn(mesh), x, y)
    assert camera_x == pytest.approx(round(float(x)), abs=0.6)
    assert camera_y == pytest.approx(round(float(y)), abs=0.6)
    assert u == pytest.approx(UV[vertex, 0], abs=0.006)
    assert v == pytest.approx(UV[vertex, 1], abs=0.006)
    assert visible > 0.9


@pytest.mark.parametrize("yaw", [-55, 55])
def test_the_nose_hides_the_cheek_behind_it(yaw: float) -> None:
    mesh = placed(yaw=yaw)
    tip = mesh.points[4]
    away = np.sign(tip[0] - SIDE / 2)
    _, _, u, v, _ = at(drawn(mesh), tip[0] - 4 * away, tip[1])
    assert abs(u - UV[4, 0]) < 0.04, "the nose is drawn last, being nearest"
    assert abs(v - UV[4, 1]) < 0.04


def test_around_the_face_lie_rings_and_beyond_nothing_is_touched() -> None:
    drawing = drawn(placed(scale=0.7))
    points = drawing.points
    chin = points[topo.CHIN]
    assert at(drawing, chin[0], chin[1] + 12)[2] == RING
    assert drawing.maps[2, 0, 0] == UNTOUCHED
    camera = at(drawing, chin[0], chin[1] + 12)[:2]
    assert camera == pytest.approx([chin[0], chin[1] + 12], abs=0.6)


def test_surroundings_follow_the_outline_less_and_less() -> None:
    seen = np.ascontiguousarray(placed(scale=0.7).points[:468])
    moved = seen.copy()
    moved[:, 0] += 10
    drawing = Canvas().draw(seen, moved, SIDE, SIDE)
    assert drawing is not None
    cheek = seen[topo.LEFT_CHEEK]
    shifts = [x - at(drawing, x, cheek[1])[0] for x in np.round(cheek[0]) + np.array([12, 18, 28])]
    assert 10.1 > shifts[0] > shifts[1] > shifts[2] > 0


def test_the_far_rim_of_a_turned_face_fades() -> None:
    maps = drawn(placed(yaw=30)).maps
    rim = maps[4][maps[2] >= 0]
    assert rim.min() < 0.1
    assert np.median(rim) > 0.95


def test_maps_are_reused_and_the_picture_clips_them() -> None:
    canvas = Canvas()
    points = np.ascontiguousarray(placed().points[:468])
    first = canvas.draw(points, points, SIDE, SIDE)
    second = canvas.draw(points, points, SIDE, SIDE)
    assert first is not None
    assert second is not None
    assert np.shares_memory(first.maps, second.maps)
    edge = np.ascontiguousarray(placed(dx=200).points[:468])
    clipped = canvas.draw(edge, edge, SIDE, SIDE)
    assert clipped is not None
    rows, columns = clipped.region
    assert (rows.start, columns.stop) == (clipped.top, SIDE)


def test_lips_that_are_not_folded_leave_no_hole() -> None:
    """Corners of the mouth are folded back in the canonical face, and unfold in other ones."""
    points = np.ascontiguousarray(placed(scale=1.5).points[:468])
    folded = np.array([[415, 407, 310], [191, 80, 183], [272, 310, 407], [42, 183, 80]])
    # Pull the lips' inner edge away from the outer one until those triangles turn to the front.
    for inner in (310, 415, 80, 191):
        points[inner, 1] += 6
    area = signed_areas(points[:, :2], folded.astype(np.int32)) * face_template().front
    assert (area > 0).all()
    drawing = Canvas().draw(points, points, SIDE, SIDE)
    assert drawing is not None
    mouth = points[list(topo.OUTER_LIPS), :2] - [drawing.left, drawing.top]
    (left, top), (right, bottom) = mouth.min(0).astype(int), mouth.max(0).astype(int)
    assert (drawing.maps[2, top:bottom, left:right] >= 0).all()


def outline_visibility(narrowing: float) -> tuple[float, float]:
    """Visibility on the outline of a turned head at the height of the nose, and deep inside."""
    mesh = placed(yaw=50)
    points = np.ascontiguousarray(mesh.points[:468])
    drawing = Canvas().draw(points, points, SIDE, SIDE, narrowing)
    assert drawing is not None
    row = drawing.maps[:, round(float(points[topo.NOSE_TIP, 1])) - drawing.top]
    columns = np.flatnonzero(row[2] >= 0)
    nose = points[topo.NOSE_TIP, 0] - drawing.left
    edge = columns[0] if abs(columns[0] - nose) < abs(columns[-1] - nose) else columns[-1]
    inside = edge + (20 if edge == columns[0] else -20)
    return float(row[4, edge]), float(row[4, inside])


def test_a_turned_face_fades_in_from_its_visible_outline() -> None:
    hard, deep = outline_visibility(0)
    assert hard > 0.9
    soft, still = outline_visibility(1)
    assert soft < 0.3
    assert still == pytest.approx(deep, abs=0.05)

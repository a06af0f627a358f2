import numpy as np
import pytest
from tests.swap.faces import picture, placed
from tests.swap.test_mesh import swapper

from mien.swap.geometry import Doubles
from mien.swap.rehearsal import plain_source
from mien.swap.squint import GAIN, squint
from mien.swap.template import face_template
from mien.swap.turned import pose_of
from mien.vision import topology as topo
from mien.vision.face import FaceMesh

LOWER = {"right": 145, "left": 374}
UPPER = {"right": 159, "left": 386}
RAISED = 0.2


def at_rest() -> Doubles:
    return face_template().vertices.astype(np.float64)


def raised(*vertices: int, by: float = RAISED) -> FaceMesh:
    """The canonical face with vertices that went up, in centimetres."""
    face = placed()
    points = face.points.copy()
    up = pose_of(points).turn(np.array([[0, -by, 0]]))[0]
    points[list(vertices)] += up
    return FaceMesh(points.astype(np.float32), face.presence)


def beyond(mesh: FaceMesh, rest: Doubles | None = None) -> Doubles:
    points = mesh.points[: topo.MESH_POINTS]
    known = at_rest() if rest is None else rest
    # Measured from the face at rest as it is seen, for a lid is a part of what the pose is told by.
    return squint(points, pose_of(placed().points), known)


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_lower_lid_that_rises_rises_further(side: str) -> None:
    offsets = beyond(raised(LOWER[side]))
    assert offsets[LOWER[side], 1] == pytest.approx(-RAISED * (GAIN - 1), rel=0.15)
    other = LOWER["left" if side == "right" else "right"]
    assert abs(offsets[other, 1]) < 0.005


def test_one_that_sinks_sinks_further() -> None:
    """Who opens his eyes wide shows more below the iris."""
    offsets = beyond(raised(LOWER["left"], by=-RAISED))
    assert offsets[LOWER["left"], 1] > 0.05


def test_a_face_at_rest_stays() -> None:
    assert np.abs(beyond(placed())).max() < 1e-3


def test_upper_lids_brows_and_cheeks_go_with_the_camera_alone() -> None:
    others = (*UPPER.values(), 105, 334, 205, 425, topo.CHIN, *topo.OUTER_LIPS)
    assert np.abs(beyond(raised(*others))).max() < 1e-3


def test_corners_of_eyes_stay() -> None:
    corners = (
        *(topo.RIGHT_EYE_OUTER, topo.RIGHT_EYE_INNER),
        *(topo.LEFT_EYE_OUTER, topo.LEFT_EYE_INNER),
    )
    assert np.abs(beyond(raised(*corners))).max() < 1e-3


def test_only_up_and_down() -> None:
    offsets = beyond(raised(*LOWER.values()))
    assert not offsets[:, [0, 2]].any()


def test_who_is_not_known_at_rest_is_taken_as_he_is() -> None:
    mesh = raised(*LOWER.values())
    points = mesh.points[: topo.MESH_POINTS]
    assert not squint(points, pose_of(points), None).any()


def test_eyes_that_are_narrow_at_rest_are_no_squint() -> None:
    narrow = at_rest()
    narrow[list(LOWER.values()), 1] -= RAISED
    assert np.abs(beyond(raised(*LOWER.values()), narrow)).max() < 0.01


@pytest.mark.parametrize("side", ["right", "left"])
def test_it_is_drawn(side: str) -> None:
    """The source has the wearer's shape, so that nothing else moves his lid."""
    lid, calm, stream = LOWER[side], placed(), swapper(plain_source())
    mesh = raised(lid)
    rise = calm.points[lid, 1] - mesh.points[lid, 1]
    for face in (calm, mesh):
        assert stream.swap(picture(face), face) is not None
    assert stream.drawing is not None
    drawn = calm.points[lid, 1] - stream.drawing.points[lid, 1]
    assert rise > 2
    assert drawn == pytest.approx(GAIN * rise, rel=0.15)


def test_lids_of_a_blink_do_not_pass_each_other() -> None:
    """The upper lid comes down, the lower one comes up to meet it, and no further."""
    eye, calm, stream = list(topo.RIGHT_EYE), placed(), swapper(plain_source())
    shut = calm.points.copy()
    shut[eye, 1] = shut[[topo.RIGHT_EYE_OUTER, topo.RIGHT_EYE_INNER], 1].mean()
    blink = FaceMesh(shut, calm.presence)
    for face in (calm, blink):
        assert stream.swap(picture(face), face) is not None
    assert stream.drawing is not None
    gap = stream.drawing.points[145, 1] - stream.drawing.points[159, 1]
    assert abs(gap) < 1.0

import numpy as np
import pytest

from mien.models.weights import DATA
from mien.vision import topology as topo

MESH = topo.canonical_mesh()
METADATA = (DATA / "geometry_pipeline_metadata_landmarks.binarypb").read_bytes()


def test_the_mesh_has_mediapipes_size() -> None:
    assert MESH.vertices.shape == (468, 3)
    assert MESH.uv.shape == (468, 2)
    assert MESH.triangles.shape == (898, 3)
    assert MESH.triangles.min() == 0
    assert MESH.triangles.max() == 467


def test_axes_point_as_in_a_picture() -> None:
    points = MESH.vertices
    assert points[topo.CHIN, 1] > points[topo.NOSE_TIP, 1] > points[topo.FOREHEAD_TOP, 1]
    assert points[topo.RIGHT_EYE_OUTER, 0] < 0 < points[topo.LEFT_EYE_OUTER, 0]
    assert points[:, 2].argmin() in (1, 4), "the nose's tip is nearest to the camera"


def test_known_vertices_have_their_published_places() -> None:
    # canonical_face_model.obj of MediaPipe, vertices 1 and 34 (counted from 1), y and z turned.
    np.testing.assert_allclose(MESH.vertices[0], [0, 3.406404, -5.979507], atol=1e-4)
    np.testing.assert_allclose(MESH.vertices[33], [-4.445859, -2.663991, -3.173422], atol=1e-4)


def test_uv_has_the_chin_at_the_bottom_and_the_right_eye_at_the_left() -> None:
    assert MESH.uv[topo.CHIN, 1] > 0.9 > MESH.uv[topo.FOREHEAD_TOP, 1]
    assert MESH.uv[topo.RIGHT_EYE_OUTER, 0] < 0.4 < 0.6 < MESH.uv[topo.LEFT_EYE_OUTER, 0]


def test_mirror_swaps_the_sides() -> None:
    np.testing.assert_array_equal(MESH.mirror[MESH.mirror], np.arange(468))
    assert MESH.mirror[topo.RIGHT_EYE_OUTER] == topo.LEFT_EYE_OUTER
    assert MESH.mirror[topo.NOSE_TIP] == topo.NOSE_TIP
    assert {int(MESH.mirror[k]) for k in topo.RIGHT_EYE} == set(topo.LEFT_EYE)
    assert {int(MESH.mirror[k]) for k in topo.RIGHT_BROW} == set(topo.LEFT_BROW)
    assert {int(MESH.mirror[k]) for k in topo.OVAL} == set(topo.OVAL)
    assert {int(MESH.mirror[k]) for k in topo.INNER_LIPS} == set(topo.INNER_LIPS)


@pytest.mark.parametrize(
    ("outline", "length"),
    [
        (topo.OVAL, 36),
        (topo.RIGHT_EYE, 16),
        (topo.LEFT_EYE, 16),
        (topo.INNER_LIPS, 20),
        (topo.OUTER_LIPS, 20),
    ],
)
def test_outlines_go_round_once(outline: tuple[int, ...], length: int) -> None:
    assert len(outline) == len(set(outline)) == length
    points = MESH.vertices[list(outline), :2]
    around = points - points.mean(0)
    angles = np.unwrap(np.arctan2(around[:, 1], around[:, 0]))
    steps = np.diff(angles)
    assert abs(angles[-1] - angles[0]) > 1.5 * np.pi
    # Nearly all steps turn the same way; a swapped pair of indices would turn back.
    assert max((steps > 0).mean(), (steps < 0).mean()) > 0.9


def test_oval_is_the_meshs_rim() -> None:
    edges: dict[tuple[int, int], int] = {}
    for a, b, c in MESH.triangles:
        for start, end in ((a, b), (b, c), (c, a)):
            key = (min(start, end), max(start, end))
            edges[key] = edges.get(key, 0) + 1
    rim = {int(k) for edge, count in edges.items() if count == 1 for k in edge}
    assert set(topo.OVAL) <= rim


def test_irises_follow_the_mesh() -> None:
    assert tuple(range(468, 478)) == topo.RIGHT_IRIS + topo.LEFT_IRIS


@pytest.mark.parametrize("damage", [b"", METADATA[:4000], b"\x0a\x02\x08\x00"])
def test_metadata_without_the_mesh_is_refused(damage: bytes) -> None:
    with pytest.raises(ValueError):
        topo.parse_canonical_mesh(damage)


def test_an_unknown_wire_type_is_refused() -> None:
    with pytest.raises(ValueError, match="wire type 1"):
        topo.parse_canonical_mesh(b"\x09" + bytes(8))

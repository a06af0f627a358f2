import numpy as np

from mien.swap.template import RING_RADII, face_template, signed_areas, with_rings
from mien.swap.texture import facing_of
from mien.vision import topology as topo

TEMPLATE = face_template()


def test_rings_lie_around_the_oval() -> None:
    uv = TEMPLATE.uv
    assert len(uv) == 468 + 36 * len(RING_RADII)
    centre = uv[list(topo.OVAL)].mean(0)
    oval = np.linalg.norm(uv[list(topo.OVAL)] - centre, axis=1)
    for ring, radius in enumerate(RING_RADII):
        points = uv[468 + 36 * ring : 468 + 36 * (ring + 1)]
        np.testing.assert_allclose(
            np.linalg.norm(points - centre, axis=1), radius * oval, rtol=1e-4
        )


def test_ring_triangles_tile_the_band_without_overlap() -> None:
    points = with_rings(TEMPLATE.uv[:468], RING_RADII)
    areas = signed_areas(points, TEMPLATE.triangles[: TEMPLATE.ring_triangles])
    assert TEMPLATE.ring_triangles == 2 * 36 * 3
    assert (np.sign(areas) == np.sign(areas[0])).all()
    oval = points[list(topo.OVAL)]
    x, y = oval[:, 0], oval[:, 1]
    inside = abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
    np.testing.assert_allclose(abs(areas.sum()), inside * (RING_RADII[-1] ** 2 - 1), rtol=1e-3)


def test_the_jaw_takes_chin_and_lower_lip_along_but_nothing_above() -> None:
    assert TEMPLATE.jaw[topo.CHIN] == 1
    assert TEMPLATE.jaw[topo.LOWER_LIP] == 1
    for still in (topo.UPPER_LIP, topo.NOSE_TIP, topo.FOREHEAD_TOP, topo.RIGHT_EYE_OUTER):
        assert TEMPLATE.jaw[still] == 0
    assert 0.3 < TEMPLATE.jaw[topo.LEFT_MOUTH_CORNER] < 0.6


def test_the_atlas_has_an_open_mouth() -> None:
    gap = TEMPLATE.uv[topo.LOWER_LIP, 1] - TEMPLATE.uv[topo.UPPER_LIP, 1]
    assert gap > 0.05


def test_the_nose_faces_the_camera_and_a_turned_head_shows_one_cheek() -> None:
    points = TEMPLATE.vertices
    facing = facing_of(points)
    assert facing[topo.NOSE_TIP] > 0.8
    assert facing[[topo.RIGHT_CHEEK, topo.LEFT_CHEEK]].max() < 0.5
    # Turned to the picture's left: the nose goes to negative x, the person's left cheek shows.
    angle = np.radians(40)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    turned = (points @ turn.T).astype(np.float32)
    assert turned[topo.NOSE_TIP, 0] < 0
    assert facing_of(turned)[topo.LEFT_CHEEK] > 0.5
    assert facing_of(turned)[topo.RIGHT_CHEEK] < 0


def test_weights_are_shares() -> None:
    for weights in (TEMPLATE.depth, TEMPLATE.mouth, TEMPLATE.jaw):
        assert weights.min() >= 0
        assert weights.max() <= 1
    assert TEMPLATE.depth[topo.NOSE_TIP] > 0.25
    assert TEMPLATE.depth[list(topo.OVAL)].max() < 0.02
    assert TEMPLATE.mouth[list(topo.OUTER_LIPS)].min() == 1
    assert TEMPLATE.mouth[topo.FOREHEAD_TOP] == 0

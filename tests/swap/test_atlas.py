import numpy as np
from tests.swap.faces import texel

from mien.swap.atlas import masked_blur, opacity, polygons, skin_mask, skin_share, to_lab, uv_grid
from mien.swap.template import face_template
from mien.vision import topology as topo

UV = face_template().uv


def test_spreading_the_vertices_places_gives_each_texel_its_own_place() -> None:
    grid = uv_grid(128)
    spread = grid.spread((UV[:468] * 128 - 0.5).astype(np.float32))
    rows, columns = np.nonzero(grid.inside)
    np.testing.assert_allclose(spread[rows, columns, 0], columns, atol=0.02)
    np.testing.assert_allclose(spread[rows, columns, 1], rows, atol=0.02)
    assert 0.35 < grid.inside.mean() < 0.6
    np.testing.assert_array_equal(grid.texels, np.flatnonzero(grid.inside))


def test_weights_add_up_to_one_inside() -> None:
    grid = uv_grid(64)
    np.testing.assert_allclose(grid.weights[grid.texels].sum(1), 1, atol=1e-5)
    assert grid.spread(np.ones((468, 1), np.float32))[~grid.inside].max() == 0


def test_skin_is_counted_where_the_mesh_covers_it_and_off_the_features() -> None:
    share = skin_share(256)
    assert all(share[texel(vertex, 256)] == 1 for vertex in (topo.NOSE_TIP, 50, 280, 151))
    assert not share[~uv_grid(256).inside].any()
    assert not share[skin_mask(256) == 0].any()
    assert 0.2 < share.mean() < 0.5


def test_opacity_shows_skin_and_spares_eyes_and_mouth() -> None:
    alpha = opacity(256)
    for vertex in (topo.NOSE_TIP, 50, 280, 151, 199):
        assert alpha[texel(vertex, 256)] > 0.98
    eye = np.mean([texel(k, 256) for k in topo.RIGHT_EYE], axis=0).astype(int)
    mouth = np.mean([texel(k, 256) for k in topo.INNER_LIPS], axis=0).astype(int)
    assert alpha[tuple(eye)] < 0.02
    assert alpha[tuple(mouth)] < 0.02
    for lip in (11, 12, 15, 16):
        assert alpha[texel(lip, 256)] < 0.25
    for edge in (0, 37, 267, 84, 314):
        assert 0.3 < alpha[texel(edge, 256)] < 0.98
    for beside in (2, 18, 57, 287, 164):
        assert alpha[texel(beside, 256)] > 0.98
    assert alpha[2, 2] == 0
    assert alpha[texel(topo.CHIN, 256)] < 0.1


def test_skin_leaves_out_brows_eyes_and_lips() -> None:
    mask = skin_mask(256)
    assert mask[texel(50, 256)] == 255
    for vertex in (topo.UPPER_LIP, 159, 105, 334):
        assert mask[texel(vertex, 256)] == 0


def test_polygons_fill_the_outline() -> None:
    oval = polygons([topo.OVAL], 100)
    assert oval[texel(topo.NOSE_TIP, 100)] == 255
    assert oval[0, 0] == 0


def test_masked_blur_ignores_what_is_masked() -> None:
    image = np.full((40, 40), 10, np.float32)
    image[:, 20:] = 1000
    weights = np.zeros((40, 40), np.float32)
    weights[:, :20] = 1
    blurred = masked_blur(image, weights, 3.0)
    np.testing.assert_allclose(blurred[:, :22], 10, rtol=1e-3)
    stacked = masked_blur(np.dstack([image, image * 2]), weights, 3.0)
    np.testing.assert_allclose(stacked[:, :20, 1], 20, rtol=1e-3)


def test_lab_is_of_bgr() -> None:
    red = to_lab(np.array([[[0, 0, 255]]], np.float32))[0, 0]
    # OpenCV's documentation: L scaled by 255/100, a and b shifted by 128.
    np.testing.assert_allclose(red, [136, 208, 195], atol=1)

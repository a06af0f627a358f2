import cv2
import numpy as np
import pytest
from tests.swap.faces import placed
from tests.swap.test_source import SKIN, atlas_at, photo

from mien.swap.source import prepare_source
from mien.swap.spectacles import take_off_spectacles
from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh

MESH = placed(scale=1.2)
UNDER_EYES = (117, 118, 346, 347)


def with_spectacles(mesh: FaceMesh, rim: tuple[int, int, int]) -> BgrImage:
    image = photo(mesh)
    for eye in (topo.RIGHT_EYE, topo.LEFT_EYE):
        x, y = mesh.points[list(eye), :2].mean(0)
        # The lens is as wide as the eye socket; its lower rim runs over the cheek.
        drop = float(mesh.points[list(UNDER_EYES), 1].mean()) - float(y)
        box = (round(float(x)), round(float(y))), (round(drop * 1.5), round(drop))
        cv2.ellipse(image, box[0], box[1], 0, 0, 360, rim, 5, cv2.LINE_AA)
    inner = [mesh.points[vertex, :2] for vertex in (193, 417)]
    ends = [(round(float(x)), round(float(y)) + 4) for x, y in inner]
    cv2.line(image, ends[0], ends[1], rim, 14, cv2.LINE_AA)
    return image


@pytest.mark.parametrize("rim", [(20, 20, 20), (250, 250, 250)])
def test_rims_become_skin(rim: tuple[int, int, int]) -> None:
    image = with_spectacles(MESH, rim)
    bridge = MESH.points[168, :2].round().astype(int)
    assert abs(int(image[bridge[1] + 4, bridge[0]].mean()) - np.mean(SKIN)) > 70, "rims are painted"
    atlas = prepare_source(image, MESH).atlas
    for vertex in (168, 6, *UNDER_EYES):
        np.testing.assert_allclose(atlas_at(atlas, vertex), SKIN, atol=45)


def test_a_face_without_spectacles_is_left_alone() -> None:
    atlas = prepare_source(photo(MESH), MESH).atlas.astype(np.float32)
    assert take_off_spectacles(atlas) is atlas


def test_a_shining_nose_and_dark_brows_are_no_spectacles() -> None:
    image = photo(MESH)
    top, tip = (MESH.points[vertex, :2].round().astype(int).tolist() for vertex in (168, 4))
    cv2.line(image, top, tip, (230, 240, 250), 6, cv2.LINE_AA)
    atlas = prepare_source(image, MESH).atlas
    colours = atlas.astype(np.float32)
    assert take_off_spectacles(colours) is colours
    assert atlas_at(atlas, 197).mean() > np.mean(SKIN) + 20, "the highlight is kept"
    assert atlas_at(atlas, 105).mean() < np.mean(SKIN) - 40, "brows are kept"

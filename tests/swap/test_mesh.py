import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.swap.faces import (
    BLUE,
    CHIN,
    FOREHEAD,
    GREEN,
    LEFT_CHEEK,
    RED,
    RIGHT_CHEEK,
    SIDE,
    YELLOW,
    colour_at,
    painted_source,
    picture,
    placed,
)

from mien.swap.atlas import BROWS, blur, polygons
from mien.swap.look import prepare_look
from mien.swap.mesh import QUALITIES, MeshSwapper
from mien.swap.rehearsal import plain_source
from mien.swap.shape import Neutral
from mien.swap.source import SourceFace
from mien.swap.stopwatch import Stopwatch
from mien.swap.template import face_template
from mien.swap.traits import Traits
from mien.swap.turned import pose_of
from mien.vision import topology as topo
from mien.vision.expression import NAMES
from mien.vision.face import BgrImage, FaceMesh

PATCHES = {RIGHT_CHEEK: RED, LEFT_CHEEK: BLUE, CHIN: GREEN, FOREHEAD: YELLOW}
INNER = list(topo.INNER_LIPS)


def rested() -> Neutral:
    """It knows the canonical face at rest."""
    neutral, points = Neutral(), placed().points[: topo.MESH_POINTS]
    neutral.update(points, pose_of(points), np.zeros(len(NAMES), np.float32))
    return neutral


def swapper(source: SourceFace, quality: int = 2) -> MeshSwapper:
    level = QUALITIES[quality]
    watch = Stopwatch(time.perf_counter)
    traits = replace(Traits.unknown(level.grid), neutral=rested())
    return MeshSwapper(prepare_look(source, level.grid), level, 1.0, watch, traits)


def swapped(source: SourceFace, mesh: FaceMesh, image: BgrImage | None = None) -> BgrImage:
    result = swapper(source).swap(picture(mesh) if image is None else image, mesh)
    assert result is not None
    return result


@pytest.mark.parametrize(
    "mesh",
    [
        placed(),
        placed(scale=0.5, dx=-90, dy=40),
        placed(scale=1.4, dx=20),
        placed(jaw=30),
        placed(yaw=15),
    ],
    ids=["middle", "small", "large", "open", "turned"],
)
def test_painted_patches_land_where_the_mesh_says_in_their_colours(mesh: FaceMesh) -> None:
    image = swapped(painted_source(PATCHES), mesh)
    blue, green, red = colour_at(image, mesh.points[RIGHT_CHEEK])
    assert red > blue + 40
    assert red > green + 40
    blue, green, red = colour_at(image, mesh.points[LEFT_CHEEK])
    assert blue > red + 40
    blue, green, red = colour_at(image, mesh.points[CHIN])
    assert green > red + 40
    blue, green, red = colour_at(image, mesh.points[FOREHEAD])
    assert min(green, red) > blue + 40


def test_a_patch_is_as_large_as_its_place_in_the_atlas() -> None:
    """The red disc of 14 texels covers what 14 texels cover on the mesh, and no more."""
    mesh = placed()
    image = swapped(painted_source({RIGHT_CHEEK: RED}), mesh).astype(int)
    rows, columns = np.nonzero(image[..., 2] - image[..., 0] > 30)
    x, y = mesh.points[RIGHT_CHEEK, :2]
    assert columns.mean() == pytest.approx(x, abs=1.5)
    assert rows.mean() == pytest.approx(y, abs=1.5)
    # From eye to eye the atlas has 0.44 * 0.74 * 512 texels, the picture 2 * 4.446 * 14 pixels.
    across = 28 * (2 * 4.446 * 14) / (0.4398 * 0.74 * 512)
    assert np.ptp(columns) == pytest.approx(across, rel=0.35)


def test_a_grey_face_stays_the_cameras_grey() -> None:
    for skin in (70, 128, 190):
        mesh = placed()
        image = swapped(plain_source(), mesh, picture(mesh, skin))
        for vertex in (RIGHT_CHEEK, LEFT_CHEEK, FOREHEAD, CHIN, topo.NOSE_TIP):
            np.testing.assert_allclose(colour_at(image, mesh.points[vertex]), skin, atol=7)


def test_side_light_and_tint_come_from_the_camera() -> None:
    mesh = placed()
    image = picture(mesh).astype(np.float32)
    image *= np.array([0.7, 1.0, 1.3]) * np.linspace(0.5, 1.5, SIDE)[None, :, None]
    camera = np.clip(image, 0, 255).astype(np.uint8)
    result = swapped(plain_source(), mesh, camera)
    for vertex in (RIGHT_CHEEK, LEFT_CHEEK):
        place = mesh.points[vertex]
        np.testing.assert_allclose(colour_at(result, place), colour_at(camera, place), rtol=0.13)


def test_mouth_and_eyes_are_the_cameras() -> None:
    mesh = placed(jaw=40)
    camera = picture(mesh)
    cv2.fillPoly(camera, [np.round(mesh.points[INNER, :2]).astype(np.int32)], (0, 255, 255))
    result = swapped(plain_source(), mesh, camera)
    middle = mesh.points[[topo.UPPER_LIP, topo.LOWER_LIP]].mean(0)
    np.testing.assert_allclose(colour_at(result, middle), [0, 255, 255], atol=6)
    below = mesh.points[17] + [0, 8, 0]
    np.testing.assert_allclose(colour_at(result, below), 128, atol=25)


def test_a_closed_mouth_shows_the_cameras_lips() -> None:
    """What lips do can't be drawn from a photo of others that do nothing; they are tinted only."""
    mesh = placed()
    camera = picture(mesh)
    outline = np.round(mesh.points[list(topo.OUTER_LIPS), :2]).astype(np.int32)
    cv2.fillPoly(camera, [outline], (100, 100, 140))
    result = swapped(painted_source({13: GREEN, 14: GREEN}, radius=6), mesh, camera)
    for vertex in (12, 15):
        np.testing.assert_allclose(
            colour_at(result, mesh.points[vertex], 1), (100, 100, 140), atol=20
        )


def test_the_sources_shape_moves_the_face() -> None:
    """A wider jaw in the source puts the paint of its cheek further out than the target's."""
    mesh = placed()
    below = face_template().vertices[:, 1] > 1
    shape = face_template().vertices.copy()
    shape[below, 0] *= 1.25
    source = replace(painted_source({207: RED}, radius=9), shape=shape)
    stream = swapper(source)
    for _ in range(12):
        image = stream.swap(picture(mesh), mesh)
    assert image is not None
    columns = np.nonzero(image[..., 2].astype(int) - image[..., 0] > 20)[1]
    target = float(mesh.points[207, 0])
    half = abs(target - SIDE / 2)
    assert columns.mean() == pytest.approx(target - 0.12 * half, abs=0.12 * half)
    assert columns.mean() < target - 2


def test_a_mask_before_the_face_is_not_bent_to_the_sources_shape() -> None:
    mesh, image = placed(scale=1.2), picture(placed(scale=1.2))
    outline = mesh.points[[6, 119, 117, 123, 147, 58, 136, 149, 152, 378, 365, 288, 376, 346, 348]]
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(mask, [np.round(outline[:, :2]).astype(np.int32)], 255)
    columns = np.arange(SIDE) % 12 < 6
    image[mask > 0] = np.where(columns[:, None], (220, 150, 60), (160, 90, 20))[np.nonzero(mask)[1]]
    shape = face_template().vertices.copy()
    shape[shape[:, 1] > 1, 0] *= 1.25
    result = after(replace(plain_source(), shape=shape), mesh, image)
    inner = cv2.erode(mask, np.ones((25, 25))) > 0
    assert np.abs(result[inner].astype(int) - image[inner]).mean() < 3


def test_nothing_changes_beyond_the_rings() -> None:
    mesh = placed(scale=0.6)
    camera = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    result = swapped(plain_source(), mesh, camera)
    changed = np.argwhere((result != camera).any(-1))
    centre = mesh.points[list(topo.OVAL), :2].mean(0)
    reach = np.abs(mesh.points[list(topo.OVAL), :2] - centre).max(0) * 1.5
    assert (np.abs(changed[:, ::-1] - centre) < reach).all()
    assert len(changed) > 3000


def test_the_camera_picture_is_left_alone_and_a_new_one_comes_back() -> None:
    mesh = placed()
    camera = picture(mesh)
    before = camera.copy()
    result = swapped(painted_source(PATCHES), mesh, camera)
    np.testing.assert_array_equal(camera, before)
    assert result is not camera


@pytest.mark.parametrize("mesh", [placed(dx=2000), placed(dx=-2000), placed(scale=0.01)])
def test_a_face_that_cannot_be_drawn_gives_none(mesh: FaceMesh) -> None:
    assert swapper(plain_source()).swap(np.zeros((SIDE, SIDE, 3), np.uint8), mesh) is None


@pytest.mark.parametrize(("dx", "dy"), [(-230, 0), (230, 0), (0, -220), (0, 220)])
def test_a_face_cut_by_the_pictures_edge_is_drawn(dx: float, dy: float) -> None:
    mesh = placed(dx=dx, dy=dy)
    result = swapped(plain_source(), mesh, picture(mesh))
    assert result.shape == (SIDE, SIDE, 3)


@pytest.mark.parametrize("quality", [1, 2, 3])
def test_every_quality_draws_a_stream(quality: int) -> None:
    mesh = placed()
    stream = swapper(painted_source(PATCHES), quality)
    for step in range(12):
        mesh = placed(dx=step, jaw=step)
        result = stream.swap(picture(mesh), mesh)
    assert result is not None
    blue, _, red = colour_at(result, mesh.points[RIGHT_CHEEK])
    assert red > blue + 40


def black_browed() -> SourceFace:
    """Skin of 150 with black brows, and a mole as black on one cheek."""
    source = painted_source({RIGHT_CHEEK: (25, 25, 25)})
    source.atlas[polygons(BROWS, len(source.atlas)) > 0] = 25
    return source


def browed(mesh: FaceMesh, level: int) -> BgrImage:
    image = picture(mesh, skin=170)
    for brow in BROWS:
        outline = np.round(mesh.points[list(brow), :2]).astype(np.int32)
        cv2.fillPoly(image, [outline], (level, level, level))
    return image


def after(source: SourceFace, mesh: FaceMesh, image: BgrImage, frames: int = 60) -> BgrImage:
    stream = swapper(source)
    for _ in range(frames):
        result = stream.swap(image, mesh)
    assert result is not None
    return result


def darkness(image: BgrImage, mesh: FaceMesh, *vertices: int) -> float:
    """The logarithm of the level amid vertices over that of the forehead."""
    place = mesh.points[list(vertices)].mean(0)
    level, skin = (colour_at(image, where, 1).mean() for where in (place, mesh.points[FOREHEAD]))
    return float(np.log(level / skin))


@pytest.mark.parametrize("brow", [(105, 52), (334, 282)], ids=["right", "left"])
def test_black_brows_stay_darker_than_a_hazy_cameras_own(brow: tuple[int, int]) -> None:
    mesh = placed()
    hazy = browed(mesh, 110)
    result = after(black_browed(), mesh, hazy)
    # The source's are log(25 / 150), -1.79; the camera's own, its blacks, log(110 / 170), -0.44.
    assert -1.25 < darkness(result, mesh, *brow) < -0.75
    # Anything else as black is lifted to what this camera shows of black.
    assert -0.6 < darkness(result, mesh, RIGHT_CHEEK) < -0.3


def test_a_camera_that_shows_blacks_shows_the_sources_brows() -> None:
    mesh = placed()
    result = after(black_browed(), mesh, browed(mesh, 22))
    assert darkness(result, mesh, 105, 52) == pytest.approx(np.log(25 / 150), abs=0.3)
    assert darkness(result, mesh, RIGHT_CHEEK) == pytest.approx(np.log(25 / 150), abs=0.3)


def fine(image: BgrImage | None) -> float:
    """How much of a cheek's detail is finer than some two pixels."""
    assert image is not None
    x, y = np.round(placed().points[RIGHT_CHEEK, :2]).astype(int)
    cheek = image[y - 12 : y + 13, x - 12 : x + 13].astype(np.float32).mean(-1)
    return float(np.abs(cheek - cv2.GaussianBlur(cheek, (0, 0), 1.2)).mean())


def grainy() -> SourceFace:
    source = plain_source()
    noise = np.random.default_rng(2).normal(0, 96, source.atlas.shape[:2]).astype(np.float32)
    grain = blur(noise, 1.5)[..., None]
    return replace(source, atlas=np.clip(source.atlas + grain, 0, 255).astype(np.uint8))


def test_a_grainy_photo_does_not_flash_in_the_first_picture_of_a_soft_camera() -> None:
    made, camera = swapper(grainy()), picture(placed())
    details = [fine(made.swap(camera, placed())) for _ in range(12)]
    assert fine(swapped(grainy(), placed(), camera)) == details[0]
    assert max(details) < 1.25 * details[-1] + 0.1
    assert made.softness > 0.5


def test_what_follows_another_begins_as_soft() -> None:
    look, level = prepare_look(grainy(), QUALITIES[2].grid), QUALITIES[2]
    watch = Stopwatch(time.perf_counter)
    first = MeshSwapper(look, level, 1.0, watch)
    for _ in range(6):
        first.swap(picture(placed()), placed())
    second = MeshSwapper(look, level, 1.0, watch, softness=first.softness)
    assert second.softness == first.softness > 0.5

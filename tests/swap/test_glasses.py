import cv2
import numpy as np
from tests.swap.faces import SIDE, picture, placed

from mien.swap.atlas import uv_grid
from mien.swap.drawing import Canvas
from mien.swap.eyewear import Eyewear
from mien.swap.geometry import Floats
from mien.swap.glasses import Glasses
from mien.swap.kernels import unwrap
from mien.vision import topology as topo
from mien.vision.face import BgrImage

SIZE = 96
MESH = placed(scale=1.2)
POINTS = np.ascontiguousarray(MESH.points[:468])
SWAPPED = np.full((SIDE, SIDE, 3), 128, np.uint8)


def with_glasses(level: int = 20, thickness: int = 4) -> BgrImage:
    image = picture(MESH)
    colour = (level, level, level)
    centres = [POINTS[list(eye), :2].mean(0) for eye in (topo.RIGHT_EYE, topo.LEFT_EYE)]
    inner = [POINTS[k, :2] for k in (topo.RIGHT_EYE_INNER, topo.LEFT_EYE_INNER)]
    for centre in centres:
        cv2.circle(image, [round(float(v)) for v in centre], 40, colour, thickness)
    # The bridge runs from rim to rim, over the nose.
    start, end = ([round(float(p[0])), round(float(p[1])) - 2] for p in inner)
    cv2.line(image, start, end, colour, thickness + 1)
    return image


def flat(camera: BgrImage) -> tuple[Floats, Floats]:
    """The camera's face as it lies in the atlas, and how well it is seen."""
    grid = uv_grid(SIZE)
    colours, visible = np.zeros((SIZE, SIZE, 3), np.float32), np.zeros((SIZE, SIZE), np.float32)
    seen, points = np.ones(468, np.float32), np.ascontiguousarray(POINTS[:, :2])
    unwrap(camera, points, seen, grid.ids, grid.weights, grid.texels, colours, visible)
    return colours, visible


def restored(*cameras: BgrImage, shrink: int = 1) -> tuple[Glasses, BgrImage]:
    """What is shown after these pictures, all of them so many times smaller."""
    glasses, side, points = Glasses(Eyewear()), SIDE // shrink, POINTS / np.float32(shrink)
    drawing = Canvas().draw(points, points, side, side)
    assert drawing is not None
    for camera in cameras:
        result = SWAPPED[:side, :side].copy()
        glasses.observe(*flat(camera))
        small = cv2.resize(camera, (side, side), interpolation=cv2.INTER_AREA)
        glasses.restore(np.asarray(small, np.uint8), result, drawing)
    return glasses, result


def rim_of(result: BgrImage, reach: int = 2) -> BgrImage:
    """The pixels of the right rim, on the cheek."""
    centre = POINTS[list(topo.RIGHT_EYE), :2].mean(0)
    rim = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(rim, [round(float(v)) for v in centre], 40, 255, reach)
    rim[: round(float(centre[1])) + 20] = 0
    return np.asarray(result[rim > 0], np.uint8)


def test_a_bare_face_wears_none_and_is_left_alone() -> None:
    glasses, result = restored(*[picture(MESH)] * 10)
    assert not glasses.worn
    np.testing.assert_array_equal(result, SWAPPED)


def test_dark_rims_are_found_and_laid_on_top() -> None:
    glasses, result = restored(*[with_glasses()] * 10)
    assert glasses.worn
    x, y = POINTS[168, :2]
    bridge = result[int(y) - 6 : int(y) + 30, int(x) - 3 : int(x) + 4]
    assert bridge.min() < 60
    rows, _ = np.nonzero(result[..., 0] < 100)
    assert abs(rows.mean() - POINTS[list(topo.RIGHT_EYE), 1].mean()) < 30
    forehead = POINTS[151, :2].astype(int)
    assert (result[forehead[1], forehead[0]] == 128).all()


def test_rims_are_whole_below_and_over_the_brows() -> None:
    camera = with_glasses()
    _, result = restored(*[camera] * 10)
    centre = POINTS[list(topo.RIGHT_EYE), :2].mean(0)
    rim = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(rim, [round(float(v)) for v in centre], 40, 255, 2)
    rows, columns = np.nonzero(rim)
    kept = result[rows, columns, 0] < 90
    assert kept[rows > centre[1] + 20].mean() > 0.95, "on the cheek"
    assert kept[rows < centre[1] - 20].mean() > 0.95, "at the brow"


def test_a_mole_beside_the_rims_is_not_part_of_them() -> None:
    camera = with_glasses()
    x, y = (round(float(v)) for v in POINTS[50, :2])
    cv2.circle(camera, (x, y), 3, (30, 30, 30), -1)
    _, result = restored(*[camera] * 10)
    assert (result[y - 3 : y + 4, x - 3 : x + 4] == 128).all()


def test_stripes_all_over_the_face_are_no_rims() -> None:
    camera = picture(MESH)
    camera[::2][camera[::2] == 128] = 188
    _, result = restored(*[camera] * 10)
    np.testing.assert_array_equal(result, SWAPPED)


def test_rims_that_fill_a_small_face_do_not_flicker() -> None:
    """Where they covered about as much as stripes do, grain had them come and go."""
    rng, kept = np.random.default_rng(3), []
    camera = with_glasses(thickness=16)
    for thickness in (30, 44):
        for eye in (topo.RIGHT_EYE, topo.LEFT_EYE):
            x, y = (round(float(v)) for v in POINTS[list(eye), :2].mean(0))
            cv2.circle(camera, (x, y), 30 + thickness, (20, 20, 20), 5)
    for _ in range(12):
        noisy = np.clip(camera + rng.normal(0, 12, camera.shape), 0, 255).astype(np.uint8)
        _, result = restored(*[noisy] * 3, shrink=5)
        kept.append(float((result < 100).any(-1).mean()))
    assert max(kept) - min(kept) < 0.25 * max(kept)


def test_rims_in_haze_are_whole() -> None:
    hazy = with_glasses(level=112)
    glasses, result = restored(*[hazy] * 10)
    assert glasses.worn
    assert (rim_of(result) < 120).mean() > 0.9


def test_of_a_small_face_the_pieces_of_a_rim_stay() -> None:
    """Rims of a face of 60 pixels are torn by a camera's noise, and came and went with it."""
    camera = with_glasses(level=60)
    for eye in (topo.RIGHT_EYE, topo.LEFT_EYE):
        x, y = (float(v) for v in POINTS[list(eye), :2].mean(0))
        for angle in np.arange(0, 2 * np.pi, np.pi / 3):
            gap = [round(x + 40 * np.cos(angle)), round(y + 40 * np.sin(angle))]
            cv2.circle(camera, gap, 5, (128, 128, 128), -1)
    glasses, result = restored(*[camera] * 10, shrink=5)
    assert glasses.worn
    x, y = (round(float(v)) for v in POINTS[list(topo.RIGHT_EYE), :2].mean(0) / 5)
    assert (result[y + 4 : y + 11, x - 8 : x + 9] < 118).any(-1).sum() > 12


def test_heavy_rims_are_whole() -> None:
    _, result = restored(*[with_glasses(thickness=11)] * 10)
    assert (rim_of(result, 9) < 60).mean() > 0.9
    cheek = POINTS[205, :2].astype(int)
    assert (result[cheek[1], cheek[0]] == 128).all()


def test_what_was_worn_from_the_start_is_there_at_once() -> None:
    _, result = restored(with_glasses())
    assert rim_of(result).max() < 60


def test_glasses_that_are_put_on_come_in_softly() -> None:
    levels = []
    for frames in range(1, 60):
        _, result = restored(picture(MESH), *[with_glasses()] * frames)
        levels.append(float(rim_of(result).mean()))
    assert levels[0] > 125
    assert levels[-1] < 50
    assert max(np.abs(np.diff(levels))) < 30, "no step of more than a fifth"


def test_of_a_nose_that_is_half_seen_no_glasses_are_told() -> None:
    glasses = Glasses(Eyewear())
    colours, visible = flat(with_glasses())
    visible[:, : SIZE // 2] = 0
    glasses.observe(colours, visible)
    assert not glasses.worn

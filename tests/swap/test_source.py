import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.swap import moments
from tests.swap.faces import SIDE, placed

from mien.errors import SourceRejected
from mien.models.weights import WeightStore
from mien.swap.atlas import depth_inside, polygons
from mien.swap.rehearsal import plain_source
from mien.swap.source import FORMAT, SourceFace, prepare_source
from mien.swap.source_maker import SourceMaker
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE, facing_of
from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.similarity import fit_similarity

MEDIA = Path(__file__).parents[1] / "media"
TEMPLATE = face_template()
ARRAYS = ("atlas", "foreign", "shape", "iris", "seen", "identity")
SKIN = (120, 150, 200)


def photo(mesh: FaceMesh, dots: dict[int, tuple[int, int, int]] | None = None) -> BgrImage:
    """Skin with darker brows and lips, and dots at vertices."""
    image = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    noise = np.random.default_rng(0).normal(0, 3, image.shape)
    image = np.clip(image + noise, 0, 255).astype(np.uint8)
    for outline in (topo.OUTER_LIPS, topo.RIGHT_BROW, topo.LEFT_BROW, *(topo.RIGHT_EYE,)):
        corners = np.round(mesh.points[list(outline), :2]).astype(np.int32)
        cv2.fillPoly(image, [cv2.convexHull(corners)], (60, 60, 120))
    for vertex, colour in (dots or {}).items():
        x, y = np.round(mesh.points[vertex, :2]).astype(int)
        cv2.circle(image, (int(x), int(y)), 4, colour, -1)
    return image


def atlas_at(atlas: NDArray[np.uint8], vertex: int) -> NDArray[np.float64]:
    column, row = np.round(TEMPLATE.uv[vertex] * ATLAS_SIZE - 0.5).astype(int)
    return np.asarray(atlas[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3).mean(0))


def test_dots_of_the_photo_land_in_the_atlas_in_their_colours() -> None:
    mesh = placed(scale=1.2, dx=-20)
    dots = {4: (200, 60, 60), 36: (60, 60, 220), 266: (60, 200, 60)}
    atlas = prepare_source(photo(mesh, dots), mesh).atlas
    blue, green, red = atlas_at(atlas, 4)
    assert blue > red + 60
    blue, green, red = atlas_at(atlas, 36)
    assert red > green + 60
    blue, green, red = atlas_at(atlas, 266)
    assert green > red + 30
    np.testing.assert_allclose(atlas_at(atlas, 195), SKIN, atol=25)


def test_the_shape_is_in_the_canonical_frame() -> None:
    mesh = placed(scale=0.7, dx=50, yaw=12)
    np.testing.assert_allclose(
        prepare_source(photo(mesh), mesh).shape, TEMPLATE.vertices, atol=0.05
    )


def test_the_hidden_side_is_filled_from_the_other() -> None:
    mesh = placed(yaw=44)
    image = photo(mesh)
    face = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(face, [cv2.convexHull(np.round(mesh.points[:468, :2]).astype(np.int32))], 255)
    image[face == 0] = (200, 40, 20)
    atlas = prepare_source(image, mesh).atlas
    assert atlas_at(atlas, 352).mean() > 60
    for cheek in (50, 280, 137, 366, 177, 401):
        np.testing.assert_allclose(atlas_at(atlas, cheek), SKIN, atol=40)


def test_what_is_seen_on_one_side_is_mirrored_to_the_hidden_one() -> None:
    mesh = placed(yaw=44)
    pair = (205, 425)
    seen, hidden = sorted(pair, key=lambda vertex: -facing_of(mesh.points)[vertex])
    image = photo(mesh)
    x, y = np.round(mesh.points[seen, :2]).astype(int)
    cv2.circle(image, (int(x), int(y)), 12, (220, 60, 60), -1)
    atlas = prepare_source(image, mesh).atlas
    # Unpainted skin has 80 less blue than red.
    for vertex, least in ((seen, 0), (hidden, -50)):
        blue, _, red = atlas_at(atlas, vertex)
        assert blue - red > least


def test_side_light_is_evened_out() -> None:
    mesh = placed()
    image = photo(mesh) * np.linspace(0.55, 1.15, SIDE)[None, :, None]
    atlas = prepare_source(np.clip(image, 0, 255).astype(np.uint8), mesh).atlas
    right, left = atlas_at(atlas, 50).mean(), atlas_at(atlas, 280).mean()
    lit = np.interp(mesh.points[[50, 280], 0], [0, SIDE], [0.55, 1.15])
    assert abs(np.log(left / right)) < 0.35 * abs(np.log(lit[1] / lit[0]))


def test_hair_on_the_forehead_is_painted_over_and_marked() -> None:
    mesh = placed()
    image = photo(mesh)
    x, y = mesh.points[109, :2]
    image[: int(y) + 22, : int(x) + 6] = (10, 15, 25)
    source = prepare_source(image, mesh)
    column, row = np.round(TEMPLATE.uv[108] * ATLAS_SIZE - 0.5).astype(int)
    assert source.foreign[row - 30 : row, column - 40 : column].max() > 200
    assert source.foreign[ATLAS_SIZE // 2, ATLAS_SIZE // 2] == 0


def test_a_fringe_leaves_no_hair_above_the_brows() -> None:
    """Curls that hang into the forehead, down to just above the brows."""
    mesh = placed(scale=1.2)
    image = photo(mesh)
    rng = np.random.default_rng(1)
    left, right = int(mesh.points[54, 0]), int(mesh.points[284, 0])
    low = mesh.points[[108, 337], 1].mean()
    for x in range(left - 20, right + 20, 7):
        end = (int(x + rng.integers(-14, 14)), int(low + rng.integers(-16, 4)))
        cv2.line(image, (x, 0), end, (20, 35, 60), 5, cv2.LINE_AA)
    source = prepare_source(image, mesh)
    for vertex in (151, 108, 337, 69, 299, 10):
        np.testing.assert_allclose(atlas_at(source.atlas, vertex), SKIN, atol=30)
        column, row = np.round(TEMPLATE.uv[vertex] * ATLAS_SIZE - 0.5).astype(int)
        assert source.foreign[row, column] > 200, "the target's forehead is shown"
    for vertex in (50, 280, 195):
        np.testing.assert_allclose(atlas_at(source.atlas, vertex), SKIN, atol=16)


def test_hair_over_one_brow_gives_way_to_the_other() -> None:
    mesh = placed(scale=1.2)
    image = photo(mesh)
    # A dark mass from the temple to just above the tail of the left brow.
    outline = mesh.points[[332, 284, 251, 301, 300, 293, 298], :2]
    cv2.fillPoly(image, [cv2.convexHull(np.round(outline).astype(np.int32))], (15, 20, 30))
    atlas = prepare_source(image, mesh).atlas
    np.testing.assert_allclose(atlas_at(atlas, 301), SKIN, atol=30)


def test_iris_colour_is_read_in_lab() -> None:
    mesh = placed(scale=1.3)
    image = photo(mesh)
    blue = np.array([[[200, 120, 40]]], np.uint8)
    for iris in (topo.RIGHT_IRIS, topo.LEFT_IRIS):
        x, y = np.round(mesh.points[iris[0], :2]).astype(int)
        cv2.circle(image, (int(x), int(y)), 14, blue[0, 0].tolist(), -1)
    expected = cv2.cvtColor(blue, cv2.COLOR_BGR2LAB)[0, 0]
    np.testing.assert_allclose(prepare_source(image, mesh).iris, expected, atol=6)
    without = FaceMesh(mesh.points[:468], 1.0)
    assert np.isnan(prepare_source(image, without).iris).all()


@pytest.mark.parametrize("radii", [-0.8, 0.0, 0.8])
def test_an_eye_that_looks_aside_has_the_colour_of_its_iris_not_of_its_white(radii: float) -> None:
    mesh = placed(scale=1.6)
    image = photo(mesh)
    brown = np.array([[[30, 50, 80]]], np.uint8)
    for iris, eye in ((topo.RIGHT_IRIS, topo.RIGHT_EYE), (topo.LEFT_IRIS, topo.LEFT_EYE)):
        opening = np.round(mesh.points[list(eye), :2]).astype(np.int32)
        cv2.fillPoly(image, [opening], (225, 225, 230))
        radius = float(np.linalg.norm(mesh.points[iris[1], :2] - mesh.points[iris[0], :2]))
        x, y = np.round(mesh.points[iris[0], :2] + [radii * radius, 0]).astype(int)
        cv2.circle(image, (int(x), int(y)), round(radius), brown[0, 0].tolist(), -1)
    expected = cv2.cvtColor(brown, cv2.COLOR_BGR2LAB)[0, 0]
    np.testing.assert_allclose(prepare_source(image, mesh).iris, expected, atol=4)


def test_a_flat_picture_is_refused() -> None:
    with pytest.raises(SourceRejected, match="contrast"):
        prepare_source(np.full((SIDE, SIDE, 3), 90, np.uint8), placed())


def test_bytes_give_back_what_was_written() -> None:
    mesh = placed()
    source = prepare_source(photo(mesh), mesh)
    loaded = SourceFace.from_bytes(source.to_bytes())
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(loaded, name), getattr(source, name))
        assert getattr(loaded, name).dtype == getattr(source, name).dtype
    assert loaded.resolution == pytest.approx(source.resolution)
    assert loaded.unrest == pytest.approx(source.unrest)


def spoilt(kind: str) -> bytes:
    file = io.BytesIO()
    source = plain_source()
    parts: dict[str, NDArray[np.generic]] = {
        "format": np.array(FORMAT, np.int32),
        "resolution": np.array(1, np.float32),
        "unrest": np.array(0, np.float32),
        **{name: getattr(source, name) for name in ARRAYS},
    }
    if kind == "pickle":
        np.savez(file, **{**parts, "shape": np.array([object()], object)})  # type: ignore[arg-type]
    elif kind == "old":
        old = ("atlas", "foreign", "shape", "iris")
        np.savez(file, format=np.array(1), **{name: parts[name] for name in old})  # type: ignore[arg-type]
    elif kind == "future":
        np.savez(file, **{**parts, "format": np.array(99)})  # type: ignore[arg-type]
    elif kind == "shape":
        np.savez(file, **{**parts, "atlas": np.zeros((2, 2, 3), np.uint8)})  # type: ignore[arg-type]
    elif kind == "nan":
        broken = np.full_like(source.shape, np.nan)
        np.savez(file, **{**parts, "shape": broken})  # type: ignore[arg-type]
    elif kind == "bomb":
        bomb = np.zeros(20 << 20, np.uint8)
        np.savez_compressed(file, **{**parts, "more": bomb})  # type: ignore[arg-type]
    elif kind == "missing":
        np.savez(file, format=np.array(1, np.int32))
    elif kind == "truncated":
        file.write(source.to_bytes()[:3000])
    elif kind == "text":
        file.write(b"a face")
    return file.getvalue()


@pytest.mark.parametrize(
    "kind",
    ["pickle", "old", "future", "shape", "nan", "bomb", "missing", "truncated", "text", "empty"],
)
def test_anything_else_is_refused(kind: str) -> None:
    with pytest.raises(SourceRejected, match="prepare it again"):
        SourceFace.from_bytes(spoilt(kind))


class Evil:
    """What a pickle can do to whoever opens it."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self._mark,)


def test_a_pickle_inside_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    shape = np.array([Evil(mark)], object)
    file = io.BytesIO()
    np.savez(
        file,
        **{"format": np.array(FORMAT), "resolution": np.array(1), **dict.fromkeys(ARRAYS, shape)},  # type: ignore[arg-type]
    )
    with pytest.raises(SourceRejected):
        SourceFace.from_bytes(file.getvalue())
    assert not mark.exists()


def test_the_fit_uses_the_bones() -> None:
    """A wide smile does not turn or scale the face."""
    smiling = TEMPLATE.vertices.copy()
    smiling[list(topo.OUTER_LIPS), 0] *= 1.4
    rigid = TEMPLATE.rigid
    fit = fit_similarity(smiling[rigid], TEMPLATE.vertices[rigid], TEMPLATE.rigid_weights)
    assert fit.scale == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("yaw", [-40, 40])
def test_background_inside_the_outline_of_a_turned_face_is_not_worn(yaw: float) -> None:
    """Landmarks of a turned face lie somewhat beyond its far edge."""
    mesh = placed(yaw=yaw)
    outline = cv2.convexHull(np.round(mesh.points[:468, :2]).astype(np.int32))
    face = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(face, [outline], 255)
    face = np.asarray(cv2.erode(face, np.ones((9, 9))), np.uint8)
    image = photo(mesh)
    image[face == 0] = (200, 40, 20)
    atlas = prepare_source(image, mesh).atlas.astype(int)
    inside = depth_inside(polygons([topo.OVAL], ATLAS_SIZE)) > 0.06
    blueish = atlas[..., 0] - atlas[..., 2] > -40
    assert float(blueish[inside].mean()) < 0.002


def test_a_turned_face_says_which_side_was_seen() -> None:
    mesh = placed(yaw=40)
    seen = prepare_source(photo(mesh), mesh).seen
    facing = facing_of(mesh.points)
    near, far = sorted((50, 280), key=lambda vertex: -facing[vertex])
    for vertex, low, high in ((near, 150, 255), (far, 0, 60)):
        column, row = np.round(TEMPLATE.uv[vertex] * ATLAS_SIZE - 0.5).astype(int)
        assert low <= seen[row, column] <= high


def test_a_fold_beside_the_nose_is_no_hair_but_a_strand_from_the_temple_is() -> None:
    mesh = placed(scale=1.2)
    image = photo(mesh)
    fold = np.round(mesh.points[[36, 206, 216], :2]).astype(np.int32)
    cv2.polylines(image, [fold], False, (30, 45, 70), 7, cv2.LINE_AA)
    strand = np.round(mesh.points[[356, 264, 447, 366, 401], :2]).astype(np.int32)
    cv2.polylines(image, [strand], False, (10, 15, 25), 22, cv2.LINE_AA)
    foreign = prepare_source(image, mesh).foreign
    column, row = np.round(TEMPLATE.uv[206] * ATLAS_SIZE - 0.5).astype(int)
    assert foreign[row - 8 : row + 9, column - 8 : column + 9].max() < 40
    column, row = np.round(TEMPLATE.uv[447] * ATLAS_SIZE - 0.5).astype(int)
    assert foreign[row, column] > 200


def test_a_line_drawn_on_from_the_corner_of_an_eye_is_no_hair() -> None:
    """Though it runs into the hair at the temple, which is."""
    mesh = placed(scale=1.4)
    image = photo(mesh)
    corner, temple = (np.round(mesh.points[v, :2]).astype(int) for v in (263, 356))
    cv2.line(image, [int(v) for v in corner], [int(v) for v in temple], (20, 20, 25), 7)
    source = prepare_source(image, mesh)
    column, row = np.round(TEMPLATE.uv[263] * ATLAS_SIZE - 0.5).astype(int)
    tail = source.atlas[row - 3 : row + 4, column + 6 : column + 12]
    assert source.foreign[row, column + 6 : column + 12].max() < 10
    assert tail.min(0).mean() < 45, "the line is as dark as in the photo"
    away = column + round(0.085 * ATLAS_SIZE)
    assert source.foreign[row - 12 : row + 13, away : away + 12].max() > 200
    assert source.atlas[row - 8 : row + 9, away : away + 12].min() > 90


def test_a_shadow_from_the_jaw_to_the_mouth_is_no_hair() -> None:
    """Dark all the way from the rim: deep inside it is a fold or a cheek's shade."""
    mesh = placed(scale=1.2)
    image = photo(mesh)
    shade = np.round(mesh.points[[172, 138, 192, 216, 206]][:, :2]).astype(np.int32)
    cv2.polylines(image, [shade], False, (30, 45, 70), 24, cv2.LINE_AA)
    foreign = prepare_source(image, mesh).foreign
    column, row = np.round(TEMPLATE.uv[206] * ATLAS_SIZE - 0.5).astype(int)
    assert foreign[row - 4 : row + 5, column - 4 : column + 5].max() < 40


def test_a_smiling_photo_gives_a_shape_at_rest() -> None:
    """The astronaut shows her teeth; the canonical lips are 0.55 apart."""
    photo = cv2.imread(str(MEDIA / "astronaut.png"))
    source = SourceMaker.load(WeightStore())([np.asarray(photo, np.uint8)])
    assert source.unrest == 1
    gap = source.shape[topo.LOWER_LIP] - source.shape[topo.UPPER_LIP]
    assert gap[1] == pytest.approx(0.55, abs=0.2), "in the photo it is 1.09"


def test_the_shadow_of_hair_on_the_cheeks_is_lifted() -> None:
    """The astronaut's cheeks get darker towards her hair: that would be a line down a face."""
    photo = cv2.imread(str(MEDIA / "astronaut.png"))
    assert photo is not None
    source = SourceMaker.load(WeightStore())([np.asarray(photo, np.uint8)])
    middle = atlas_at(source.atlas, 50).mean() / 2 + atlas_at(source.atlas, 280).mean() / 2
    rows = np.s_[round(TEMPLATE.uv[117, 1] * ATLAS_SIZE) : round(TEMPLATE.uv[205, 1] * ATLAS_SIZE)]
    light = cv2.GaussianBlur(source.atlas, (0, 0), 3.0).mean(-1)[rows]
    bare = source.foreign[rows] < 128
    for side in (np.s_[:, :200], np.s_[:, 312:]):
        darkest = np.where(bare[side], light[side], 255).min(1).mean()
        assert 0.755 < darkest / middle < 1, "left alone it is 0.73 of the cheek on one side"


@pytest.mark.parametrize(("frame", "left_alone"), [(6, 0.69), (58, 0.80)])
def test_hair_beside_the_brow_of_a_turned_head_lies_on_neither_temple(
    frame: int, left_alone: float
) -> None:
    """The woman looks to one side, then to the other; her hair begins at the tail of her brow."""
    picture = moments.frame("head_turns.mp4", frame)
    atlas = SourceMaker.load(WeightStore())([picture]).atlas
    cheeks = atlas_at(atlas, 50).mean() / 2 + atlas_at(atlas, 280).mean() / 2
    uv = TEMPLATE.uv[: topo.MESH_POINTS]
    tails = uv[[46, 70, 276, 300]]
    beyond = np.abs(uv[:, 0] - 0.5) > np.abs(tails[:, 0] - 0.5).max() + 0.01
    beside = np.abs(uv[:, 1] - tails[:, 1].mean()) < 0.09
    darkest = min(atlas_at(atlas, int(v)).mean() for v in np.flatnonzero(beyond & beside))
    assert darkest / cheeks > 0.92 > left_alone

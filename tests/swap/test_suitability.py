from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.swap.faces import placed

from mien.errors import SourceRejected
from mien.models.weights import WeightStore
from mien.swap.source import prepare_source, to_canonical_face
from mien.swap.source_maker import SourceMaker
from mien.swap.suitability import MIN_SHADING, check_face, check_hands, flaws, shading, sharpness
from mien.vision import topology as topo
from mien.vision.expression import ExpressionModel
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.faces import FaceFinder
from mien.vision.hand import Hand

MEDIA = Path(__file__).parents[1] / "media"
FIND = FaceFinder.load(WeightStore())
CLOTHS = {"blue": (200, 170, 120), "black": (25, 25, 25)}
MASK = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397)
MASK_TOP = (288, 361, 323, 454, 347, 197, 118)


def photo(name: str) -> tuple[BgrImage, FaceMesh]:
    image = np.asarray(cv2.imread(str(MEDIA / name)), np.uint8)
    return image, FIND(image)[0].mesh


ASTRONAUT, HOPPER = photo("astronaut.png"), photo("grace_hopper.jpg")


def notes(image: BgrImage, mesh: FaceMesh) -> str:
    return " ".join(flaws(image, mesh.points, to_canonical_face(mesh.points).rotation))


def check(image: BgrImage, mesh: FaceMesh) -> None:
    check_face(image, mesh.points, to_canonical_face(mesh.points).rotation)


def shut(mesh: FaceMesh, share: float, lids: tuple[tuple[int, int], ...]) -> FaceMesh:
    """Lids brought so much nearer to each other."""
    points = mesh.points.copy()
    for pair in lids:
        middle = points[list(pair)].mean(0)
        points[list(pair)] += share * (middle - points[list(pair)])
    return FaceMesh(points, 1.0)


def height(mesh: FaceMesh) -> float:
    return float(np.linalg.norm(mesh.points[topo.FOREHEAD_TOP] - mesh.points[topo.CHIN]))


def blurred(image: BgrImage, mesh: FaceMesh, part: float) -> BgrImage:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), height(mesh) * part), np.uint8)


@pytest.mark.parametrize("portrait", [ASTRONAUT, HOPPER])
def test_a_good_photo_has_no_flaws(portrait: tuple[BgrImage, FaceMesh]) -> None:
    check(*portrait)
    assert prepare_source(*portrait).resolution > 0.3
    assert notes(*portrait) == ""


@pytest.mark.parametrize(
    ("mesh", "reason"),
    [(placed(scale=0.15), "pixels high"), (placed(yaw=60), "turned"), (placed(yaw=-60), "turned")],
)
def test_a_small_or_turned_face_is_refused(mesh: FaceMesh, reason: str) -> None:
    with pytest.raises(SourceRejected, match=reason):
        check(ASTRONAUT[0], mesh)


@pytest.mark.parametrize("portrait", [ASTRONAUT, HOPPER])
def test_blur_is_told_and_refused(portrait: tuple[BgrImage, FaceMesh]) -> None:
    image, mesh = portrait
    assert "focus" in notes(blurred(image, mesh, 1 / 60), mesh)
    with pytest.raises(SourceRejected, match="blurred; use a picture that is in focus"):
        check(blurred(image, mesh, 1 / 30), mesh)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_smaller_or_larger_copy_is_about_as_sharp(factor: float) -> None:
    image, mesh = HOPPER
    copy = np.asarray(
        cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8
    )
    scaled = sharpness(copy, mesh.points * factor)
    assert scaled == pytest.approx(sharpness(image, mesh.points), rel=0.25)


def drawn(mesh: FaceMesh, quality: int) -> BgrImage:
    """A cartoon of somebody, in flat colours, as a JPEG."""
    picture = np.full((600, 512, 3), (240, 224, 208), np.uint8)
    parts = {
        topo.OVAL: (160, 190, 240),
        topo.RIGHT_EYE: (255, 255, 255),
        topo.LEFT_EYE: (255, 255, 255),
        topo.OUTER_LIPS: (80, 80, 220),
    }
    for part, colour in parts.items():
        outline = np.round(mesh.points[list(part), :2]).astype(np.int32)
        cv2.fillPoly(picture, [outline], colour, cv2.LINE_AA)
        cv2.polylines(picture, [outline], True, (20, 20, 20), 2, cv2.LINE_AA)
    return coded(picture, quality)


def coded(image: BgrImage, quality: int) -> BgrImage:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("quality", [100, 75, 50])
def test_a_drawing_in_flat_colours_is_refused(quality: int) -> None:
    mesh = HOPPER[1]
    cartoon = drawn(mesh, quality)
    assert shading(cartoon, mesh.points) < 0.04
    with pytest.raises(SourceRejected, match=r"as in a drawing .*; use a photo"):
        SourceMaker.load(WeightStore()).prepare(cartoon, mesh)


@pytest.mark.parametrize("portrait", [ASTRONAUT, HOPPER])
def test_no_photo_is_taken_for_a_drawing(portrait: tuple[BgrImage, FaceMesh]) -> None:
    """Pale, dark, grainless, half clipped or badly coded: skin still has its shades."""
    image, mesh = portrait
    copies = (
        image,
        np.asarray(image * 0.15 + 180, np.uint8),
        np.asarray(image * 0.15, np.uint8),
        np.asarray(cv2.bilateralFilter(cv2.bilateralFilter(image, 15, 60, 9), 15, 60, 9), np.uint8),
        np.asarray(np.minimum(image * 1.5, 255), np.uint8),
        coded(image, 10),
        blurred(image, mesh, 1 / 60),
    )
    for copy in copies:
        assert shading(copy, mesh.points) > 2 * MIN_SHADING


def test_a_blurred_face_is_not_said_to_be_behind_a_hand() -> None:
    """The hand net sees fingers in this one."""
    image = np.asarray(cv2.GaussianBlur(HOPPER[0], (0, 0), 6), np.uint8)
    with pytest.raises(SourceRejected, match="blurred"):
        SourceMaker.load(WeightStore())([image])


def test_what_a_photo_does_is_read_when_it_is_prepared() -> None:
    """Without it, whoever wears a smiling photo would smile and narrow his eyes with it."""
    image, mesh = ASTRONAUT
    store = WeightStore()
    made = SourceMaker.load(store).prepare(image, mesh)
    expected = prepare_source(image, ExpressionModel.load(store).read(mesh))
    np.testing.assert_allclose(made.shape, expected.shape, atol=1e-5)
    assert np.abs(made.shape - prepare_source(image, mesh).shape).max() > 0.01


def test_it_is_said_that_another_face_of_the_picture_might_do() -> None:
    large = np.asarray(cv2.GaussianBlur(HOPPER[0][:512], (0, 0), 8), np.uint8)
    group = np.hstack([ASTRONAUT[0], large])
    with pytest.raises(SourceRejected, match=r"in focus\. It is the largest of 2 faces\."):
        SourceMaker.load(WeightStore())([group])


def test_closed_and_half_closed_eyes() -> None:
    image, mesh = ASTRONAUT
    right, left = ((160, 144), (158, 153)), ((385, 380), (387, 373))
    both = (*right, *left)
    assert "half closed" in notes(image, shut(mesh, 0.55, both))
    for closed in (both, right, left):
        with pytest.raises(SourceRejected, match="use a picture with open eyes"):
            check(image, shut(mesh, 0.9, closed))


def test_dark_glasses_are_refused() -> None:
    for image, mesh in (ASTRONAUT, HOPPER):
        worn = image.copy()
        for eye in (topo.RIGHT_EYE, topo.LEFT_EYE):
            lids = mesh.points[list(eye), :2]
            wide = float(np.ptp(lids[:, 0]))
            at = np.round(lids.mean(0) + np.array([0, 0.15 * wide])).astype(int).tolist()
            axes = (round(0.95 * wide), round(0.72 * wide))
            cv2.ellipse(worn, at, axes, 0, 0, 360, (25, 22, 20), -1, cv2.LINE_AA)
        with pytest.raises(SourceRejected, match="without sunglasses"):
            prepare_source(worn, mesh)


@pytest.mark.parametrize("cloth", CLOTHS)
def test_a_mask_is_refused(cloth: str) -> None:
    for image, mesh in (ASTRONAUT, HOPPER):
        worn = image.copy()
        outline = np.round(mesh.points[[*MASK, *MASK_TOP], :2]).astype(np.int32)
        cv2.fillPoly(worn, [outline], CLOTHS[cloth], cv2.LINE_AA)
        with pytest.raises(SourceRejected, match="without a mask"):
            prepare_source(worn, mesh)


def test_a_beard_is_no_mask() -> None:
    image, mesh = HOPPER
    bearded = image.copy()
    jaw = (*MASK, 288, 410, 322, 164, 92, 186)
    cv2.fillPoly(bearded, [np.round(mesh.points[list(jaw), :2]).astype(np.int32)], (30, 35, 45))
    prepare_source(bearded, mesh)


def test_a_small_turned_or_gaping_face_is_told() -> None:
    image = ASTRONAUT[0]
    assert "small (" in notes(image, placed(scale=0.35))
    assert "turned" in notes(image, placed(yaw=30))
    assert "turned" not in notes(image, placed(yaw=10))
    assert "wide open" in notes(image, placed(jaw=60))


def hand_at(x: float, y: float, size: float) -> Hand:
    """A hand whose joints lie in a square."""
    columns, rows = np.meshgrid(np.linspace(-1, 1, 7), np.linspace(-1, 1, 3))
    points = np.stack([columns.ravel(), rows.ravel()], 1) * size / 2 + [x, y]
    return Hand(points.astype(np.float32), 1.0)


def test_a_hand_before_the_face_is_refused_and_one_beside_it_is_not() -> None:
    points = placed().points
    mouth, chin = points[topo.LOWER_LIP], points[topo.CHIN]
    tall = float(np.linalg.norm(points[topo.FOREHEAD_TOP] - chin))
    under = hand_at(float(chin[0]), float(chin[1]) + 0.25 * tall, 0.5 * tall)
    beside = hand_at(float(points[topo.LEFT_CHEEK, 0]) + 0.4 * tall, float(mouth[1]), 0.5 * tall)
    check_hands([under, beside], points)
    with pytest.raises(SourceRejected, match="A hand covers the face"):
        check_hands([beside, hand_at(float(mouth[0]), float(mouth[1]), 0.3 * tall)], points)

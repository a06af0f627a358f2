"""A real photo is fitted to real people, and worn by them in moments that the fit has not seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from tests.swap.faces import bent
from tests.swap.moments import MEDIA, frame
from tests.swap.wearing import worn_by

from mien.models.weights import WeightStore
from mien.swap import adjustment
from mien.swap.adjustment import LEFT_ALONE, MOST_LIGHT, MOST_SHAPE
from mien.swap.fitting import Fitter
from mien.swap.geometry import Floats
from mien.swap.portrait import Portrait
from mien.swap.source import SourceFace, prepare_source
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.swap.turned import pitch_of, pose_of
from mien.vision import topology as topo
from mien.vision.expression import NAMES, ExpressionModel
from mien.vision.face import BgrImage
from mien.vision.faces import FaceFinder
from mien.vision.identity import Embedding, IdentityModel, distance
from mien.vision.identity_gradient import IdentityGradient
from mien.vision.landmarker import FaceLandmarker

CLIP = "head_turns.mp4"
ROUNDS = 8
SEEN, UNSEEN = (4, 14, 44, 60), (24, 34, 70)


HowFar = Callable[[SourceFace], float]


class Photo(NamedTuple):
    source: SourceFace
    portraits: tuple[Portrait, ...]
    moments: tuple[BgrImage, ...]


class Torn(IdentityGradient):
    """Says of every other picture that darker is nearer, and of the rest that brighter is."""

    def __init__(self) -> None:
        self.asked: list[BgrImage] = []

    def __call__(self, chip: BgrImage, person: Embedding) -> tuple[float, Floats]:
        self.asked.append(chip)
        return 0.5, np.full(chip.shape, 1.0 if len(self.asked) % 2 else -1.0, np.float32)


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder.load(WeightStore())


@pytest.fixture(scope="module")
def identity() -> IdentityModel:
    return IdentityModel.load(WeightStore())


@pytest.fixture(scope="module")
def fitter() -> Fitter:
    return Fitter.load(WeightStore())


def prepared(name: str, finder: FaceFinder, identity: IdentityModel) -> SourceFace:
    image = np.asarray(cv2.imread(str(MEDIA / name)), np.uint8)
    mesh = ExpressionModel.load(WeightStore()).read(finder(image)[0].mesh)
    return prepare_source(image, mesh, identity(image, mesh))


def portrait(image: BgrImage, finder: FaceFinder) -> Portrait:
    expressions = ExpressionModel.load(WeightStore())
    return Portrait.of(image, expressions.read(finder(image)[0].mesh))


@pytest.fixture(scope="module")
def photo(finder: FaceFinder, identity: IdentityModel) -> Photo:
    source = prepared("astronaut.png", finder, identity)
    portraits = [portrait(frame(CLIP, number), finder) for number in SEEN]
    return Photo(source, tuple(portraits), tuple(frame(CLIP, number) for number in UNSEEN))


@pytest.fixture(scope="module")
def fitted(fitter: Fitter, photo: Photo) -> SourceFace:
    return fitter(photo.source, photo.portraits, ROUNDS)


@pytest.fixture(scope="module")
def not_calmed(fitter: Fitter, photo: Photo) -> SourceFace:
    """Fitted to pictures of which nobody knows what the face does in them, nor how it nods."""
    unread = [replace(one, mesh=replace(one.mesh, expression=None)) for one in photo.portraits]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(adjustment, "NOD_STEP", 0.0)
        return fitter(photo.source, unread, ROUNDS)


@pytest.fixture(scope="module")
def how_far(photo: Photo, finder: FaceFinder, identity: IdentityModel) -> HowFar:
    """The mean distance to the photo of those who wear a source."""

    def measured(source: SourceFace) -> float:
        results = [worn_by(moment, source) for moment in photo.moments]
        met = [identity(result, finder(result)[0].mesh) for result in results]
        return float(np.mean([distance(one, photo.source.identity) for one in met]))

    return measured


@pytest.fixture(scope="module")
def unfitted_distance(photo: Photo, how_far: HowFar) -> float:
    return how_far(photo.source)


def test_who_wears_it_is_known_better(
    fitted: SourceFace,
    photo: Photo,
    how_far: HowFar,
    unfitted_distance: float,
) -> None:
    assert how_far(fitted) < unfitted_distance - 0.02


@pytest.mark.parametrize("held", ["LIGHT_STEP", "SHAPE_STEP"])
def test_light_and_shape_each_help(
    held: str,
    monkeypatch: pytest.MonkeyPatch,
    fitter: Fitter,
    photo: Photo,
    how_far: HowFar,
    unfitted_distance: float,
) -> None:
    monkeypatch.setattr(adjustment, held, 0.0)
    half = fitter(photo.source, photo.portraits, ROUNDS)
    assert how_far(half) < unfitted_distance - 0.005


def test_only_so_much_light_changes_and_no_colour(fitted: SourceFace, photo: Photo) -> None:
    before = photo.source.atlas.astype(np.float64)
    bright = before.min(-1) > 60
    change = np.log(fitted.atlas[bright] / before[bright])
    kept = fitted.atlas[bright].max(-1) < 255
    # Half a level of rounding on 60 of them.
    assert np.abs(change[kept]).max() < MOST_LIGHT * 1.1 + 0.01
    assert np.ptp(change[kept], axis=-1).max() < 0.02
    assert np.abs(change[kept]).mean() > 0.003, "something changes"


def test_the_light_stays_at_the_outline(fitted: SourceFace, photo: Photo) -> None:
    oval = face_template().uv[list(topo.OVAL)] * ATLAS_SIZE
    column, row = np.clip(np.round(oval), 0, ATLAS_SIZE - 1).astype(int).T
    before = photo.source.atlas[row, column].astype(int)
    assert np.abs(fitted.atlas[row, column] - before).max() <= 1


def test_the_shape_changes_little_and_alike_on_both_sides(
    not_calmed: SourceFace, photo: Photo
) -> None:
    moved = not_calmed.shape - photo.source.shape
    assert not moved[:, 2].any()
    far = np.linalg.norm(moved, axis=1)
    assert 0.05 < far.max() <= MOST_SHAPE + 1e-4
    other = moved[topo.canonical_mesh().mirror] * [-1, 1, 1]
    np.testing.assert_allclose(moved, other, atol=0.03)


@pytest.mark.parametrize(
    "feature", [(*topo.OUTER_LIPS, *topo.INNER_LIPS), topo.RIGHT_EYE, topo.LEFT_EYE]
)
def test_lips_and_eyes_keep_their_shape(
    feature: tuple[int, ...], not_calmed: SourceFace, photo: Photo
) -> None:
    """They go with the face around them, as something stiff does."""
    assert bent((not_calmed.shape - photo.source.shape)[:, :2], feature) < 0.01


def test_the_head_is_neither_turned_nor_moved(not_calmed: SourceFace, photo: Photo) -> None:
    x, y = (not_calmed.shape - photo.source.shape)[:, :2].T
    vertices = face_template().vertices - face_template().vertices.mean(0)
    assert abs(x.mean()) < 0.01
    assert abs(y.mean()) < 0.02
    assert abs((x * vertices[:, 0] + y * vertices[:, 1]).mean()) < 0.1, "size"
    assert abs((y * vertices[:, 2]).mean()) < 0.1, "a nod"


def test_the_face_does_what_its_wearer_does(
    fitted: SourceFace, not_calmed: SourceFace, photo: Photo, finder: FaceFinder
) -> None:
    """In moments that the fit has not seen."""
    expressions = ExpressionModel.load(WeightStore())
    calmed = np.array([not name.startswith(("_", "eye", *LEFT_ALONE)) for name in NAMES])

    def done(image: BgrImage) -> Floats:
        told = expressions.read(finder(image)[0].mesh).expression
        assert told is not None
        return np.asarray(told[calmed], np.float32)

    wanted = np.mean([done(moment) for moment in photo.moments], 0)

    def off(source: SourceFace) -> float:
        results = [done(worn_by(moment, source)) for moment in photo.moments]
        return float(np.abs(np.mean(results, 0) - wanted).mean())

    assert off(fitted) < 0.85 * off(not_calmed), (off(fitted), off(not_calmed), off(photo.source))


def test_the_face_nods_as_its_wearer_does(
    fitter: Fitter,
    finder: FaceFinder,
    identity: IdentityModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a signer, whose chin sank with this face; in moments that the fit has not seen."""
    source = prepared("grace_hopper.jpg", finder, identity)
    portraits = [portrait(frame("signer.mp4", number), finder) for number in (0, 6, 44, 48)]
    moments = [frame("signer.mp4", number) for number in (3, 9, 46, 50, 54, 58)]

    def pitch(image: BgrImage) -> float:
        return pitch_of(pose_of(finder(image)[0].mesh.points[: topo.MESH_POINTS]))

    def off(one: SourceFace) -> float:
        return float(np.mean([pitch(worn_by(moment, one)) - pitch(moment) for moment in moments]))

    level = off(fitter(source, portraits, 12))
    monkeypatch.setattr(adjustment, "NOD_STEP", 0.0)
    before = off(fitter(source, portraits, 12))
    assert before > 1.4, "there is something to mend"
    assert 0 < level < 0.85 * before, (level, before)


def test_all_else_stays(fitted: SourceFace, photo: Photo) -> None:
    for name in ("foreign", "iris", "seen", "identity"):
        np.testing.assert_array_equal(getattr(fitted, name), getattr(photo.source, name))
    assert fitted.unrest == photo.source.unrest


def test_the_same_photo_is_fitted_alike(fitter: Fitter, fitted: SourceFace, photo: Photo) -> None:
    again = fitter(photo.source, photo.portraits, ROUNDS)
    np.testing.assert_array_equal(again.atlas, fitted.atlas)
    np.testing.assert_array_equal(again.shape, fitted.shape)


def test_one_portrait_serves_too(
    fitter: Fitter,
    photo: Photo,
    how_far: HowFar,
    unfitted_distance: float,
) -> None:
    fitted = fitter(photo.source, photo.portraits[:1], ROUNDS)
    assert how_far(fitted) < unfitted_distance - 0.01


def test_what_a_picture_and_its_mirror_image_disagree_about_changes_nothing(photo: Photo) -> None:
    net = Torn()
    store = WeightStore()
    fitter = Fitter(net, FaceLandmarker.load(store), ExpressionModel.load(store))
    fitted = fitter(photo.source, photo.portraits[:1], 2)
    np.testing.assert_array_equal(fitted.atlas, photo.source.atlas)
    picture, mirrored = net.asked[:2]
    np.testing.assert_array_equal(mirrored, picture[:, ::-1])


def test_a_face_that_nobody_knows_stays_as_it_is(fitter: Fitter, photo: Photo) -> None:
    unknown = replace(photo.source, identity=np.full(128, np.nan, np.float32))
    assert fitter(unknown, photo.portraits, ROUNDS) is unknown


def test_a_face_that_nobody_can_wear_stays_as_it_is(fitter: Fitter, photo: Photo) -> None:
    one = photo.portraits[0]
    beside = replace(one.mesh, points=one.mesh.points + np.float32(1000))
    assert fitter(photo.source, [Portrait(one.image, beside)], ROUNDS) is photo.source

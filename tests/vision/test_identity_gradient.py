import numpy as np
import pytest

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage
from mien.vision.faces import Face
from mien.vision.identity import Embedding, IdentityModel, distance, face_chip
from mien.vision.identity_gradient import IdentityGradient


@pytest.fixture(scope="module")
def gradient(store: WeightStore) -> IdentityGradient:
    return IdentityGradient.load(store)


@pytest.fixture(scope="module")
def chip(astronaut: BgrImage, astronaut_face: Face) -> BgrImage:
    return face_chip(astronaut, astronaut_face.mesh)


@pytest.fixture(scope="module")
def stranger(identity: IdentityModel, hopper: BgrImage, hopper_face: Face) -> Embedding:
    return identity(hopper, hopper_face.mesh)


def test_the_distance_is_the_nets_own(
    gradient: IdentityGradient,
    identity: IdentityModel,
    astronaut: BgrImage,
    astronaut_face: Face,
    chip: BgrImage,
    stranger: Embedding,
) -> None:
    told, slope = gradient(chip, stranger)
    assert told == pytest.approx(distance(identity(astronaut, astronaut_face.mesh), stranger), 1e-4)
    assert slope.shape == (150, 150, 3)
    assert slope.dtype == np.float32


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_the_slope_foretells_what_brightening_patches_does(
    gradient: IdentityGradient, chip: BgrImage, stranger: Embedding, channel: int
) -> None:
    calm = np.clip(chip, 10, 245)
    _, slope = gradient(calm, stranger)
    foretold, seen = [], []
    for row in range(0, 150, 30):
        for column in range(0, 150, 30):
            patch = (slice(row, row + 30), slice(column, column + 30), channel)
            lighter, darker = calm.copy(), calm.copy()
            lighter[patch] += 2
            darker[patch] -= 2
            seen.append(gradient(lighter, stranger)[0] - gradient(darker, stranger)[0])
            foretold.append(4 * float(slope[patch].sum()))
    assert np.corrcoef(foretold, seen)[0, 1] > 0.9
    assert np.std(seen) == pytest.approx(np.std(foretold), rel=0.3)


def test_down_the_slope_lies_the_person(
    gradient: IdentityGradient, chip: BgrImage, stranger: Embedding
) -> None:
    before, _ = gradient(chip, stranger)
    moving = chip.astype(np.float32)
    for _ in range(6):
        _, slope = gradient(np.clip(np.round(moving), 0, 255).astype(np.uint8), stranger)
        moving -= 3 * slope / np.abs(slope).max() * 4
    after, _ = gradient(np.clip(np.round(moving), 0, 255).astype(np.uint8), stranger)
    assert before > 0.6
    assert after < before - 0.1

import numpy as np
from tests.swap.faces import picture, placed
from tests.swap.test_glasses import with_glasses

from mien.swap.look import prepare_look
from mien.swap.mesh import QUALITIES
from mien.swap.rehearsal import plain_source
from mien.swap.stopwatch import Stopwatch
from mien.swap.traits import Traits
from mien.swap.turned import pose_of
from mien.swap.wearer import Moment, Wearer
from mien.vision.expression import NAMES
from mien.vision.face import BgrImage, FaceMesh

LEVEL = QUALITIES[2]
CALM = np.zeros(len(NAMES), np.float32)
FACE = placed(scale=1.2)
MESH = FaceMesh(FACE.points, 1.0, CALM)
TURNED = FaceMesh(placed(scale=1.2, yaw=50).points, 1.0, CALM)


def learnt(image: BgrImage, frames: int = 3) -> Wearer:
    """Somebody who was seen for some frames."""
    watch = Stopwatch(lambda: 0.0)
    watch.start()
    wearer, look = Wearer(1.0, watch), prepare_look(plain_source(), LEVEL.grid)
    for frame in range(frames):
        wearer.swap(image, MESH, look, LEVEL, Moment(frame / 25))
    return wearer


def test_a_copy_knows_the_same_and_goes_its_own_way() -> None:
    traits = learnt(with_glasses()).traits
    twin = traits.copy(LEVEL.grid)
    assert traits.neutral.points is not None
    assert twin.neutral.points is not None
    np.testing.assert_array_equal(twin.neutral.points, traits.neutral.points)
    weight = traits.neutral.weight
    twin.neutral.update(FACE.points[:468], pose_of(FACE.points), CALM)
    assert traits.neutral.weight == weight < twin.neutral.weight
    bare, seen = np.full((96, 96, 3), 150, np.float32), np.ones((96, 96), np.float32)
    for _ in range(8 * 60):
        twin.eyewear.observe(bare, seen)
    assert [one.eyewear.worn for one in (traits, twin)] == [True, False]


def test_folds_do_not_outlast_their_grid_or_their_light() -> None:
    traits = learnt(picture(FACE)).traits
    assert traits.folds.copy()._known.max() > 0
    assert traits.copy(LEVEL.grid).folds._known.max() > 0
    assert traits.copy(LEVEL.grid, relit=True).folds._known.max() == 0
    finer = traits.copy(QUALITIES[3].grid).folds
    assert (finer.grid, finer._known.max()) == (QUALITIES[3].grid, 0)


def test_of_somebody_new_nothing_is_known() -> None:
    traits = Traits.unknown(LEVEL.grid)
    assert traits.neutral.points is None
    assert not traits.eyewear.worn
    assert traits.folds.grid == LEVEL.grid


def test_a_new_look_is_as_soft_as_the_old_one_was() -> None:
    wearer = learnt(picture(FACE))
    assert wearer._swapper is not None
    wearer._swapper._sharpness.sigma = 1.7
    other = prepare_look(plain_source(), LEVEL.grid)
    wearer.swap(picture(FACE), MESH, other, LEVEL, Moment(0.2))
    assert wearer._swapper.softness > 1


def test_glasses_stay_on_when_another_look_is_put_on_in_mid_turn() -> None:
    wearer = learnt(with_glasses())
    other = prepare_look(plain_source(), LEVEL.grid)
    wearer.swap(picture(TURNED), TURNED, other, LEVEL, Moment(0.2))
    assert wearer.traits.eyewear.worn
    wearer.swap(picture(TURNED), TURNED, other, LEVEL, Moment(0.24, relit=True))
    assert wearer.traits.eyewear.worn, "in another light too"

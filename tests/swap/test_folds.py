"""Folds above the eyes: a line is drawn onto a grey forehead, and the brows are said to move."""

import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.swap.faces import FOREHEAD, SIDE, picture, placed

from mien.swap.folds import Folds, _region, are_told, strain
from mien.swap.geometry import Floats
from mien.swap.look import prepare_look
from mien.swap.mesh import QUALITIES, MeshSwapper
from mien.swap.rehearsal import plain_source
from mien.swap.stopwatch import Stopwatch
from mien.swap.template import face_template
from mien.swap.traits import Traits
from mien.vision.expression import NAMES
from mien.vision.face import BgrImage, FaceMesh

MESH = placed()
BETWEEN_EYES = 6
SKIN, LINE = 128, 84
REST, FROWN = 0.1, 0.9
X, Y = (round(float(value)) for value in MESH.points[FOREHEAD, :2])
ROW, BESIDE = slice(Y - 20, Y + 21), 30


def brows(down: float) -> Floats:
    scores = np.zeros(52, np.float32)
    scores[[NAMES.index("browDownLeft"), NAMES.index("browDownRight")]] = down
    return scores


def camera(line: int = LINE, width: int = 5, mesh: FaceMesh = MESH) -> BgrImage:
    """A face with a vertical line on its forehead."""
    image = picture(mesh, SKIN)
    x, y = (round(float(value)) for value in mesh.points[FOREHEAD, :2])
    cv2.line(image, (x, y - 20), (x, y + 20), (line, line, line), width, cv2.LINE_AA)
    return image


SMOOTH, LINED = camera(SKIN), camera()


class Both:
    """The same camera with folds and without: light alone tells some of a line too."""

    def __init__(self, level: int = 2, folds: Folds | None = None) -> None:
        quality = QUALITIES[level]
        look = prepare_look(plain_source(), quality.grid)
        watch = Stopwatch(time.perf_counter)
        known = folds or Folds(quality.grid)
        self.folded, self.plain = (
            MeshSwapper(look, one, 1.0, watch, replace(Traits.unknown(one.grid), folds=known))
            for one in (quality, replace(quality, folds=False))
        )

    def added(self, image: BgrImage, down: float, times: int = 6) -> float:
        """How much darker folds make the line's place than what lies beside it, in levels."""
        mesh = replace(MESH, expression=brows(down))
        for _ in range(times):
            results = self.folded.swap(image, mesh), self.plain.swap(image, mesh)
        return darker(results[0]) - darker(results[1])


def darker(result: BgrImage | None) -> float:
    assert result is not None
    levels = result[ROW].astype(np.float64).mean((0, 2))
    beside = (levels[X - BESIDE - 3 : X - BESIDE + 4], levels[X + BESIDE - 3 : X + BESIDE + 4])
    return float(np.mean(beside) - levels[X - 1 : X + 2].mean())


def test_a_frown_shows_and_goes() -> None:
    both = Both()
    assert abs(both.added(SMOOTH, REST, 20)) < 0.5
    assert 15 < both.added(LINED, FROWN) < SKIN - LINE
    assert abs(both.added(SMOOTH, REST, 12)) < 0.5


def test_it_is_there_within_three_frames() -> None:
    both = Both()
    both.added(SMOOTH, REST, 20)
    assert both.added(LINED, FROWN, 3) > 0.8 * both.added(LINED, FROWN, 10)


def test_a_line_that_is_his_own_does_not_show() -> None:
    """An old forehead is not part of what a young face is made to do."""
    both = Both()
    assert both.added(LINED, REST, 1) < 2
    assert abs(both.added(LINED, REST, 30)) < 1
    assert abs(both.added(LINED, FROWN, 20)) < 1


def test_a_shadow_on_calm_brows_is_no_fold() -> None:
    both = Both()
    both.added(SMOOTH, REST, 20)
    assert abs(both.added(LINED, REST + 0.05, 3)) < 1


def test_folds_that_were_taken_for_his_rest_do_not_come_back_as_light() -> None:
    both = Both()
    both.added(LINED, 0.3, 20)
    assert -14 < both.added(SMOOTH, 0.8) < -2
    both.added(SMOOTH, REST, 60)
    assert both.added(SMOOTH, 0.8) == pytest.approx(0, abs=2)


def test_who_was_not_seen_at_rest_has_no_folds_until_then() -> None:
    """In a still picture nobody knows which shade is an expression."""
    both = Both()
    assert abs(both.added(LINED, FROWN, 60)) < 1
    both.added(SMOOTH, REST, 3)
    assert both.added(LINED, FROWN) > 15


def test_a_long_frown_does_not_wear_off() -> None:
    both = Both()
    both.added(SMOOTH, REST, 30)
    first = both.added(LINED, FROWN, 6)
    assert both.added(LINED, FROWN, 300) > 0.7 * first


def test_a_shade_as_broad_as_light_is_no_fold() -> None:
    both = Both()
    both.added(SMOOTH, REST, 20)
    assert abs(both.added(camera(110, width=120), FROWN)) < 3


def test_what_stands_before_the_forehead_is_no_fold() -> None:
    grid, visible = QUALITIES[2].grid, np.ones(468, np.float32)
    points = np.ascontiguousarray(MESH.points[:468, :2])
    gain = np.ones((grid, grid, 5), np.float32)
    for clear, least, most in ((1.0, 0.2, 0.6), (0.0, 0.0, 1e-6)):
        folds = Folds(grid)
        for line, down in ((SKIN, REST), (LINE, FROWN)):
            for _ in range(10):
                before = np.full((grid, grid), clear, np.float32)
                folds.observe(camera(line), points, visible, before, brows(down), 2.0)
        found = 1 - folds.on(gain)
        assert found.shape == (2 * grid, 2 * grid, 5)
        assert least <= found[..., :3].max() <= most
        assert np.abs(found[..., 3:]).max() == 0, "neither opacity nor veil"


def test_a_far_face_tells_grain_and_no_folds() -> None:
    def depth(height: int) -> float:
        mesh = placed(height / float(np.ptp(MESH.points[:468, 1])))
        made = Both().folded
        for line, down in ((SKIN, REST), (LINE, FROWN)):
            for _ in range(10):
                made.swap(camera(line, 4, mesh), replace(mesh, expression=brows(down)))
        return -float(made.traits.folds._shown.min())

    far, between, near = (depth(height) for height in (90, 130, 180))
    assert far == 0
    assert 0.01 < between < 0.7 * near
    assert not are_told(0.7) and are_told(0.8)


def test_the_fastest_level_has_none() -> None:
    both = Both(level=1)
    both.added(SMOOTH, REST)
    assert both.added(LINED, FROWN) == 0


def test_another_look_of_the_same_person_knows_his_rest() -> None:
    both = Both()
    both.added(LINED, REST, 20)
    twin = Both(folds=both.folded.traits.folds.copy())
    assert abs(twin.added(LINED, FROWN, 3)) < 2
    assert Both().added(SMOOTH, REST) == pytest.approx(0, abs=0.5)
    before = both.folded.traits.folds._rest.copy()
    twin.added(SMOOTH, REST, 20)
    np.testing.assert_array_equal(both.folded.traits.folds._rest, before)


def test_strain_is_of_brows_and_lids_alone() -> None:
    assert strain(np.zeros(52, np.float32)) == 0
    for name in NAMES:
        scores = np.zeros(52, np.float32)
        scores[NAMES.index(name)] = 0.8
        assert (strain(scores) > 0) == name.startswith(("brow", "eyeBlink", "eyeSquint")), name
    assert strain(brows(0.9)) == pytest.approx(0.9)


def test_folds_lie_above_the_eyes_and_inside_the_outline() -> None:
    """Noise where skin was smooth: nothing below the eyes or beside the face changes by it."""
    rng = np.random.default_rng(3)
    noise = rng.integers(60, 200, (SIDE, SIDE, 3), dtype=np.uint8)
    image = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.5), np.uint8)
    both, mesh = Both(), replace(MESH, expression=brows(FROWN))
    both.added(SMOOTH, REST)
    for _ in range(4):
        one, other = both.folded.swap(image, mesh), both.plain.swap(image, mesh)
    assert one is not None and other is not None
    changed = np.argwhere(np.abs(one.astype(int) - other).max(2) > 2)
    top, eyes = MESH.points[10, 1], MESH.points[6, 1]
    assert changed[:, 0].min() > top
    assert changed[:, 0].max() < eyes + 8
    assert len(changed) > 500
    factors = both.folded.traits.folds.on(
        np.ones((QUALITIES[2].grid, QUALITIES[2].grid, 5), np.float32)
    )
    # The middle of each brow, and the lid below its inner end.
    for high, low in ((105, 52), (334, 282), (55, 133), (285, 362)):
        column, row = (face_template().uv[[high, low]].mean(0) * len(factors)).astype(int)
        assert abs(factors[row, column, 0] - 1) < 0.01, "brows and lids are the source's own"


def test_folds_fade_out_towards_the_nose() -> None:
    """Cut off there they were an edge across its root."""
    size = 2 * QUALITIES[2].grid
    column, row = (face_template().uv[BETWEEN_EYES] * size).astype(int)
    share = np.zeros((size, size), np.float32)
    share[_region(size).window] = _region(size).share
    down = share[row - 14 : row + 2, column]
    assert down[0] > 0.9
    assert down[-2:].max() < 0.1
    assert np.abs(np.diff(down)).max() < 0.2

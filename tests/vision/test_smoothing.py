import numpy as np
import pytest
from numpy.typing import NDArray

from mien.models.weights import WeightStore
from mien.vision.face import BgrImage, Points
from mien.vision.faces import Face, FaceFinder
from mien.vision.landmarker import FaceLandmarker, Roi
from mien.vision.smoothing import Cutoffs, MeshSmoother, OneEuroFilter

LIDS = ((159, 145, 33, 133), (386, 374, 362, 263))


def openness(points: Points) -> float:
    """Height of the eyes over their width."""
    ratios = [
        np.linalg.norm(points[up, :2] - points[low, :2])
        / np.linalg.norm(points[outer, :2] - points[inner, :2])
        for up, low, outer, inner in LIDS
    ]
    return float(np.mean(ratios))


def raw_landmarks(store: WeightStore, frames: list[BgrImage], first: Points) -> list[Points]:
    landmarker = FaceLandmarker.load(store)
    found = [first]
    for frame in frames:
        found.append(landmarker(frame, Roi.of_points(found[-1])).points)
    return found[1:]


def jitter(track: list[Points]) -> float:
    """Root mean square of what changes from frame to frame, in pixels."""
    steps = np.diff(np.stack(track)[:, :, :2], axis=0)
    return float(np.sqrt((steps**2).mean()))


def test_a_still_noisy_face_stands_still(
    store: WeightStore, astronaut: BgrImage, astronaut_face: Face
) -> None:
    rng = np.random.default_rng(5)
    noisy = [
        (astronaut + rng.normal(0, 10, astronaut.shape)).clip(0, 255).astype(np.uint8)
        for _ in range(45)
    ]
    raw = raw_landmarks(store, noisy, astronaut_face.mesh.points)
    smoother = MeshSmoother()
    calm = [smoother(points, index / 30) for index, points in enumerate(raw)]
    assert jitter(raw[15:]) > 0.1, "the noise must be worth filtering"
    assert jitter(raw[15:]) / jitter(calm[15:]) > 3.9
    middle = np.mean(raw[15:], axis=0)
    assert np.abs(np.mean(calm[15:], axis=0) - middle)[:, :2].max() < 0.5, "calm, and in place"


def test_a_blink_keeps_its_depth(
    store: WeightStore, finder: FaceFinder, blink: list[BgrImage]
) -> None:
    raw = raw_landmarks(store, blink, finder(blink[0])[0].mesh.points)
    smoother = MeshSmoother()
    calm = [smoother(points, index / 12) for index, points in enumerate(raw)]
    awake = float(np.median([openness(points) for points in raw[:9]]))
    depth = awake - min(openness(points) for points in raw)
    assert depth > 0.15, "the eyes really close in this clip"
    assert awake - min(openness(points) for points in calm) > 0.96 * depth


def test_a_head_that_turns_is_not_left_behind(
    store: WeightStore, finder: FaceFinder, head_turns: list[BgrImage]
) -> None:
    raw = raw_landmarks(store, head_turns, finder(head_turns[0])[0].mesh.points)
    smoother = MeshSmoother()
    calm = [smoother(points, index / 25) for index, points in enumerate(raw)]
    height = np.linalg.norm(raw[0][10] - raw[0][152])
    lag = [np.abs(one - other)[:, :2].mean() for one, other in zip(raw, calm, strict=True)]
    assert np.mean(lag) / height < 0.004


def test_a_head_that_starts_to_move_is_followed_at_once(astronaut_face: Face) -> None:
    """After a second's rest 3 px a frame; the face is 108 px high."""
    smoother = MeshSmoother()
    points = astronaut_face.mesh.points
    for index in range(30):
        smoother(points, index / 30)
    behind = []
    for step in (1, 2, 3):
        calm = smoother(moved(points, 3.0 * step), (29 + step) / 30)
        behind.append(float((points[:, 0] + 3 * step - calm[:, 0]).mean()))
    assert max(behind) < 0.7
    assert behind[2] < 0.35


def moved(points: Points, by: float) -> Points:
    return points + np.array([by, 0, 0], np.float32)


def test_the_first_frame_passes_unchanged(astronaut_face: Face) -> None:
    points = astronaut_face.mesh.points
    np.testing.assert_allclose(MeshSmoother()(points, 0.0), points, atol=1e-3)


def test_reset_forgets_the_past(astronaut_face: Face) -> None:
    smoother = MeshSmoother()
    points = astronaut_face.mesh.points
    smoother(points, 0.0)
    smoother.reset()
    np.testing.assert_allclose(smoother(moved(points, 30), 1 / 30), moved(points, 30), atol=1e-3)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 5.0])
def test_time_that_stands_runs_back_or_leaps_starts_anew(
    astronaut_face: Face, seconds: float
) -> None:
    smoother = MeshSmoother()
    points = astronaut_face.mesh.points
    smoother(points, 0.0)
    np.testing.assert_allclose(smoother(moved(points, 30), seconds), moved(points, 30), atol=1e-3)


def test_frame_rate_does_not_change_the_filter() -> None:
    """Twice as many frames of the same motion end at nearly the same place."""

    def after_a_second(rate: int) -> NDArray[np.float64]:
        filtered = OneEuroFilter(Cutoffs(1.0, 0.5))
        for index in range(rate + 1):
            value = filtered(np.array([[np.sin(3 * index / rate), 0.0]]), 1 / rate, 1.0)
        return value

    np.testing.assert_allclose(after_a_second(30), after_a_second(60), atol=0.02)


def test_slow_is_smoothed_and_fast_passes() -> None:
    def share(step: float) -> float:
        filtered = OneEuroFilter(Cutoffs(1.0, 2.0))
        filtered(np.zeros((1, 2)), 1 / 30, 1.0)
        return float(filtered(np.array([[step, 0.0]]), 1 / 30, 1.0)[0, 0] / step)

    assert share(0.001) < 0.2
    assert share(10.0) > 0.9

from dataclasses import replace

import numpy as np
import pytest
from tests.swap.faces import LEFT_CHEEK, RIGHT_CHEEK, picture, placed
from tests.swap.test_mesh import swapped

from mien.swap.rehearsal import plain_source
from mien.swap.template import face_template
from mien.swap.texture import facing_of
from mien.swap.turned import (
    FADE_FRAMES,
    MOST_PITCH,
    MOST_YAW,
    TurnFade,
    narrowing_of,
    own_outline,
    pitch_of,
    pose_of,
    side_turn_of,
    turn_of,
)
from mien.vision import topology as topo
from mien.vision.similarity import Similarity


def pose(yaw: float) -> Similarity:
    return pose_of(placed(yaw=yaw).points)


def turn(yaw: float) -> float:
    return turn_of(pose(yaw))


def shares(yaws: list[float]) -> list[float]:
    fade = TurnFade()
    return [fade.update(placed(yaw=yaw).points) for yaw in yaws]


@pytest.mark.parametrize("yaw", [-50.0, -20.0, 0.0, 10.0, 35.0, 60.0])
def test_the_turn_is_a_part_of_the_limit_on_either_side(yaw: float) -> None:
    assert turn(yaw) == pytest.approx(abs(yaw) / MOST_YAW, abs=0.01)


def test_a_tilted_head_is_not_turned() -> None:
    points = placed().points.copy()
    across = points[:, :2] - 240
    points[:, :2] = np.stack([-across[:, 1], across[:, 0]], 1) + 240
    assert turn_of(pose_of(points)) < 0.01


@pytest.mark.parametrize("pitch", [-30.0, -5.0, 0.0, 12.0, 40.0])
def test_a_chin_that_sinks_raises_the_pitch(pitch: float) -> None:
    """The nose, which is nearer to the camera, sinks with it; y points down, z away."""
    cosine, sine = np.cos(np.radians(pitch)), np.sin(np.radians(pitch))
    points = face_template().vertices @ np.array([[1, 0, 0], [0, cosine, sine], [0, -sine, cosine]])
    assert (points[topo.NOSE_TIP, 1] > face_template().vertices[topo.NOSE_TIP, 1]) == (pitch > 0)
    assert pitch_of(pose_of(points)) == pytest.approx(pitch, abs=0.01)
    assert turn_of(pose_of(points)) == pytest.approx(abs(pitch) / MOST_PITCH, abs=0.01)


def test_a_face_towards_the_camera_is_shown_at_once_and_one_turned_away_never() -> None:
    assert shares([0.0]) == [1.0]
    assert shares([80.0] * 4) == [0.0] * 4


def test_a_face_goes_and_comes_in_even_steps() -> None:
    going = shares([45.0, *[58.0] * (FADE_FRAMES + 3)])
    assert going[0] == 1
    assert going[-3:] == [0, 0, 0]
    np.testing.assert_allclose(np.diff(going[: FADE_FRAMES + 2]), -1 / (FADE_FRAMES + 1), atol=1e-6)
    coming = shares([58.0, *[40.0] * (FADE_FRAMES + 3)])
    assert coming[0] == 0
    assert coming[-2:] == [1, 1]
    np.testing.assert_allclose(np.diff(coming[: FADE_FRAMES + 2]), 1 / (FADE_FRAMES + 1), atol=1e-6)


def test_landmarks_that_waver_at_the_limit_do_not_make_the_face_waver() -> None:
    wavering = [MOST_YAW - 3, MOST_YAW + 1, *[MOST_YAW - 2, MOST_YAW + 2] * 8]
    changes = np.diff(shares(wavering))
    assert (changes <= 0).all()


def test_the_outline_becomes_the_targets_own_only_where_the_head_is_turned() -> None:
    assert narrowing_of(turn(0)) == 0
    assert narrowing_of(turn(50)) == 1
    facing = facing_of(placed(yaw=50).points)
    np.testing.assert_array_equal(own_outline(facing, pose(0)), 1)
    share = own_outline(facing, pose(50))[:, 0]
    near, far = sorted((RIGHT_CHEEK, LEFT_CHEEK), key=lambda vertex: -facing[vertex])
    assert share[near] > 0.9
    assert share[far] < 0.15
    assert share.dtype == np.float32


def test_a_head_that_nods_keeps_the_sources_chin() -> None:
    """Its mouth would else move less than it does in the camera."""
    turned = pose(0).rotation
    angle = np.radians(14)
    nod = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    )
    nodding = replace(pose(0), rotation=nod @ turned)
    assert turn_of(nodding) == pytest.approx(14 / MOST_PITCH, abs=0.01)
    assert side_turn_of(nodding) < 0.01
    facing = np.full(468, 0.6, np.float32)
    np.testing.assert_array_equal(own_outline(facing, nodding), 1)


def test_what_faces_aside_by_itself_is_no_outline() -> None:
    """The corners of a closed mouth went their own way, and stood beside it as dark dots."""
    alone = [78, 308, 49, 279]
    facing = np.ones(468, np.float32)
    facing[alone] = -0.3
    assert own_outline(facing, pose(15))[alone].min() > 0.9
    vertices = face_template().vertices
    around = np.linalg.norm(vertices - vertices[RIGHT_CHEEK], axis=1) < 2.5
    facing[around] = -0.3
    assert own_outline(facing, pose(15))[RIGHT_CHEEK] < 0.5


@pytest.mark.parametrize("yaw", [-50, 50])
def test_chin_jaw_and_forehead_of_a_turned_head_move_on_neither_side(yaw: float) -> None:
    """A chin of which the near half alone went up had a corner, and smears hung from it."""
    oval = list(topo.OVAL)
    facing = facing_of(placed(yaw=yaw).points)
    assert facing[oval].max() > 0.6
    assert own_outline(facing, pose(yaw))[oval].max() < 0.05
    assert 0.4 < own_outline(facing, pose(16))[oval].max() < 0.7


@pytest.mark.parametrize("yaw", [-18, 18])
def test_a_narrow_face_draws_no_line_of_wall_inside_the_far_cheek_of_a_broad_one(
    yaw: float,
) -> None:
    """From the wall inwards along each row of the cheek it only gets brighter."""
    mesh = placed(yaw=yaw)
    narrow = (plain_source().shape * [0.8, 1, 1]).astype(np.float32)
    image = picture(mesh, skin=170, wall=40)
    shown = swapped(replace(plain_source(), shape=narrow), mesh, image)
    side = 1 if yaw > 0 else -1
    edge = (mesh.points[list(topo.OVAL), 0] * side).max() * side
    low, high = sorted((round(edge + 8 * side), round(edge - 30 * side)))
    rows = np.s_[int(mesh.points[topo.NOSE_ROOT, 1]) : int(mesh.points[topo.UPPER_LIP, 1])]
    inwards = shown[rows, low:high].mean(2)[:, ::-side]
    assert inwards[:, 0].max() < 50
    assert inwards[:, -1].min() > 150
    assert (np.maximum.accumulate(inwards, axis=1) - inwards).max() < 20, "it was 74"

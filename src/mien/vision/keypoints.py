"""The few numbers of a face that callers ask for: six points, a region, the head's pose."""

from math import asin, atan2, cos, degrees, sin
from typing import NamedTuple

import numpy as np

from mien.vision import topology as topo
from mien.vision.face import FaceMesh

# What forehead and chin give for a face that looks straight ahead, mean of six photographs.
NEUTRAL_PITCH = -8.0

Pixel = tuple[int, int]


class HeadPose(NamedTuple):
    """How a head is turned, in degrees; all zero for a face that looks into the camera.

    yaw: towards the picture's right. pitch: up. roll: clockwise as the picture shows it.
    """

    yaw: float
    pitch: float
    roll: float


def six_keypoints(mesh: FaceMesh) -> tuple[Pixel, ...]:
    """Left eye, right eye, nose, mouth centre, left and right mouth corner, in whole pixels.

    Left is the picture's left; eyes are the middles of the irises.
    """
    points = mesh.points[:, :2]
    mouth = (points[topo.UPPER_LIP] + points[topo.LOWER_LIP]) / 2
    eyes = points[topo.RIGHT_IRIS[0]], points[topo.LEFT_IRIS[0]]
    corners = points[topo.RIGHT_MOUTH_CORNER], points[topo.LEFT_MOUTH_CORNER]
    if eyes[0][0] > eyes[1][0]:
        eyes, corners = eyes[::-1], corners[::-1]
    named = (*eyes, points[topo.NOSE_TIP], mouth, *corners)
    return tuple((round(float(point[0])), round(float(point[1]))) for point in named)


def face_region(mesh: FaceMesh, width: int, height: int) -> tuple[int, int, int, int]:
    """x, y, width, height in whole pixels: forehead to chin, cheek to cheek, inside the picture."""
    size = np.array([width, height])
    low = np.clip(np.floor(mesh.points[:, :2].min(axis=0)), 0, size - 1).astype(int)
    high = np.clip(np.ceil(mesh.points[:, :2].max(axis=0)) + 1, low + 1, size).astype(int)
    (left, top), (across, down) = low.tolist(), (high - low).tolist()
    return left, top, across, down


def head_pose(mesh: FaceMesh) -> HeadPose:
    """The pose of the frame that cheeks, forehead and chin span; good to a few degrees."""
    across = mesh.points[topo.LEFT_CHEEK] - mesh.points[topo.RIGHT_CHEEK]
    down = mesh.points[topo.CHIN] - mesh.points[topo.FOREHEAD_TOP]
    # The nose points to the camera, which is where z falls.
    ahead = -np.cross(across, down)
    x, y, z = (ahead / np.linalg.norm(ahead)).tolist()
    roll = atan2(float(across[1]), float(across[0]))
    # Yaw and pitch belong to the head, so they are read after it is set upright.
    level_x, level_y = x * cos(roll) + y * sin(roll), y * cos(roll) - x * sin(roll)
    pitch = degrees(asin(-level_y)) - NEUTRAL_PITCH
    return HeadPose(degrees(atan2(level_x, -z)), pitch, degrees(roll))

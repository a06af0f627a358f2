"""How far a head is turned away from the camera, and what that allows."""

import math
from functools import cache

import numpy as np

from mien.swap.geometry import Floats, smooth_step
from mien.swap.template import face_template
from mien.vision.similarity import Similarity, fit_similarity

# Degrees, as landmarks say: of a head that is truly turned by 60 they say 47, of one by 70, 53.
# Beyond, they no longer lie on the outline of the face, and the own nose stands out behind.
MOST_YAW, MOST_PITCH = 54.0, 46.0
# Whoever was beyond the limit has to come back to this part of it.
_BACK = 0.88
# From and to which part of the limit the drawn face clings to the visible outline.
_NARROWING = (0.1, 0.7)
# The same of the far side, and of the whole oval, for a head that is turned to a side: turned by 8
# degrees it no longer has the oval for its far outline.
_FAR, _RIM = (0.05, 0.3), (0.1, 0.5)
# Frames between the swap and what is shown instead of it.
FADE_FRAMES = 5
# How squarely a vertex must face the camera, and how deep inside the oval it must lie, as a part
# of the atlas, to take the source's shape in full.
_SQUARE, _DEEP = (0.0, 0.5), (0.0, 0.2)
# How far around a vertex counts, in centimetres: wings of a nose and corners of a closed mouth face
# aside by themselves, and are no outline.
_AROUND = 1.0


def pose_of(points: Floats) -> Similarity:
    """The pose of landmarks, (468 or more, 3) pixels: from the canonical face to the picture."""
    template = face_template()
    rigid = template.rigid
    return fit_similarity(template.vertices[rigid], points[rigid], template.rigid_weights)


def turn_of(pose: Similarity) -> float:
    """0 for a face that looks into the camera, 1 at the limit. pose: canonical to pixels."""
    return math.hypot(side_turn_of(pose), pitch_of(pose) / MOST_PITCH)


def pitch_of(pose: Similarity) -> float:
    """Degrees by which a head nods, rising with a chin that sinks."""
    return -math.degrees(math.asin(min(max(pose.rotation[1, 2], -1.0), 1.0)))


def side_turn_of(pose: Similarity) -> float:
    """The same of a head that is turned to either side, however far it nods."""
    yaw = math.degrees(math.atan2(pose.rotation[0, 2], pose.rotation[2, 2]))
    return abs(yaw) / MOST_YAW


def narrowing_of(turn: float) -> float:
    """0 while the whole outline is the face's own oval, 1 where it is nose and lips."""
    return float(smooth_step(turn, *_NARROWING))


def own_outline(facing: Floats, pose: Similarity) -> Floats:
    """(468, 1) how much of the source's shape each vertex takes: none where the outline runs.

    An outline that is the target's own lets nothing of his face look out behind it. Nor does the
    oval of a head that is turned to a side move where it is seen squarely: a chin of which one
    half moves has a corner.
    """
    side = side_turn_of(pose)
    beyond = max(float(smooth_step(side, *_FAR)), narrowing_of(turn_of(pose)))
    edge = beyond * (1 - smooth_step(_around() @ facing, *_SQUARE))
    rim = smooth_step(side, *_RIM) * (1 - smooth_step(face_template().depth, *_DEEP))
    return ((1 - edge) * (1 - rim))[:, None].astype(facing.dtype)  # type: ignore[no-any-return]


@cache
def _around() -> Floats:
    """(468, 468) weights of a mean over what lies around each vertex."""
    vertices = face_template().vertices
    away = np.linalg.norm(vertices[:, None] - vertices[None], axis=-1)
    weights = np.exp(-((away / _AROUND) ** 2) / 2)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


class TurnFade:
    """Lets a face go that is turned too far away to be drawn, and come again, over some frames."""

    def __init__(self) -> None:
        self._beyond = False
        self._share: float | None = None

    def update(self, points: Floats) -> float:
        """Take in the landmarks of one frame, (468 or more, 3): how much of the swap to show."""
        turn = turn_of(pose_of(points))
        self._beyond = turn > (_BACK if self._beyond else 1.0)
        wanted = 0.0 if self._beyond else 1.0
        old = wanted if self._share is None else self._share
        step = 1 / (FADE_FRAMES + 1)
        self._share = min(old + step, wanted) if wanted > old else max(old - step, wanted)
        return self._share if abs(self._share - wanted) > step / 2 else wanted

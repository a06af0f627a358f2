"""Is the result calm: change from frame to frame that is not the target's motion.

Second differences in time: a steady turn of the head or of the light counts nothing, a shake
does. Both are taken of target and result alike, so that 1.0 means as calm as the camera.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.evaluation.reader import Reading
from mien.vision.face import BgrImage
from mien.vision.topology import MESH_POINTS, canonical_mesh

Grey = NDArray[np.float32]


@dataclass
class Shake:
    """Collects one clip: what lies at each place of the face, and where the landmarks are."""

    skins: list[Grey | None] = field(default_factory=list)
    calm: list[NDArray[np.float64] | None] = field(default_factory=list)

    def add(self, image: BgrImage, place: Reading | None, own: Reading | None) -> None:
        """One frame; place: the target's face, own: that of this picture. None: a gap."""
        self.skins.append(None if place is None else unwrapped(image, place))
        self.calm.append(None if own is None else own.calm[:, :2])

    def photometric(self) -> float | None:
        """Grey levels, mean over places and frames; None for less than three frames in a row."""
        return _shake(self.skins)

    def landmarks(self) -> float | None:
        """The same of the landmarks without the pose, in centimetres of the canonical face."""
        return _shake(self.calm)


def ratio(result: float | None, target: float | None) -> float | None:
    """Result over target; None where one is not known or the target stands perfectly still."""
    return None if result is None or not target else result / target


def unwrapped(image: BgrImage, place: Reading) -> Grey:
    """Grey levels at each vertex of the mesh and between them, as the target's motion lays it."""
    points = place.points[:MESH_POINTS, :2].astype(np.float32)
    triangles = canonical_mesh().triangles
    where = np.concatenate([points, points[triangles].mean(1)])[None]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), max(0.004 * float(np.ptp(points[:, 1])), 0.5))
    x, y = np.ascontiguousarray(where[..., 0]), np.ascontiguousarray(where[..., 1])
    rows = cv2.remap(smooth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(rows[0], np.float32)


def _shake(course: list[Grey | None] | list[NDArray[np.float64] | None]) -> float | None:
    seconds = [
        float(np.abs(before - 2 * now + after).mean())
        for before, now, after in zip(course, course[1:], course[2:], strict=False)
        if before is not None and now is not None and after is not None
    ]
    return float(np.mean(seconds)) if seconds else None

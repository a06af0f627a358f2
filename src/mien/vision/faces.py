"""Every face of a still picture, largest first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.models.weights import WeightStore
from mien.vision.detector import FaceDetector, merge, overlaps, pairs_of
from mien.vision.face import BgrImage, Detection, FaceMesh
from mien.vision.landmarker import FaceLandmarker, Roi

PRESENCE = 0.5
SAME_FACE_IOU = 0.3
# Each pass lays the square better; a face found lying on its side needs the most.
REFINEMENTS = 2
# Each candidate costs one landmark pass of 5 ms; a stranger's crowd must not cost seconds.
MOST_CANDIDATES = 48
# Smaller faces are not worth cutting the picture for: the landmarks would be guesses.
SMALLEST_TILE = 192

Search = Callable[[BgrImage], list[Detection]]


@dataclass(frozen=True, eq=False)
class Face:
    """One face of a still picture: what the detector said and its landmarks."""

    detection: Detection
    mesh: FaceMesh

    @property
    def area(self) -> float:
        """Square pixels of the box around the landmarks."""
        return float(np.prod(np.diff(_corners(self.mesh), axis=0)))


class FaceFinder:
    """Finds all faces of a picture: near ones, small ones, and those of pictures lying on a side.

    One instance must not be called from two threads at once.
    """

    def __init__(
        self, short_range: FaceDetector, full_range: FaceDetector, landmarker: FaceLandmarker
    ) -> None:
        self._short_range = short_range
        self._full_range = full_range
        self._landmarker = landmarker

    @classmethod
    def load(cls, store: WeightStore) -> Self:
        """With the shipped nets."""
        return cls(
            FaceDetector.short_range(store),
            FaceDetector.full_range(store),
            FaceLandmarker.load(store),
        )

    def __call__(self, image: BgrImage) -> list[Face]:
        """All faces of a BGR image, largest first; an empty list where there is none.

        The dearer searches (turned by quarters, in small pieces) run only while nothing is found.
        """
        searches: tuple[Search, ...] = (
            lambda picture: self._whole(picture) + self._tiled(picture, 2),
            self._turned,
            lambda picture: self._tiled(picture, 4),
        )
        for search in searches:
            faces = self._confirmed(image, search(image))
            if faces:
                return sorted(faces, key=lambda face: -face.area)
        return []

    def _whole(self, image: BgrImage) -> list[Detection]:
        return self._short_range(image) + self._full_range(image)

    def _tiled(self, image: BgrImage, parts: int) -> list[Detection]:
        found = []
        for left, top, tile in _tiles(image, parts):
            found += [_moved(one, left, top) for one in self._full_range(tile)]
        return found

    def _turned(self, image: BgrImage) -> list[Detection]:
        height, width = image.shape[:2]
        found = []
        for quarters in (1, 3, 2):
            turned = np.ascontiguousarray(np.rot90(image, quarters))
            found += [_turned_back(one, quarters, width, height) for one in self._whole(turned)]
        return found

    def _confirmed(self, image: BgrImage, detections: list[Detection]) -> list[Face]:
        """The detections in which the landmark net sees a face too, each face once."""
        faces: list[Face] = []
        for detection in merge(detections)[:MOST_CANDIDATES]:
            mesh = self._landmarker.find(image, detection)
            for _ in range(REFINEMENTS):
                if mesh.presence > PRESENCE:
                    mesh = self._landmarker(image, Roi.of_points(mesh.points))
            if mesh.presence > PRESENCE and not _known(mesh, faces):
                faces.append(Face(detection, mesh))
        return faces


def _known(mesh: FaceMesh, faces: list[Face]) -> bool:
    others = [_corners(face.mesh) for face in faces]
    if not others:
        return False
    return bool((overlaps(_corners(mesh), np.stack(others)) > SAME_FACE_IOU).any())


def _corners(mesh: FaceMesh) -> NDArray[np.float32]:
    return np.stack([mesh.points[:, :2].min(axis=0), mesh.points[:, :2].max(axis=0)])


def _tiles(image: BgrImage, parts: int) -> Iterator[tuple[int, int, BgrImage]]:
    """Overlapping squares of 1/parts of the longer side, with their left and top."""
    height, width = image.shape[:2]
    side = ceil(max(height, width) / parts)
    if side < SMALLEST_TILE:
        return
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, np.ascontiguousarray(image[top : top + side, left : left + side])


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = ceil((length - side) / (side / 2)) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


def _moved(detection: Detection, left: int, top: int) -> Detection:
    x, y, width, height = detection.box
    keypoints = detection.keypoints + np.array([left, top], np.float32)
    return replace(detection, box=(x + left, y + top, width, height), keypoints=keypoints)


def _turned_back(detection: Detection, quarters: int, width: int, height: int) -> Detection:
    """A detection in numpy.rot90(image, quarters), in pixels of the image itself."""
    points = pairs_of(detection)
    x, y = points[:, 0], points[:, 1]
    back = {
        1: np.stack([width - 1 - y, x], axis=1),
        2: np.stack([width - 1 - x, height - 1 - y], axis=1),
        3: np.stack([y, height - 1 - x], axis=1),
    }[quarters]
    low, high = back[:2].min(axis=0), back[:2].max(axis=0)
    (left, top), (across, down) = low.tolist(), (high - low).tolist()
    return Detection((left, top, across, down), back[2:], detection.score)

"""One of several faces is missing: its place is covered, and the rest of the picture goes on."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.geometry import Floats, smooth_step
from mien.swap.lost import FADE_FRAMES, GRACE_FRAMES, MIN_CELL, LostPolicy
from mien.vision import topology as topo
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.place import Place

# A place stays covered for so long; a face that detectors see is covered for as long as it takes.
HIDDEN_S = 4.0
# Half width and height of what is covered, in sizes of the face, and where its edge ends: hair
# and ears belong to it.
ACROSS, DOWN, EDGE = 0.85, 1.0, 1.2
# Whoever is missing may be moving: the cover grows so many times in the first second.
GROWTH = 0.6
CELLS_TO_A_FACE = 7
Region = tuple[slice, slice]


@dataclass(eq=False)
class _Memory:
    """place: where the face was; patch: what was shown there; picture: the picture's shape."""

    place: Place
    patch: BgrImage
    picture: tuple[int, ...]
    seconds: float
    missing: int = 0


class MissingFaces:
    """Remembers what each swapped face of a stream looked like, and covers those that are missing.

    policy, as for the whole picture: blur and hold cover, pass shows the camera after a grace.
    """

    def __init__(self, policy: LostPolicy) -> None:
        self._policy = policy
        self._memories: dict[int, _Memory] = {}

    def remember(self, shown: Mapping[int, FaceMesh], result: BgrImage, seconds: float) -> None:
        """Keep what was shown of each face, by the id of its track."""
        for track_id, mesh in shown.items():
            place = Place.of(mesh.points)
            patch = result[_region(place, result.shape, 1.0)].copy()
            self._memories[track_id] = _Memory(place, patch, result.shape, seconds)

    def keep_only(self, ids: Set[int]) -> None:
        """Forget the others: they are not to be swapped any more."""
        self._memories = {one: memory for one, memory in self._memories.items() if one in ids}

    def cover(
        self,
        result: BgrImage,
        shown: Mapping[int, FaceMesh],
        hidden: Sequence[Place],
        seconds: float,
    ) -> None:
        """Cover, in place, who was swapped and isn't now, and the hidden places.

        shown: the faces that are swapped in this picture; they are left as they are.
        """
        for track_id, memory in list(self._memories.items()):
            if track_id in shown:
                continue
            memory.missing += 1
            if seconds - memory.seconds > HIDDEN_S or memory.picture != result.shape:
                del self._memories[track_id]
                continue
            self._cover_missing(result, memory, shown, seconds)
        if self._policy != "pass":
            for place in hidden:
                hide(result, place, shown)

    def _cover_missing(
        self,
        result: BgrImage,
        memory: _Memory,
        shown: Mapping[int, FaceMesh],
        seconds: float,
    ) -> None:
        share = min(max(memory.missing - GRACE_FRAMES, 0) / FADE_FRAMES, 1.0)
        if self._policy == "hold":
            share = 0.0
        elif self._policy == "blur" and share > 0:
            reach = 1 + GROWTH * min(seconds - memory.seconds, 1.0)
            hide(result, memory.place, shown, reach=reach)
        region = _region(memory.place, result.shape, 1.0)
        if share < 1 and memory.patch.size:
            mask = _mask(memory.place, region, 1.0, shown) * (1 - share)
            result[region] = _mix(result[region], memory.patch, mask)


def hide(
    image: BgrImage,
    place: Place,
    shown: Mapping[int, FaceMesh],
    share: float = 1.0,
    reach: float = 1.0,
) -> None:
    """Blur a place beyond recognition, in place, but for the faces that are shown there."""
    region = _region(place, image.shape, reach)
    patch = image[region]
    if not patch.size:
        return
    step = max(place.size / CELLS_TO_A_FACE, MIN_CELL)
    cells = max(round(patch.shape[1] / step), 1), max(round(patch.shape[0] / step), 1)
    small = cv2.resize(patch, cells, interpolation=cv2.INTER_AREA)
    size = patch.shape[1], patch.shape[0]
    blurred = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    image[region] = _mix(patch, blurred, _mask(place, region, reach, shown) * share)


def _region(place: Place, shape: tuple[int, ...], reach: float) -> Region:
    """Rows and columns of the picture about a place, its soft edge included."""
    across, down = (reach * EDGE * place.size * half for half in (ACROSS, DOWN))
    rows = _span(place.y - down, place.y + down, shape[0])
    return rows, _span(place.x - across, place.x + across, shape[1])


def _span(low: float, high: float, most: int) -> slice:
    start = min(max(int(low), 0), most)
    return slice(start, max(min(int(high) + 1, most), start))


def _mask(place: Place, region: Region, reach: float, shown: Mapping[int, FaceMesh]) -> Floats:
    """(h, w, 1): 1 on the head, 0 beyond its soft edge and on other faces that are shown."""
    rows, columns = region
    y, x = np.ogrid[rows, columns]
    across, down = (reach * place.size * half for half in (ACROSS, DOWN))
    distance = np.hypot((x - place.x) / across, (y - place.y) / down)
    mask = np.asarray(1 - smooth_step(distance, 1.0, EDGE), np.float32)
    for mesh in shown.values():
        outline = mesh.points[list(topo.OVAL), :2] - (columns.start, rows.start)
        hull = cv2.convexHull(np.round(outline).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 0.0)
    return mask[..., None]


def _mix(old: BgrImage, new: BgrImage, share: Floats) -> NDArray[np.uint8]:
    mixed = old + (new.astype(np.float32) - old) * share
    return np.asarray(mixed + 0.5, np.uint8)

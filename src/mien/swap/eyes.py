"""Eyes: whose lids are shown, and the colour of the irises."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import EYES, depth_inside, polygons, shrink
from mien.swap.geometry import Doubles, Floats, smooth_step
from mien.swap.kernels import paint_iris
from mien.swap.template import face_template
from mien.swap.texture import ATLAS_SIZE
from mien.vision import topology as topo
from mien.vision.face import BgrImage
from mien.vision.similarity import Similarity

# Per eye: lid points above and below, then the corners.
_LIDS = (((160, 144), (158, 153), (33, 133)), ((385, 380), (387, 373), (362, 263)))
_IRISES = ((topo.RIGHT_IRIS, topo.RIGHT_EYE), (topo.LEFT_IRIS, topo.LEFT_EYE))
# Of both eyes: the upper lid, and the crease above each of its points.
_UPPER_LIDS = (
    [246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398],
    [247, 30, 29, 27, 28, 56, 190, 467, 260, 259, 257, 258, 286, 414],
)
# So much of the lid that the wearer shows is shown at the least.
_LEAST_LID = 0.3
_USUAL_OPENING = 0.22
# Below the first an eye is closed, above the second it is open, however narrow it is.
_OPENING = (0.06, 0.22)
# In pixels: an iris smaller than the first has no colour to see, one above the second has.
_RADIUS = (1.0, 2.0)
_IRIS_SMOOTHING = 0.3
# Only of an eye that is so far open can the colour be seen.
_OPEN = 0.8
# In paintings of one iris, two to a frame.
_IRIS_MEASURE_EVERY = 8


class Lids:
    """The source's lids while the eye is open, sliding to the target's as it closes.

    A texture of open eyes squeezed onto a closed one shows crushed lashes.
    """

    def __init__(self, size: int) -> None:
        self._rings = [_ring(eye, size) for eye in EYES]
        self._usual: Floats | None = None
        # (2,) how far the right and the left eye are closed, as each usually is open.
        self.closed = np.zeros(2, np.float32)

    def opacity(self, points: Floats) -> Floats | None:
        """(n, n) factors of the source's opacity, None for all ones; points: (468, 3)."""
        opening = eye_openings(points)
        if self._usual is None:
            self._usual = np.maximum(opening, _USUAL_OPENING)
        pace = np.where(opening > self._usual, 0.10, 0.003)
        self._usual = (self._usual + pace * (opening - self._usual)).astype(np.float32)
        self.closed = np.asarray(1 - smooth_step(opening / self._usual, 0.40, 0.78), np.float32)
        if self.closed.max() <= 0.01:
            return None
        right, left = (1 - c * ring for c, ring in zip(self.closed, self._rings, strict=True))
        return np.asarray(right * left, np.float32)


@cache
def _ring(eye: tuple[int, ...], size: int) -> Floats:
    outside = depth_inside(255 - polygons([eye], ATLAS_SIZE))
    return shrink(np.asarray(1 - smooth_step(outside, 0.012, 0.034), np.float32), size)


def eye_openings(points: Floats) -> Floats:
    """(2,) opening over width of the person's right and left eye; points: (468 or more, 2 or 3)."""
    return np.array([_opening(points, *lids) for lids in _LIDS], np.float32)


def hold_lids(offsets: Doubles, openings: Floats) -> Doubles:
    """Offsets that open no eye which is closed: its lids then go up or down together.

    offsets: (468, 3) in the canonical frame; openings: as eye_openings gives them. A source
    with large eyes would else pull closed lids apart, and stretch the lashes between them.
    """
    held = offsets
    for (_, eye), lids, opening in zip(_IRISES, face_template().lids, openings, strict=True):
        closed = 1 - float(smooth_step(opening, *_OPENING))
        if closed > 0:
            held = held.copy() if held is offsets else held
            held[:, 1] += closed * lids * (offsets[list(eye), 1].mean() - held[:, 1])
    return held


def keep_creases(offsets: Doubles, points: Floats, pose: Similarity) -> Doubles:
    """Offsets by which no upper lid goes up past the crease above it, where the skin between them
    would be folded over and the lashes end in a jagged edge: both give way by half.

    offsets: (468, 3) in the canonical frame; points: (468, 3) pixels; pose: canonical to pixels.
    """
    lids, creases = _UPPER_LIDS
    seen = pose.undo(points[lids + creases])[:, 1]
    gap = seen[: len(lids)] - seen[len(lids) :]
    drawn = gap + offsets[lids, 1] - offsets[creases, 1]
    missing = np.maximum(_LEAST_LID * gap - drawn, 0)
    if not missing.any():
        return offsets
    kept = offsets.copy()
    kept[lids, 1] += missing / 2
    kept[creases, 1] -= missing / 2
    return kept


def _opening(points: Floats, *pairs: tuple[int, int]) -> float:
    outer, inner, corners = (float(np.linalg.norm(points[a, :2] - points[b, :2])) for a, b in pairs)
    return (outer + inner) / (2 * corners + 1e-6)


class Irises:
    """Move the colour of the target's irises towards the source's."""

    def __init__(self, colour: Floats) -> None:
        self._wanted = None if np.isnan(colour).any() else colour
        self._seen: Floats | None = None
        self._paints = 0

    def paint(self, image: BgrImage, points: Floats, moved: Floats, closed: Floats) -> None:
        """Change image in place; points: (478, 3) the target's mesh, moved: (468, 2) how far
        each vertex was moved in the picture. closed: (2,) as `Lids` says, for a lid that is a
        little closed already lies where landmarks still see an iris."""
        if self._wanted is None or len(points) < 478:
            return
        for (iris, eye), share in zip(_IRISES, 1 - closed, strict=True):
            shift = moved[list(eye)].mean(0)
            centre = points[iris[0], :2] + shift
            radii = np.linalg.norm(points[list(iris[1:]), :2] - points[iris[0], :2], axis=1)
            outline = points[list(eye), :2] + moved[list(eye)]
            wanted = self._wanted
            self._paint_one(image, centre, float(radii.mean()), outline, wanted, float(share))

    def _paint_one(
        self,
        image: BgrImage,
        centre: Floats,
        radius: float,
        outline: Floats,
        wanted: Floats,
        share: float,
    ) -> None:
        left, top = (int(v) for v in centre - radius - 2)
        right, bottom = (int(v) for v in centre + radius + 3)
        inside = min(left, top) >= 0 and right <= image.shape[1] and bottom <= image.shape[0]
        if radius <= _RADIUS[0] or not inside:
            return
        patch = image[top:bottom, left:right]
        corner = np.array([left, top], np.float32)
        opening = _opening_mask(patch.shape[:2], outline - corner)
        x, y = (float(v) for v in centre - corner)
        due = self._seen is None or self._paints % _IRIS_MEASURE_EVERY < len(_IRISES)
        if due and share > _OPEN:
            self._measure(patch, _iris_weights(opening, x, y, radius))
        self._paints += 1
        if self._seen is None:
            return
        share *= float(smooth_step(radius, *_RADIUS))
        change = _bgr_change(self._seen, _limited(wanted - self._seen, float(self._seen[0])))
        paint_iris(patch, opening, x, y, radius, float(self._seen[0]), share * change)

    def _measure(self, patch: BgrImage, weights: Floats) -> None:
        total = float(weights.sum())
        if total < 4:
            return
        lab = cv2.cvtColor(patch, cv2.COLOR_BGR2LAB).astype(np.float32)
        mean = (lab * weights[..., None]).sum((0, 1)) / total
        old = mean if self._seen is None else self._seen
        self._seen = np.asarray(old + _IRIS_SMOOTHING * (mean - old), np.float32)


def _bgr_change(seen: Floats, change: Floats) -> Floats:
    """What a change in Lab is in BGR, at a colour."""
    pair = np.clip(np.stack([seen, seen + change]), 0, 255).round().astype(np.uint8)
    colours = cv2.cvtColor(pair[None], cv2.COLOR_LAB2BGR)[0].astype(np.float32)
    return np.asarray(colours[1] - colours[0], np.float32)


def _limited(change: Floats, light_now: float) -> Floats:
    # Never lighter, hardly warmer: a dark eye that is lit up glows, and the yellow of a lamp in
    # the photo is no colour of an eye. In the dark a little warmth is red already.
    light = np.clip(change[:1], -30, 0) * 0.6
    warmest = 5 * min(light_now / 128, 1)
    chroma = np.clip(change[1:], -18, warmest) * 0.9
    return np.concatenate([light, chroma]).astype(np.float32)


def _opening_mask(shape: tuple[int, ...], outline: Floats) -> NDArray[np.uint8]:
    opening = np.zeros(shape, np.uint8)
    cv2.fillPoly(opening, [np.round(outline * 8).astype(np.int32)], 255, shift=3)
    return np.asarray(cv2.GaussianBlur(opening, (0, 0), 0.7), np.uint8)


def _iris_weights(opening: NDArray[np.uint8], centre_x: float, centre_y: float, r: float) -> Floats:
    y, x = np.ogrid[: opening.shape[0], : opening.shape[1]]
    distance = np.sqrt((x - centre_x) ** 2 + (y - centre_y) ** 2) / r
    disc = (1 - smooth_step(distance, 0.85, 1.05)) * smooth_step(distance, 0.25, 0.42)
    return np.asarray(disc * (opening / 255.0), np.float32)

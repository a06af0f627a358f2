"""The flat picture of a face (its UV atlas): which texel belongs to which triangle, and masks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.geometry import Floats, smooth_step
from mien.swap.template import face_template
from mien.vision import topology as topo

Mask = NDArray[np.uint8]

EYES = (topo.RIGHT_EYE, topo.LEFT_EYE)
BROWS = (topo.RIGHT_BROW, topo.LEFT_BROW)
CHEEKS = ((50, 101, 118, 117, 123), (280, 330, 347, 346, 352))
# BGR weights of luma (BT.601).
LUMA = np.array([0.114, 0.587, 0.299], np.float32)
# From where in the oval and how far the swap fades in, as parts of the atlas; and from and to
# where at the chin at the most, which `Stubble` undoes.
FEATHER_FROM, FEATHER = 0.008, 0.05
CHIN_FEATHER = (0.004, 0.028)
# Rows from and to which the chin begins, as parts of the atlas.
_CHIN = (0.60, 0.70)
# How far outside the openings of the eyes, and outside the lips, it begins and is whole.
EYE_FADE = (-0.012, 0.0042)
LIP_FADE = (-0.012, 0.004)
# Blurs at least twice as wide are made on a smaller picture, where they are this wide.
_COARSE_SIGMA = 5.0


@dataclass(frozen=True, eq=False)
class UvGrid:
    """For every texel of a size x size atlas, the triangle it lies in.

    ids: (size * size, 3) int32 vertices; weights: the same shape, float32 barycentrics;
    inside: (size, size) bool; texels: (m,) int64, the flat indices of those inside.
    """

    size: int
    ids: NDArray[np.int32]
    weights: Floats
    inside: NDArray[np.bool_]
    texels: NDArray[np.int64]

    def spread(self, values: Floats) -> Floats:
        """Interpolate (468, k) vertex values over the grid: (size, size, k), 0 outside."""
        flat = sum(values[self.ids[:, k]] * self.weights[:, k : k + 1] for k in range(3))
        return np.asarray(flat, np.float32).reshape(self.size, self.size, -1)


@cache
def uv_grid(size: int) -> UvGrid:
    """The grid of one size; about 60 ms the first time."""
    return make_uv_grid(size)


def make_uv_grid(size: int) -> UvGrid:
    """The same, not kept: for whoever needs a part of it."""
    template = face_template()
    corners = (template.uv * size - 0.5).astype(np.float64)
    ids = np.zeros((size, size, 3), np.int32)
    weights = np.zeros((size, size, 3), np.float32)
    inside = np.zeros((size, size), bool)
    for triangle in template.face_triangles:
        rows, columns, bary = _texels_in(corners[triangle], size)
        ids[rows, columns] = triangle
        weights[rows, columns] = bary
        inside[rows, columns] = True
    texels = np.flatnonzero(inside.ravel())
    return UvGrid(size, ids.reshape(-1, 3), weights.reshape(-1, 3), inside, texels)


def _texels_in(
    corners: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    low = np.clip(np.floor(corners.min(0)).astype(int), 0, size - 1)
    high = np.clip(np.ceil(corners.max(0)).astype(int), 0, size - 1)
    y, x = np.mgrid[low[1] : high[1] + 1, low[0] : high[0] + 1]
    (ax, ay), (bx, by), (cx, cy) = corners
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if abs(area) < 1e-9:
        return x[:0, 0], x[:0, 0], np.zeros((0, 3))
    second = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
    third = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
    bary = np.stack([1 - second - third, second, third], -1)
    hit = (bary >= -1e-4).all(-1)
    return y[hit], x[hit], bary[hit]


def polygons(outlines: Sequence[Sequence[int]], size: int) -> Mask:
    """(size, size) uint8: 255 inside the outlines, given as lists of vertices."""
    uv = face_template().uv
    mask = np.zeros((size, size), np.uint8)
    for outline in outlines:
        corners = np.round((uv[list(outline)] * size - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [corners], 255, shift=4)
    return mask


def depth_inside(mask: Mask) -> Floats:
    """How deep each texel lies inside a mask, as a part of the atlas; 0 outside."""
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5) / len(mask), np.float32)


def ellipse(diameter: int) -> Mask:
    """A round structuring element."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter)), np.uint8)


@cache
def skin_mask(size: int) -> Mask:
    """255 on skin: the oval without eyes, brows and lips."""
    mask = polygons([topo.OVAL], size)
    features = polygons([*EYES, topo.OUTER_LIPS, *BROWS], size)
    grown = cv2.dilate(features, np.ones((3, 3), np.uint8), iterations=max(1, size // 100))
    mask[grown > 0] = 0
    return mask


@cache
def skin_share(size: int) -> Floats:
    """1 on skin that the mesh covers, 0 elsewhere: what `masked_blur` may take skin from."""
    return np.asarray((skin_mask(size) > 0) & uv_grid(size).inside, np.float32)


def eyes_to_brows(size: int) -> Mask:
    """255 from each eye up to its brow: lids are not skin, and move by themselves."""
    mask = np.zeros((size, size), np.uint8)
    for eye, brow in zip(EYES, BROWS, strict=True):
        corners = face_template().uv[[*eye, *brow]] * size - 0.5
        hull = cv2.convexHull(np.round(corners * 16).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 255, shift=4)
    return mask


@cache
def opacity(size: int) -> Floats:
    """1 where the source is shown, 0 outside the oval, in the eye openings and on the mouth.

    A photo's lips can be drawn wider or higher, but not pressed, pursed or curled.
    """
    depth = depth_inside(polygons([topo.OVAL], size))
    alpha = smooth_step(depth, FEATHER_FROM, FEATHER_FROM + FEATHER)
    alpha = alpha + (smooth_step(depth, *CHIN_FEATHER) - alpha) * chin_rows(size)
    for outlines, fade in ((EYES, EYE_FADE), ((topo.OUTER_LIPS,), LIP_FADE)):
        hole = polygons(outlines, size)
        distance = np.where(hole > 0, -depth_inside(hole), depth_inside(255 - hole))
        alpha = alpha * smooth_step(distance, *fade)
    return np.asarray(alpha, np.float32)


def chin_rows(size: int) -> Floats:
    """(size, 1) 1 in the rows of the chin, 0 above."""
    rows = (np.arange(size, dtype=np.float32)[:, None] + 0.5) / np.float32(size)
    return np.asarray(smooth_step(rows, *_CHIN), np.float32)


def blur(image: Floats, sigma: float) -> Floats:
    """Gaussian blur of a float image."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


def masked_blur(image: Floats, weights: Floats, sigma: float) -> Floats:
    """Gaussian mean of (h, w) or (h, w, k) over the pixels that weights, (h, w), lets count."""
    weights = np.asarray(weights, np.float32)
    if sigma >= 2 * _COARSE_SIGMA:
        return _coarse_blur(image, weights, sigma)
    total = np.maximum(blur(weights, sigma), 1e-3)
    if image.ndim == 3:
        weights, total = weights[..., None], total[..., None]
    return np.asarray(blur(image * weights, sigma) / total, np.float32)


def _coarse_blur(image: Floats, weights: Floats, sigma: float) -> Floats:
    """A wide blur needs few pixels: masked_blur of the shrunk picture, enlarged again."""
    size = max(round(len(image) * _COARSE_SIGMA / sigma), 1)
    share = weights if image.ndim == 2 else weights[..., None]
    small_weights = np.maximum(shrink(weights, size), 1e-6)
    small_share = small_weights if image.ndim == 2 else small_weights[..., None]
    mean = np.asarray(shrink(image * share, size) / small_share, np.float32)
    blurred = masked_blur(mean, small_weights, sigma * size / len(image))
    height, width = image.shape[:2]
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR))


def shrink(image: NDArray[Any], size: int) -> Floats:
    """Resize a square image down by area."""
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def to_lab(colours: Floats) -> Floats:
    """OpenCV's 8-bit Lab (L 0..255, a and b around 128) of BGR 0..255, as float32."""
    lab = cv2.cvtColor(np.clip(colours, 0, 255).astype(np.uint8), cv2.COLOR_BGR2LAB)
    return np.asarray(lab, np.float32)


def luma(colours: NDArray[Any]) -> Floats:
    """Luma of BGR values, over the last axis."""
    return np.asarray(colours @ LUMA, np.float32)

"""Find what is not skin in a source's atlas (hair, hats, background), and paint skin over it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import (
    BROWS,
    CHEEKS,
    EYES,
    Mask,
    blur,
    depth_inside,
    ellipse,
    masked_blur,
    polygons,
    skin_mask,
    to_lab,
    uv_grid,
)
from mien.swap.geometry import Floats, smooth_step
from mien.swap.template import face_template
from mien.vision import topology as topo

# Cheeks and nose: skin in nearly every photo.
CORE_OUTLINES = (
    *(*CHEEKS, (4, 5, 195, 197, 6)),
    *((205, 50, 36, 203), (425, 280, 266, 423)),
)
_ABOVE_BROWS = (8, 9)
# From the hairline down to the row of vertices over the brows.
_FOREHEAD = (
    *(162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389),
    *(301, 298, 333, 299, 337, 151, 108, 69, 104, 68, 71),
)
# Share of the forehead that is hair from which on all of it is; how far it reaches below.
_FRINGE_SHARE = (0.22, 0.34)
_FRINGE_EDGE = (0.004, 0.034)
# By how many levels of 8-bit lightness hair is darker than what lies under it.
_DARKER = (8.0, 25.0)
_GRAIN = 3.0
# How far in from the rim hair may reach, above and below the nose: deeper there it is a fold.
_DEEPEST, _DEEPEST_BELOW = 0.25, 0.15
# So near the eyes nothing is: lashes, and the line that is drawn on with them, reach to there.
_LASHES = (0.03, 0.07)
# How odd it is, and where it must begin.
_ODD, _RIM = 1.6, 0.13


def find_foreign(colours: Floats) -> Floats:
    """(s, s) float32: 1 on texels of the forehead and the rim that do not look like skin."""
    size = len(colours)
    oddness = _oddness(colours)
    rows = np.arange(size, dtype=np.float32)[:, None] / np.float32(size)
    uv = face_template().uv
    forehead = smooth_step(float(uv[list(_ABOVE_BROWS), 1].mean()) - rows, 0.0, 0.05)
    chin = float(uv[topo.CHIN, 1])
    depth = depth_inside(polygons([topo.OVAL], size))
    deepest = _DEEPEST + (_DEEPEST_BELOW - _DEEPEST) * _below_nose(rows)
    rim = smooth_step(deepest - depth, 0, 0.07) * (
        1 - 0.6 * smooth_step(rows, chin - 0.20, chin - 0.10)
    )
    rim = rim * (1 - smooth_step(rows, chin - 0.22, chin - 0.14))
    rim = rim * _from_outside(oddness, depth, skin_mask(size))
    found = np.maximum(
        smooth_step(oddness, 1.2, 2.0) * forehead, smooth_step(oddness, 1.2, 1.75) * rim
    )
    found = (found * (skin_mask(size) > 0)).astype(np.float32)
    found = np.asarray(cv2.dilate(found, ellipse(15)), np.float32)
    beyond_lashes = smooth_step(depth_inside(255 - polygons(EYES, size)), *_LASHES)
    found = np.maximum(blur(found, size * 0.010), _fringe(found))
    return np.asarray(found * beyond_lashes, np.float32)


def _from_outside(oddness: Floats, depth: Floats, skin: Mask) -> Floats:
    """(s, s) 1 on what comes in over the rim, as hair does; folds and shadows lie inside."""
    odd = np.asarray((oddness > _ODD) & (skin > 0), np.uint8)
    count, parts = cv2.connectedComponents(odd)
    outside = np.zeros(count, bool)
    outside[np.unique(parts[(odd > 0) & (depth < _RIM)])] = True
    outside[0] = False
    return np.asarray(cv2.dilate(outside[parts].astype(np.float32), ellipse(5)), np.float32)


def _below_nose(rows: Floats) -> Floats:
    nose = float(face_template().uv[topo.NOSE_BASE, 1])
    return np.asarray(smooth_step(rows, nose - 0.04, nose + 0.03), np.float32)


def _fringe(found: Floats) -> Floats:
    """The whole forehead, where hair hangs into it: strands can't be told from skin one by one."""
    size = len(found)
    forehead = polygons([_FOREHEAD], size)
    share = float(found[forehead > 0].mean())
    above = 1 - smooth_step(depth_inside(255 - forehead), *_FRINGE_EDGE)
    return np.asarray(above * smooth_step(share, *_FRINGE_SHARE), np.float32)


def cover_foreign(colours: Floats, foreign: Floats) -> Floats:
    """Paint nearby skin, with a little grain, over what is foreign."""
    size = len(colours)
    colours = _uncover_brows(colours, foreign)
    bare = np.asarray(skin_mask(size) / np.float32(255), np.float32)
    # Wider than what is faded out, or strands would show through the fading edge.
    grown = np.asarray(cv2.dilate(foreign, ellipse(size // 18 | 1)), np.float32)
    certain = blur(np.asarray(smooth_step(grown, 0.7, 0.95), np.float32), size * 0.004)
    covered = np.maximum(foreign, certain)
    skin = np.asarray((1 - covered) * bare, np.float32)
    near, far = masked_blur(colours, skin, size * 0.05), masked_blur(colours, skin, size * 0.15)
    support = blur(skin, size * 0.05)[..., None]
    grain = np.random.default_rng(0).normal(0, _GRAIN, (size, size)).astype(np.float32)
    # From the one to the other without a step, which would be a line across the forehead.
    patch = far + (near - far) * smooth_step(support, 0.01, 0.15) + blur(grain, 0.8)[..., None]
    # Up to the brows themselves, for a strand beside one would look like its tail.
    features = polygons([*EYES, topo.OUTER_LIPS, *BROWS], size) / np.float32(255)
    share = (covered * blur(np.asarray(1 - features, np.float32), 1.0))[..., None]
    return np.asarray(colours * (1 - share) + patch * share, np.float32)


def _uncover_brows(colours: Floats, foreign: Floats) -> Floats:
    """The other side's brow where hair lies over one: mirrored where this side is darker."""
    size = len(colours)
    zone = cv2.dilate(polygons(BROWS, size), ellipse(size // 28 | 1)) / 255
    near = cv2.dilate(foreign, ellipse(size // 16 | 1))
    light = blur(to_lab(colours)[..., 0], size * 0.006)
    darker = smooth_step(light[:, ::-1] - light, *_DARKER)
    share = blur(np.asarray(zone * near * darker, np.float32), size * 0.005)[..., None]
    return np.asarray(colours + (colours[:, ::-1] - colours) * share, np.float32)


def _oddness(colours: Floats) -> Floats:
    """Distance from the skin of this face, in robust deviations, with hair's texture added."""
    size = len(colours)
    inside = uv_grid(size).inside
    lab = to_lab(colours)
    around = masked_blur(lab, inside.astype(np.float32), size * 0.02)
    lab = np.where(inside[..., None], lab, around).astype(np.float32)
    core = (polygons(CORE_OUTLINES, size) > 0) & (skin_mask(size) > 0)
    middle = np.median(lab[core], 0)
    spread = np.median(np.abs(lab[core] - middle), 0) * 1.48 + np.array([7, 2.5, 3], np.float32)
    z = (lab - middle) / spread
    dark, bright = np.clip(-z[..., 0] - 0.8, 0, None) / 2.2, np.clip(z[..., 0] - 1.2, 0, None) / 2.5
    features = cv2.dilate(polygons([*EYES, topo.OUTER_LIPS, *BROWS], size), ellipse(size // 16 | 1))
    free = (features == 0).astype(np.float32)
    hair = _hairiness(lab[..., 0], free, core, float(spread[0]))
    odd = np.sqrt(dark**2 + bright**2 + (z[..., 1] / 2) ** 2 + (z[..., 2] / 2) ** 2 + hair**2)
    return blur((odd * free).astype(np.float32), size * 0.008)


def _hairiness(light: Floats, free: Floats, core: NDArray[np.bool_], spread: float) -> Floats:
    """Fine texture that is stronger than the cheeks', and thin dark strands."""
    size = len(light)
    inside = uv_grid(size).inside.astype(np.float32)
    weights = np.asarray(cv2.erode(inside, np.ones((13, 13))), np.float32) * free
    detail = light - blur(np.ascontiguousarray(light), size * 0.012)
    support = np.maximum(blur(weights, size * 0.02), 0.05)
    energy = np.sqrt(blur(detail * detail * weights, size * 0.02) / support) * (weights > 0)
    texture = np.clip(energy / (np.median(energy[core]) + 1) - 1.8, 0, None) / 1.4
    grey = np.clip(light, 0, 255).astype(np.uint8)
    strands = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, ellipse(size // 22 | 1))
    strands = blur(strands.astype(np.float32), size * 0.004) / (spread + 4)
    return np.asarray(np.maximum(texture, np.clip(strands - 0.35, 0, None) * 2.2), np.float32)

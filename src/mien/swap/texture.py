"""Turn one photo of a face into an atlas that can be lit anew: whole, bare and evenly lit."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.swap.atlas import (
    CHEEKS,
    blur,
    depth_inside,
    ellipse,
    masked_blur,
    polygons,
    shrink,
    skin_share,
    to_lab,
    uv_grid,
)
from mien.swap.foreign import cover_foreign, find_foreign
from mien.swap.geometry import Floats, smooth_step
from mien.swap.kernels import facing
from mien.swap.spectacles import take_off_spectacles
from mien.swap.template import face_template, signed_areas
from mien.swap.turned import narrowing_of, pose_of, side_turn_of, turn_of
from mien.vision import topology as topo
from mien.vision.face import BgrImage

ATLAS_SIZE = 512
# How much of the left-right difference in shading is taken out.
DELIGHT = 0.8
# A turned face is trusted only this much further from its edge: more squarely seen, and so deep
# inside its outline, as a part of its size.
_STRICTER = 0.25
_OUTLINE, _OUTLINE_SIDE = (0.02, 0.06), 256
# How far from hair its shadow on the skin reaches, how wide the skin beyond is averaged, as parts
# of the atlas, and how much at most is taken out, as a logarithm.
_SHADOW, _BEYOND, _MOST_LIFT = 0.05, 0.04, 0.5
# How much darker than the cheeks, in levels of 8-bit lightness, hair beside a brow is.
_DARKER = 42.0
_BROW_TAILS = (46, 70, 276, 300)
# Levels are compared with this offset, so that dark texels do not blow ratios up.
_FLOOR = 4.0


@dataclass(frozen=True, eq=False)
class Texture:
    """colours: (512, 512, 3) float32 BGR, 0..255. foreign: (512, 512) float32, 1 on hair and
    background that was painted over. seen: (512, 512) float32, 1 where the photo shows skin
    squarely, 0 where it shows none."""

    colours: Floats
    foreign: Floats
    seen: Floats


def build_texture(raw: Floats, points: Floats) -> Texture:
    """The atlas of a photo from the flattened one; points: (468, 3) float32 pixels."""
    visible = _visible(points)
    whole = _fill_hidden_side(raw, visible)
    whole = take_off_spectacles(whole)
    foreign = np.maximum(find_foreign(whole), _stretched(visible))
    turned = narrowing_of(side_turn_of(pose_of(points)))
    painted = np.maximum(foreign, turned * _hair_at_temples(whole, foreign)) if turned else foreign
    bare = cover_foreign(_lift_shadow(_even_light(whole, painted), painted), painted)
    seen = np.asarray(visible * _squareness(points) * (1 - foreign), np.float32)
    return Texture(np.clip(_extend(bare), 0, 255), foreign, seen)


def facing_of(points: Floats) -> Floats:
    """(468,) float32: 1 for a vertex that faces the camera squarely, below 0 for one behind."""
    out = np.empty(topo.MESH_POINTS, np.float32)
    template = face_template()
    solid = np.ascontiguousarray(points[: topo.MESH_POINTS], np.float32)
    facing(solid, template.face_triangles, np.float32(template.front), out)
    return out


def pixels_per_texel(points: Floats) -> float:
    """How many pixels of its photo lie on a texel's side; points: (468, 2 or 3) pixels."""
    height = np.linalg.norm(points[topo.FOREHEAD_TOP, :2] - points[topo.CHIN, :2])
    return float(height) / (ATLAS_SIZE * 0.62)


def flatten(image: BgrImage, points: Floats) -> Floats:
    """The photo as it lies in the atlas, (512, 512, 3) float32; points: (468, 2) pixels."""
    grid = uv_grid(ATLAS_SIZE)
    where = grid.spread(points)
    where[~grid.inside] = -1e4
    scale = pixels_per_texel(points)
    if scale > 1.5:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 * scale), np.uint8)
    flat = cv2.remap(image, where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(flat, np.float32)


def _visible(points: Floats) -> Floats:
    """(512, 512) 1 where the photo shows the face; less by the outline of a turned one, where
    landmarks are the least exact and the background is near."""
    narrowing = narrowing_of(turn_of(pose_of(points)))
    stricter = _STRICTER * narrowing
    seen = smooth_step(facing_of(points), 0.08 + stricter, 0.42 + stricter)
    inside = smooth_step(_depth_in_outline(points), *_OUTLINE)
    share = uv_grid(ATLAS_SIZE).spread(np.asarray(seen, np.float32)[:, None])[..., 0]
    return np.asarray(share * (1 - narrowing * (1 - inside)), np.float32)


def _depth_in_outline(points: Floats) -> Floats:
    """(512, 512) how far inside the visible outline each texel lies, in heights of the face."""
    template = face_template()
    low, reach = points[:, :2].min(0), float(np.ptp(points[:, :2], axis=0).max())
    flat = (points[:, :2] - low) * ((_OUTLINE_SIDE - 4) / reach) + 2
    front = signed_areas(flat, template.face_triangles) * template.front > 0
    corners = np.round(flat[template.face_triangles[front]] * 16).astype(np.int32)
    drawn = np.zeros((_OUTLINE_SIDE, _OUTLINE_SIDE), np.uint8)
    for triangle in corners:
        cv2.fillConvexPoly(drawn, triangle, 255, shift=4)
    depth = depth_inside(drawn)
    where = uv_grid(ATLAS_SIZE).spread(np.asarray(flat, np.float32))
    return np.asarray(cv2.remap(depth, where, None, cv2.INTER_LINEAR), np.float32)  # type: ignore[call-overload]


def _squareness(points: Floats) -> Floats:
    return uv_grid(ATLAS_SIZE).spread(np.clip(facing_of(points), 0, 1)[:, None])[..., 0]


def _fill_hidden_side(raw: Floats, visible: Floats) -> Floats:
    """Where a side is turned away, take the other one, in this side's colours."""
    inside = uv_grid(ATLAS_SIZE).inside
    other, other_visible = raw[:, ::-1], visible[:, ::-1]
    known = visible / (visible + other_visible * (1 - visible) + 1e-4)
    share = blur(np.asarray(known, np.float32), ATLAS_SIZE * 0.012)[..., None]
    here = masked_blur(raw, visible * inside, ATLAS_SIZE * 0.06)
    there = masked_blur(other, other_visible * inside[:, ::-1], ATLAS_SIZE * 0.06)
    mirrored = np.clip(other * (here + _FLOOR) / (there + _FLOOR), 0, 255)
    return np.where(inside[..., None], raw * share + mirrored * (1 - share), 0).astype(np.float32)


def _stretched(visible: Floats) -> Floats:
    """1 towards the ears where neither side was seen well: a few pixels drawn out to streaks."""
    seen = np.maximum(visible, visible[:, ::-1])
    depth = depth_inside(polygons([topo.OVAL], ATLAS_SIZE))
    rim = 1 - smooth_step(depth, 0.10, 0.16)
    inside = uv_grid(ATLAS_SIZE).inside
    return blur(np.asarray((1 - smooth_step(seen, 0.3, 0.8)) * rim * inside, np.float32), 3.0)


def _hair_at_temples(colours: Floats, foreign: Floats) -> Floats:
    """1 on dark hair that goes on from what is foreign to beside the brows and eyes.

    A turned head shows its temple, and its mesh reaches into the hair there. Brows and lashes
    are dark as well; so elsewhere what is beside them is not judged.
    """
    uv, texel = face_template().uv, (np.arange(ATLAS_SIZE, dtype=np.float32) + 0.5) / ATLAS_SIZE
    beyond = np.abs(texel - 0.5) > np.abs(uv[list(_BROW_TAILS), 0] - 0.5).max()
    beside = (texel > uv[topo.FOREHEAD_TOP, 1]) & (texel < uv[topo.NOSE_TIP, 1])
    zone = uv_grid(ATLAS_SIZE).inside & beyond[None] & beside[:, None]
    light = blur(to_lab(colours)[..., 0], ATLAS_SIZE * 0.006)
    usual = np.median(light[polygons(CHEEKS, ATLAS_SIZE) > 0])
    outside = foreign > 0.5
    _, parts = cv2.connectedComponents(
        np.asarray((outside | (light < usual - _DARKER)) & zone, np.uint8)
    )
    hair = np.isin(parts, np.unique(parts[outside & zone])) & (parts > 0)
    grown = np.asarray(cv2.dilate(hair.astype(np.float32), ellipse(17)), np.float32)
    return blur(grown, ATLAS_SIZE * 0.008)


def _lift_shadow(colours: Floats, foreign: Floats) -> Floats:
    """Lighten skin that gets darker towards hair to what it is like further in.

    Hair is left out, and its shadow would end in a line down the wearer's cheek.
    """
    skin = skin_share(ATLAS_SIZE)
    away = depth_inside(np.asarray((foreign < 0.5) * 255, np.uint8))
    log = np.log(np.clip(colours.mean(-1), 1, 255))
    here = masked_blur(log, skin * (1 - foreign), ATLAS_SIZE * 0.012)
    beyond = np.asarray(skin * smooth_step(away, 0.6 * _SHADOW, 1.4 * _SHADOW), np.float32)
    clean = masked_blur(log, beyond, ATLAS_SIZE * _BEYOND)
    known = smooth_step(blur(beyond, ATLAS_SIZE * _BEYOND), 0.02, 0.15)
    share = (1 - smooth_step(away, 0, _SHADOW)) * known * skin
    lift = blur(np.clip(clean - here, 0, _MOST_LIFT) * share, ATLAS_SIZE * 0.004)
    return np.asarray(colours * np.exp(lift)[..., None], np.float32)


def _even_light(colours: Floats, foreign: Floats) -> Floats:
    """Remove side light: the antisymmetric part of the low-passed logarithm."""
    skin = skin_share(ATLAS_SIZE) * (1 - foreign)
    log = np.log(np.clip(colours, 0, 255) + 6)
    near = masked_blur(log, skin, ATLAS_SIZE * 0.022)
    support = blur(skin, ATLAS_SIZE * 0.022)[..., None]
    far = masked_blur(log, skin, ATLAS_SIZE * 0.08)
    shading = far + (near - far) * smooth_step(support, 0.02, 0.2)
    one_sided = blur(((shading - shading[:, ::-1]) * 0.5).astype(np.float32), ATLAS_SIZE * 0.010)
    return np.asarray(np.exp(log - DELIGHT * one_sided) - 6, np.float32)


def _extend(colours: Floats) -> Floats:
    """Continue the face outwards, so that sampling at its rim never meets black."""
    inside = uv_grid(ATLAS_SIZE).inside.astype(np.float32)
    near = masked_blur(colours, inside, ATLAS_SIZE * 0.03)
    far = masked_blur(colours, inside, ATLAS_SIZE * 0.2)
    reach = blur(inside, ATLAS_SIZE * 0.03)[..., None]
    outside = np.where(reach > 0.02, near, far)
    return np.where(inside[..., None] > 0, colours, outside).astype(np.float32)


def mip_levels(colours: Floats, alpha: Floats, count: int) -> list[NDArray[np.uint8]]:
    """(s, s, 4) uint8 BGR and opacity for s = 512, 256, ..."""
    whole = np.dstack([colours, alpha * 255])
    sizes = [ATLAS_SIZE >> level for level in range(count)]
    return [np.clip(shrink(whole, size), 0, 255).astype(np.uint8) for size in sizes]

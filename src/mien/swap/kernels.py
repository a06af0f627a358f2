"""The per-pixel loops that numpy is too slow for. One thread each; they let go of the GIL.

numba keeps the compiled code beside this file, or in the user's cache where that is read-only;
set NUMBA_CACHE_DIR to keep it elsewhere.
"""

import math

import numba
import numpy as np

F0, F1, HALF, F255 = np.float32(0), np.float32(1), np.float32(0.5), np.float32(255)
INSIDE = np.float32(1.001)
# Luma of BT.601.
LUMA_B, LUMA_G, LUMA_R = np.float32(0.114), np.float32(0.587), np.float32(0.299)
# Unsigned, so that indices need no check for counting from the end.
NEXT = np.uintp(1)
PER_LEVEL = F1 / F255
CLEAR, SOLID = np.float32(0.003), np.float32(0.997)
# Of red over what it holds of green.
RED, REDDER = np.float32(0.35), np.float32(0.6)


@numba.njit(cache=True, fastmath=True, nogil=True)
def facing(points, triangles, front, out):  # type: ignore[no-untyped-def]
    """How squarely each vertex faces the camera: 1 to it, 0 edge-on, -1 away.

    points: (n, 3) float32; triangles: (t, 3) int32; front: 1 or -1; out: (n,) float32.
    """
    normals = np.zeros((points.shape[0], 3), np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        e0, f0 = points[b, 0] - points[a, 0], points[c, 0] - points[a, 0]
        e1, f1 = points[b, 1] - points[a, 1], points[c, 1] - points[a, 1]
        e2, f2 = points[b, 2] - points[a, 2], points[c, 2] - points[a, 2]
        x, y, z = e1 * f2 - e2 * f1, e2 * f0 - e0 * f2, e0 * f1 - e1 * f0
        for k in (a, b, c):
            normals[k, 0] += x
            normals[k, 1] += y
            normals[k, 2] += z
    for i in range(points.shape[0]):
        length = math.sqrt(normals[i, 0] ** 2 + normals[i, 1] ** 2 + normals[i, 2] ** 2) + 1e-9
        out[i] = front * normals[i, 2] / length


@numba.njit(inline="always", fastmath=True)
def _corner(x, y, right, bottom):  # type: ignore[no-untyped-def]
    """The top left of the four pixels around a point, and their bilinear weights."""
    x, y = min(max(x, F0), right), min(max(y, F0), bottom)
    xi, yi = np.int32(x), np.int32(y)
    fx, fy = x - np.float32(xi), y - np.float32(yi)
    corner = (F1 - fx) * (F1 - fy), fx * (F1 - fy), (F1 - fx) * fy, fx * fy
    return np.uintp(xi), np.uintp(yi), corner[0], corner[1], corner[2], corner[3]


@numba.njit(inline="always", fastmath=True)
def _mix(image, xi, yi, w0, w1, w2, w3, k):  # type: ignore[no-untyped-def]
    top = image[yi, xi, k] * w0 + image[yi, xi + NEXT, k] * w1
    return top + image[yi + NEXT, xi, k] * w2 + image[yi + NEXT, xi + NEXT, k] * w3


@numba.njit(inline="always", fastmath=True)
def _bgr(image, xi, yi, w0, w1, w2, w3):  # type: ignore[no-untyped-def]
    blue, green = _mix(image, xi, yi, w0, w1, w2, w3, 0), _mix(image, xi, yi, w0, w1, w2, w3, 1)
    return blue, green, _mix(image, xi, yi, w0, w1, w2, w3, 2)


@numba.njit(inline="always", fastmath=True)
def _flat_mix(image, xi, yi, w0, w1, w2, w3):  # type: ignore[no-untyped-def]
    top = image[yi, xi] * w0 + image[yi, xi + NEXT] * w1
    return top + image[yi + NEXT, xi] * w2 + image[yi + NEXT, xi + NEXT] * w3


@numba.njit(cache=True, fastmath=True, nogil=True, boundscheck=False, error_model="numpy")
def unwrap(image, points, visible, ids, weights, texels, colours, visibility):  # type: ignore[no-untyped-def]
    """Sample an image at the mesh position of every texel that lies on the face.

    image: (h, w, 3) uint8; points: (n, 2) float32 in its pixels; visible: (n,) float32;
    ids, weights: (s * s, 3) vertices and barycentrics of each texel; texels: (m,) those inside.
    Written: colours (s, s, 3) and visibility (s, s), float32.
    """
    right, bottom = np.float32(image.shape[1]) - INSIDE, np.float32(image.shape[0]) - INSIDE
    size = colours.shape[1]
    for entry in range(texels.shape[0]):
        i = texels[entry]
        a, b, c = ids[i, 0], ids[i, 1], ids[i, 2]
        u, v, w = weights[i, 0], weights[i, 1], weights[i, 2]
        row, column = np.uintp(i // size), np.uintp(i % size)
        visibility[row, column] = visible[a] * u + visible[b] * v + visible[c] * w
        x = points[a, 0] * u + points[b, 0] * v + points[c, 0] * w
        y = points[a, 1] * u + points[b, 1] * v + points[c, 1] * w
        xi, yi, w0, w1, w2, w3 = _corner(x, y, right, bottom)
        for k in range(3):
            colours[row, column, k] = _mix(image, xi, yi, w0, w1, w2, w3, k)


@numba.njit(inline="always", fastmath=True)
def _texel(u, v, side):  # type: ignore[no-untyped-def]
    """`_corner` of a place, 0..1, in a square of that many texels a side."""
    return _corner(u * side - HALF, v * side - HALF, side - INSIDE, side - INSIDE)


@numba.njit(inline="always", fastmath=True)
def _lit(b, g, r, gain, veil, u, v):  # type: ignore[no-untyped-def]
    """BGR of the atlas in the target's light, and how clear the place is of what stands before it.

    No branch here or in `_tinted`: numba counts references to arrays at each, per pixel.
    """
    xi, yi, w0, w1, w2, w3 = _texel(u, v, np.float32(gain.shape[0]))
    b = min(max(b * _mix(gain, xi, yi, w0, w1, w2, w3, 0), F0), F255)
    g = min(max(g * _mix(gain, xi, yi, w0, w1, w2, w3, 1), F0), F255)
    r = min(max(r * _mix(gain, xi, yi, w0, w1, w2, w3, 2), F0), F255)
    lift = _lift(LUMA_B * b + LUMA_G * g + LUMA_R * r, veil[3])
    lift *= _mix(gain, xi, yi, w0, w1, w2, w3, 4)
    b, g, r = b + lift * veil[0], g + lift * veil[1], r + lift * veil[2]
    return b, g, r, _mix(gain, xi, yi, w0, w1, w2, w3, 3)


@numba.njit(inline="always", fastmath=True)
def _lift(light, least):  # type: ignore[no-untyped-def]
    return F1 - light / least if light < least else F0


@numba.njit(inline="always", fastmath=True)
def _tinted(b, g, r, share, tint):  # type: ignore[no-untyped-def]
    """So much of the way from the camera's BGR to its tint."""
    lb = tint[0, 0] * b + tint[0, 1] * g + tint[0, 2] * r
    lg = tint[1, 0] * b + tint[1, 1] * g + tint[1, 2] * r
    lr = tint[2, 0] * b + tint[2, 1] * g + tint[2, 2] * r
    b, g = min(b + share * (lb - b), F255), min(g + share * (lg - g), F255)
    return b, g, min(r + share * (lr - r), F255)


@numba.njit(cache=True, fastmath=True, nogil=True, boundscheck=False, error_model="numpy")
def shade(frame, left, top, maps, atlas, gain, veil, lips, tint, out, begin, end):  # type: ignore[no-untyped-def]
    """Sample the atlas, light it, mask it, and lay it over the (warped) camera picture.

    frame, out: (h, w, 3) uint8 BGR, out a copy of frame; left, top: where maps lies in them.
    maps: as `rasterise` writes them, camera coordinates in pixels of the frame. atlas:
    (s, s, 4) uint8 BGR and opacity. gain: (n, n, 5) float32, factors for BGR, opacity and veil.
    veil: (4,) float32, the BGR that black becomes, and the luma from which nothing is lifted.
    lips: (m, m) uint8, 255 where the camera's BGR is to be tinted; tint: (3, 3) float32, from BGR
    to BGR. What stands before the lips is not, unless it is as red as painted lips are. begin,
    end: the rows of maps that are shaded.
    """
    width = maps.shape[2]
    right, bottom = np.float32(frame.shape[1]) - INSIDE, np.float32(frame.shape[0]) - INSIDE
    for row in range(begin, end):
        for column in range(width):
            u, v = maps[2, row, column], maps[3, row, column]
            if u < np.float32(-1.5):
                continue
            alpha = b = g = r = F0
            if u >= F0:
                xi, yi, w0, w1, w2, w3 = _texel(u, v, np.float32(atlas.shape[0]))
                alpha = _mix(atlas, xi, yi, w0, w1, w2, w3, 3) * (maps[4, row, column] * PER_LEVEL)
                if alpha > CLEAR:
                    b, g, r = _bgr(atlas, xi, yi, w0, w1, w2, w3)
                    b, g, r, clear = _lit(b, g, r, gain, veil, u, v)
                    alpha *= clear
            if alpha < SOLID:
                x, y = maps[0, row, column], maps[1, row, column]
                xi, yi, w0, w1, w2, w3 = _corner(x, y, right, bottom)
                b0, g0, r0 = _bgr(frame, xi, yi, w0, w1, w2, w3)
                if u >= F0:
                    xi, yi, w0, w1, w2, w3 = _texel(u, v, np.float32(lips.shape[0]))
                    share = _flat_mix(lips, xi, yi, w0, w1, w2, w3) * PER_LEVEL
                    if share > CLEAR:
                        xi, yi, w0, w1, w2, w3 = _texel(u, v, np.float32(gain.shape[0]))
                        clear = _mix(gain, xi, yi, w0, w1, w2, w3, 3)
                        share *= max(clear, _step((r0 - g0) / (r0 + F1), RED, REDDER))
                        b0, g0, r0 = _tinted(b0, g0, r0, share, tint)
                b, g, r = b0 + alpha * (b - b0), g0 + alpha * (g - g0), r0 + alpha * (r - r0)
            out[row + top, column + left, 0] = np.uint8(b + HALF)
            out[row + top, column + left, 1] = np.uint8(g + HALF)
            out[row + top, column + left, 2] = np.uint8(r + HALF)


@numba.njit(cache=True, fastmath=True, nogil=True, error_model="numpy")
def paint_iris(patch, opening, x, y, radius, light, change):  # type: ignore[no-untyped-def]
    """Add a colour to an iris, in place; pupil, lids and reflections stay.

    patch: (h, w, 3) uint8 BGR; opening: (h, w) uint8, 255 between the lids; x, y, radius: of the
    iris in the patch; light: its mean luma; change: (3,) float32, added to BGR.
    """
    for row in range(patch.shape[0]):
        for column in range(patch.shape[1]):
            away = math.sqrt((column - x) ** 2 + (row - y) ** 2) / radius
            weight = (1 - _step(away, 0.85, 1.05)) * opening[row, column] / 255.0
            if weight <= 0:
                continue
            b, g, r = patch[row, column, 0], patch[row, column, 1], patch[row, column, 2]
            brightness = 0.114 * b + 0.587 * g + 0.299 * r
            # A soft camera shows no pupil: left out, it would be lighter than the iris around it.
            weight *= max(_step(away, 0.25, 0.42), _step(brightness - light, -24, -10))
            weight *= 1 - _step(brightness - light, 35, 70)
            for k in range(3):
                value = patch[row, column, k] + change[k] * weight
                patch[row, column, k] = np.uint8(min(max(value, 0.0), 255.0) + 0.5)


@numba.njit(inline="always", fastmath=True)
def _step(value, low, high):  # type: ignore[no-untyped-def]
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)

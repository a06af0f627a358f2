"""Draw a textured mesh as maps: for each pixel, where in the camera and in the atlas it looks."""

import math

import numba
import numpy as np

UNTOUCHED, RING = np.float32(-2), np.float32(-1)
ZERO, ONE, FAR = np.float32(0), np.float32(1), np.float32(1e9)


@numba.njit(inline="always", fastmath=True)
def _cut(y, ax, ay, bx, by, left, right):  # type: ignore[no-untyped-def]
    """Widen a span to where one edge meets the row."""
    if min(ay, by) > y or max(ay, by) < y:
        return left, right
    if ay == by:
        return min(left, min(ax, bx)), max(right, max(ax, bx))
    cut = ax + (y - ay) * (bx - ax) / (by - ay)
    return min(left, cut), max(right, cut)


@numba.njit(inline="always", fastmath=True)
def _span(y, x0, y0, x1, y1, x2, y2):  # type: ignore[no-untyped-def]
    """Left and right end of a triangle on one row."""
    left, right = _cut(y, x0, y0, x1, y1, FAR, -FAR)
    left, right = _cut(y, x1, y1, x2, y2, left, right)
    return _cut(y, x2, y2, x0, y0, left, right)


@numba.njit(inline="always", fastmath=True)
def _inside(dx, dy, dx1, dy1, dx2, dy2, per_area):  # type: ignore[no-untyped-def]
    """Barycentrics of the second and third corner, moved into the triangle."""
    second = min(max((dx * dy2 - dy * dx2) * per_area, ZERO), ONE)
    third = min(max((dy * dx1 - dx * dy1) * per_area, ZERO), ONE - second)
    return second, third


@numba.njit(inline="always", fastmath=True)
def _run2(maps, y, first, last, value, slope):  # type: ignore[no-untyped-def]
    """Write a span of a ring. Spans are short: one loop costs less than one for each plane."""
    v0, v1, s0, s1 = value[0], value[1], slope[0], slope[1]
    for x in range(first, last + 1):
        maps[0, y, x], maps[1, y, x], maps[2, y, x] = v0, v1, RING
        v0, v1 = v0 + s0, v1 + s1


@numba.njit(inline="always", fastmath=True)
def _run5(maps, y, first, last, value, slope):  # type: ignore[no-untyped-def]
    """Write a span of the face."""
    v0, v1, v2, v3, v4 = value[0], value[1], value[2], value[3], value[4]
    s0, s1, s2, s3, s4 = slope[0], slope[1], slope[2], slope[3], slope[4]
    for x in range(first, last + 1):
        maps[0, y, x], maps[1, y, x], maps[2, y, x] = v0, v1, v2
        maps[3, y, x], maps[4, y, x] = v3, v4
        v0, v1, v2, v3, v4 = v0 + s0, v1 + s1, v2 + s2, v3 + s3, v4 + s4


@numba.njit(cache=True, fastmath=True, nogil=True, boundscheck=False, error_model="numpy")
def rasterise(points, triangles, order, rings, attributes, maps):  # type: ignore[no-untyped-def]
    """Scanline rasteriser with affine planes; later triangles paint over earlier ones.

    points: (n, 2) float32 pixels. triangles: (t, 3) int32; order: (m,) int32, the triangles to
    draw from back to front; those below `rings` only carry camera coordinates. attributes:
    (n, 5) float32: camera x, camera y, u, v, rim visibility. maps: (5, h, w) float32, written:
    plane 2 is UNTOUCHED where nothing was drawn and RING on the rings.
    """
    height, width = maps.shape[1], maps.shape[2]
    for y in range(height):
        for x in range(width):
            maps[2, y, x] = UNTOUCHED
    value, slope = np.empty(5, np.float32), np.empty(5, np.float32)
    for entry in range(order.shape[0]):
        triangle = order[entry]
        planes = 2 if triangle < rings else 5
        i0, i1, i2 = triangles[triangle, 0], triangles[triangle, 1], triangles[triangle, 2]
        x0, y0 = points[i0, 0], points[i0, 1]
        x1, y1 = points[i1, 0], points[i1, 1]
        x2, y2 = points[i2, 0], points[i2, 1]
        top = max(math.ceil(min(y0, min(y1, y2))), 0)
        bottom = min(math.floor(max(y0, max(y1, y2))), height - 1)
        if top > bottom:
            continue
        area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
        if abs(area) < np.float32(1e-6):
            continue
        dx1, dy1, dx2, dy2 = x1 - x0, y1 - y0, x2 - x0, y2 - y0
        per_area = ONE / area
        for y in range(top, bottom + 1):
            left, right = _span(np.float32(y), x0, y0, x1, y1, x2, y2)
            first = max(math.ceil(left), 0)
            last = min(math.floor(right), width - 1)
            if first > last:
                continue
            # Barycentrics at the span's ends, kept inside: a sliver's plane runs away.
            reach, step = np.float32(last - first), np.float32(y) - y0
            begin1, begin2 = _inside(np.float32(first) - x0, step, dx1, dy1, dx2, dy2, per_area)
            end1, end2 = _inside(np.float32(last) - x0, step, dx1, dy1, dx2, dy2, per_area)
            per_pixel = ONE / max(reach, ONE)
            step1, step2 = (end1 - begin1) * per_pixel, (end2 - begin2) * per_pixel
            for k in range(planes):
                start = attributes[i0, k]
                d1, d2 = attributes[i1, k] - start, attributes[i2, k] - start
                value[k] = start + d1 * begin1 + d2 * begin2
                slope[k] = d1 * step1 + d2 * step2
            if planes == 2:
                _run2(maps, y, first, last, value, slope)
            else:
                _run5(maps, y, first, last, value, slope)

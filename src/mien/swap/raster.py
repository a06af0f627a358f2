"""Draw a textured mesh as maps: for each pixel, where in the camera and in the atlas it looks."""

import math

import numba

UNTOUCHED = -2.0
RING = -1.0


@numba.njit(cache=True, fastmath=True, nogil=True, boundscheck=False)
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
        if abs(area) < 1e-6:
            continue
        scale = 1.0 / area
        for y in range(top, bottom + 1):
            left, right = 1e9, -1e9
            for edge in range(3):
                if edge == 0:
                    ax, ay, bx, by = x0, y0, x1, y1
                elif edge == 1:
                    ax, ay, bx, by = x1, y1, x2, y2
                else:
                    ax, ay, bx, by = x2, y2, x0, y0
                if (ay <= y and by >= y) or (by <= y and ay >= y):
                    if by == ay:
                        left, right = min(left, min(ax, bx)), max(right, max(ax, bx))
                    else:
                        cut = ax + (y - ay) * (bx - ax) / (by - ay)
                        left, right = min(left, cut), max(right, cut)
            first = max(math.ceil(left), 0)
            last = min(math.floor(right), width - 1)
            if first > last:
                continue
            if planes == 2:
                for x in range(first, last + 1):
                    maps[2, y, x] = RING
            for k in range(planes):
                start = attributes[i0, k]
                d1, d2 = attributes[i1, k] - start, attributes[i2, k] - start
                slope_x = (d1 * (y2 - y0) - d2 * (y1 - y0)) * scale
                slope_y = (d2 * (x1 - x0) - d1 * (x2 - x0)) * scale
                base = start + slope_x * (first - x0) + slope_y * (y - y0)
                for x in range(first, last + 1):
                    maps[k, y, x] = base + slope_x * (x - first)

"""The mark's per-pixel loops. One thread each; they let go of the GIL.

numba keeps the compiled code beside this file, or in the user's cache where that is read-only.
"""

import math

import numba
import numpy as np

F0, F1, HALF = np.float32(0), np.float32(1), np.float32(0.5)
BLACK, WHITE = np.int32(0), np.int32(255)


@numba.njit(cache=True, fastmath=True, nogil=True, boundscheck=False, error_model="numpy")
def add_mark(frame, waves, rows, columns, strength, out):  # type: ignore[no-untyped-def]
    """Add waves to all three channels alike, so that luma alone changes.

    frame, out: (h, w, 3) uint8 BGR, not the same. waves: (h, w * 3) int8, in 32nds of an
    amplitude of 1, each pixel's three times over. rows, columns: int32 edges of the cells, from 0
    to h and w. strength: (4,) float32, as `Strength` has them.
    """
    width3 = frame.shape[1] * 3
    cells = np.empty((rows.shape[0] - 1, columns.shape[0] - 1), np.float32)
    unit = _measure(frame, waves, rows, columns, strength, cells) / np.float32(32)
    factors = np.empty(width3, np.float32)
    for i in range(cells.shape[0]):
        for j in range(cells.shape[1]):
            for x in range(3 * columns[j], 3 * columns[j + 1]):
                factors[x] = cells[i, j] * unit
        for y in range(rows[i], rows[i + 1]):
            source, target = frame[y].reshape(-1), out[y].reshape(-1)
            wave = waves[y]
            for x in range(width3):
                value = np.float32(source[x]) + factors[x] * np.float32(wave[x]) + HALF
                # Limits on whole numbers: the compiler makes wide instructions of these alone.
                target[x] = np.uint8(min(max(np.int32(value), BLACK), WHITE))


@numba.njit(fastmath=True, nogil=True, boundscheck=False, error_model="numpy")
def _measure(frame, waves, rows, columns, strength, cells):  # type: ignore[no-untyped-def]
    """Each cell's amplitude in grey levels, and what to multiply all with for the loudest whole."""
    least, slope, most, loudest = strength[0], strength[1], strength[2], strength[3]
    power = F0
    for i in range(cells.shape[0]):
        for j in range(cells.shape[1]):
            deviation, host = _look(frame, waves, rows[i], rows[i + 1], columns[j], columns[j + 1])
            amplitude = min(least + slope * deviation, most)
            # Where the picture itself looks like the wave's opposite, the wave must overcome it
            # and gets more (improved spread spectrum, Malvar and Florencio 2003).
            if host < 0:
                amplitude += min(-HALF * host, np.float32(0.75) * amplitude)
            elif host > 2 * amplitude:
                amplitude *= np.float32(0.6)
            cells[i, j] = amplitude
            power += amplitude * amplitude
    average = np.float32(math.sqrt(power / np.float32(cells.size)))
    return min(F1, loudest / max(average, np.float32(1e-6)))


@numba.njit(inline="always", fastmath=True, error_model="numpy")
def _look(frame, waves, top, bottom, left, right):  # type: ignore[no-untyped-def]
    """A cell's deviation, and the amplitude at which the wave is in it by chance.

    Green stands for luma, and four or five pixels a row for all.
    """
    step = max((right - left) // 4, 1)
    total = square = likeness = tilt = power = count = F0
    for y in range(top, bottom, step):
        for x in range(left, right, step):
            value, wave = np.float32(frame[y, x, 1]), np.float32(waves[y, 3 * x])
            total += value
            square += value * value
            likeness += value * wave
            tilt += wave
            power += wave * wave
            count += F1
    mean = total / count
    deviation = np.float32(math.sqrt(max(square / count - mean * mean, F0)))
    return deviation, (likeness - mean * tilt) * np.float32(32) / max(power, F1)

"""The secret pattern of one key: a square tile of small waves that is laid side by side.

A frame's canonical size has a short side of 480; there a cell is 8x8 pixels and a tile 160x160.
Each cell is a keyed sum of low and middle frequencies, where codecs spare it and eyes don't see
it. Because the tile repeats, a cut-out piece of a picture still holds whole tiles.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.trust.code import SYMBOLS

SHORT_SIDE = 480
CELL = 8
GRID = 20
TILE = CELL * GRID
CELLS = GRID * GRID
KEY_BYTES = 32
PILOTS = 16
PAYLOAD_CELLS = 2 * SYMBOLS
# The cells' DCT functions, as (vertical, horizontal) frequency.
FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1))

Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class Pattern:
    """One key's pattern. waves: (400, 8, 8) float32, each of mean square 1.

    slots: (400,) for each cell the symbol that it carries: the 16 pilots first, which are always
    the same, then the 140 of the id. pilots: (16,) of -1 and 1.
    """

    waves: Plane
    slots: NDArray[np.int64]
    pilots: NDArray[np.float32]

    def tile(self, symbols: NDArray[np.float32]) -> Plane:
        """(160, 160) float32, its cells multiplied by (156,) symbols; 0 leaves a cell out."""
        cells = self.waves * symbols[self.slots][:, None, None]
        grid = cells.reshape(GRID, GRID, CELL, CELL).transpose(0, 2, 1, 3)
        return np.ascontiguousarray(grid.reshape(TILE, TILE))

    def pilot_tile(self) -> Plane:
        """The part of the tile that every id has in common."""
        return self.tile(np.concatenate([self.pilots, np.zeros(SYMBOLS, np.float32)]))

    def id_tile(self, symbols: NDArray[np.float32]) -> Plane:
        """The whole tile of an id's (140,) symbols."""
        return self.tile(np.concatenate([self.pilots, symbols]))

    def read(self, tile: Plane) -> NDArray[np.float32]:
        """(140,) soft symbols of an aligned tile."""
        cells = tile.reshape(GRID, CELL, GRID, CELL).transpose(0, 2, 1, 3)
        scores = (cells.reshape(CELLS, CELL, CELL) * self.waves).sum(axis=(1, 2))
        sums = np.bincount(self.slots, weights=scores, minlength=PILOTS + SYMBOLS)
        return sums[PILOTS:].astype(np.float32)


def make_pattern(key: bytes) -> Pattern:
    """The pattern of a 32-byte key. Raises ValueError for another length."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"A mark's key has {KEY_BYTES} bytes, not {len(key)}.")
    random = _Stream(key)
    functions = _dct_functions()
    signs = random.signs(CELLS * len(functions)).reshape(CELLS, len(functions))
    # Orthonormal functions: n of them add up to a square of n over 64 pixels.
    waves = np.einsum("ck,kyx->cyx", signs, functions) * CELL / np.sqrt(len(functions))
    return Pattern(
        waves.astype(np.float32), random.shuffle(_slots()), random.signs(PILOTS).astype(np.float32)
    )


def _slots() -> NDArray[np.int64]:
    """Two cells for each symbol of the id, and the other 120 for the pilots."""
    payload = np.arange(PAYLOAD_CELLS) % SYMBOLS + PILOTS
    return np.concatenate([np.arange(CELLS - PAYLOAD_CELLS) % PILOTS, payload])


def _dct_functions() -> NDArray[np.float64]:
    steps = (2 * np.arange(CELL) + 1) * np.pi / (2 * CELL)
    waves = [np.cos(u * steps) * np.sqrt((1 if u == 0 else 2) / CELL) for u in range(CELL)]
    return np.stack([np.outer(waves[v], waves[h]) for v, h in FREQUENCIES])


class _Stream:
    """Secret numbers from a key by SHAKE-256; the same on every machine and numpy version."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._uses = 0

    def signs(self, count: int) -> NDArray[np.float64]:
        return np.where(self._numbers(count) & 1, 1.0, -1.0)

    def shuffle(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        return values[np.argsort(self._numbers(len(values)), kind="stable")]

    def _numbers(self, count: int) -> NDArray[np.uint64]:
        self._uses += 1
        shake = hashlib.shake_256(b"mien mark 1" + bytes([self._uses]) + self._key)
        return np.frombuffer(shake.digest(8 * count), "<u8")

"""The invisible mark: a keyed pattern laid over a frame's luma, stronger where it is busy."""

from dataclasses import astuple, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.trust import kernels
from mien.trust.code import encode
from mien.trust.pattern import CELL, SHORT_SIDE, TILE, Pattern, Plane
from mien.vision.face import BgrImage

# Waves are kept in 32nds of their amplitude, which lets a byte hold their peaks of 3.7.
WAVE_UNITS = 32
# Bits a second at 640x480; a larger frame needs as many more as it has more pixels.
FULL_STRENGTH_BELOW = 600_000
USUAL_STRENGTH_FROM = 1_500_000
USUAL_PIXELS = 640 * 480


@dataclass(frozen=True)
class Strength:
    """A cell's amplitude in grey levels: least + slope * deviation, at most `most`.

    loudest: the root mean square of a whole frame's amplitudes; 1.5 keeps every frame above 44 dB.
    """

    least: float = 0.5
    slope: float = 0.031
    most: float = 1.75
    loudest: float = 1.5

    def scaled(self, factor: float) -> "Strength":
        """So many times as strong, the loudest frame as before."""
        return Strength(self.least * factor, self.slope * factor, self.most * factor, self.loudest)


def strength_at(bitrate: float | None, pixels: int = USUAL_PIXELS) -> Strength:
    """What survives an encoder of so many bits a second on frames of so many pixels.

    bitrate: None for a file of good quality.
    """
    if bitrate is None:
        return Strength()
    comparable = bitrate * USUAL_PIXELS / pixels
    lack = (USUAL_STRENGTH_FROM - comparable) / (USUAL_STRENGTH_FROM - FULL_STRENGTH_BELOW)
    return Strength().scaled(1 + 0.5 * min(max(lack, 0.0), 1.0))


class Embedder:
    """Lays one id over frames. Keeps the waves of the last frame size; for one thread."""

    def __init__(self, pattern: Pattern, mark_id: int) -> None:
        self._tile = pattern.id_tile(encode(mark_id))
        self._size = (0, 0)
        self._waves: NDArray[np.int8] = np.empty((0, 0), np.int8)
        self._edges: tuple[NDArray[np.int32], ...] = ()

    def embed(self, frame: BgrImage, strength: Strength) -> BgrImage:
        """A new frame, marked.

        frame: (h, w, 3) uint8 BGR. All three channels move alike, so colour differences stay.
        """
        frame = np.require(frame, np.uint8, ["C"])
        # Never in place: only for two arrays that don't overlap is the loop compiled well.
        marked = np.empty_like(frame)
        height, width = frame.shape[:2]
        if self._size != (height, width):
            self._prepare(height, width)
        rows, columns = self._edges
        levels = np.array(astuple(strength), np.float32)
        kernels.add_mark(frame, self._waves, rows, columns, levels, marked)
        return marked

    def _prepare(self, height: int, width: int) -> None:
        waves = np.clip(np.rint(spread(self._tile, height, width) * WAVE_UNITS), -127, 127)
        self._waves = np.repeat(waves.astype(np.int8), 3, axis=1)
        cell = CELL * min(height, width) / SHORT_SIDE
        self._edges = (_edges(height, cell), _edges(width, cell))
        self._size = (height, width)


def spread(tile: Plane, height: int, width: int) -> Plane:
    """The tile laid side by side from the top left, in a frame's size; mean square 1."""
    scale = SHORT_SIDE / min(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    repeats = (-(-rows // TILE), -(-columns // TILE))
    canonical = np.tile(tile, repeats)[:rows, :columns]
    how = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    waves = np.asarray(cv2.resize(canonical, (width, height), interpolation=how), np.float32)
    return waves / max(float(np.sqrt(np.mean(waves**2))), 1e-6)


def _edges(length: int, cell: float) -> NDArray[np.int32]:
    """Where cells begin and end, in whole pixels; cells below a pixel join their neighbours."""
    count = min(max(1, round(length / cell)), length)
    return np.rint(np.linspace(0, length, count + 1)).astype(np.int32)

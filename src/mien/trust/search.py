"""Finding a repeating pattern in a plane that may have been scaled, cut, turned or mirrored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.trust.pattern import TILE, Plane

# How far loud frequencies are turned down: 0 not at all, 1 to the same level.
WHITENING = 0.6
SCALE_STEP = 1.005
SCALES = (0.45, 2.2)
ANGLE_STEP = 0.35
ANGLES = 3.5
TURNED_SCALES = (0.9, 1.12)
# Of so many of the quick search, the best is looked for with care.
SHORTLIST = 16

Spectrum = NDArray[np.complex64]


@dataclass(frozen=True)
class Geometry:
    """How the plane lies: canonical pixels in one of the plane's, and degrees anticlockwise."""

    scale: float = 1.0
    degrees: float = 0.0


@dataclass(frozen=True)
class Peak:
    """Where a pattern fits best.

    score: in standard deviations of all places. shift: rows and columns of the tile.
    """

    score: float
    geometry: Geometry
    mirrored: bool
    shift: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Target:
    """What is looked for: the spectra of a tile as it is and mirrored."""

    spectra: tuple[Spectrum, Spectrum]

    @classmethod
    def of(cls, tile: Plane) -> "Target":
        """Of a square float32 tile."""
        return cls((_spectrum(tile), _spectrum(tile[:, ::-1])))


def scaled() -> Iterator[Geometry]:
    """Every scale that is tried without a turn: cut pictures, bars, recordings of a screen."""
    return (Geometry(scale) for scale in _scales(*SCALES))


def turned() -> Iterator[Geometry]:
    """Small turns, at the scales that they come with."""
    count = round(ANGLES / ANGLE_STEP)
    for step in sorted(range(-count, count + 1), key=abs):
        if step:
            for scale in _scales(*TURNED_SCALES):
                yield Geometry(scale, step * ANGLE_STEP)


def around(middle: Geometry) -> Iterator[Geometry]:
    """Neighbours nearer than the steps of the search, coming closer."""
    for scale in np.linspace(-1.5, 1.5, 7):
        for turn in np.linspace(-1, 1, 7):
            yield Geometry(
                middle.scale * (1 + 0.002 * float(scale)), middle.degrees + 0.18 * float(turn)
            )


def fold(plane: Plane, geometry: Geometry, tile: int = TILE) -> Plane:
    """All tiles of a plane added up: (tile, tile) float32."""
    height, width = plane.shape
    if geometry == Geometry():
        size = (_whole(height, tile), _whole(width, tile))
        padded = np.zeros(size, np.float32)
        padded[:height, :width] = plane
    else:
        scale = geometry.scale
        size = (_whole(height * scale, tile), _whole(width * scale, tile))
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), geometry.degrees, scale)
        turn[:, 2] += (size[1] / 2 - width / 2, size[0] / 2 - height / 2)
        padded = np.asarray(cv2.warpAffine(plane, turn, size[::-1]), np.float32)
    tiles = padded.reshape(size[0] // tile, tile, size[1] // tile, tile)
    return np.ascontiguousarray(tiles.sum(axis=(0, 2)))


def whiten(tile: Plane) -> Spectrum:
    """A folded tile's spectrum, its loud frequencies turned down."""
    spectrum = _spectrum(tile)
    loudness = cv2.blur(np.abs(spectrum), (5, 5)) + 1e-9
    return np.asarray(spectrum / loudness**WHITENING, np.complex64)


def shortlist(
    plane: Plane, targets: Sequence[Target], geometries: Iterable[Geometry]
) -> list[Geometry]:
    """The likeliest of many geometries. plane and targets are at half their size: quicker."""
    scores = []
    for geometry in geometries:
        spectrum = whiten(fold(plane, geometry, TILE // 2))
        best = max(fit(spectrum, target, geometry).score for target in targets)
        scores.append((best, geometry))
    scores.sort(key=lambda one: -one[0])
    return [geometry for _, geometry in scores[:SHORTLIST]]


def halved(plane: Plane) -> Plane:
    """Half as wide and high."""
    size = (plane.shape[1] // 2, plane.shape[0] // 2)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def fit(spectrum: Spectrum, target: Target, geometry: Geometry) -> Peak:
    """The best place of a target, mirrored or not."""
    peaks = []
    for mirrored in (False, True):
        scores = places(spectrum, target.spectra[mirrored])
        row, column = divmod(int(scores.argmax()), scores.shape[1])
        peaks.append(Peak(float(scores[row, column]), geometry, mirrored, (row, column)))
    return max(peaks, key=lambda peak: peak.score)


def places(spectrum: Spectrum, target: Spectrum) -> Plane:
    """The scores of every shift, in standard deviations of them all; as large as the tile."""
    rows = spectrum.shape[0]
    scores = np.fft.irfft2(spectrum * target.conj(), s=(rows, rows))
    deviation = max(float(scores.std()), 1e-12)
    return np.asarray((scores - scores.mean()) / deviation, np.float32)


def aligned(spectrum: Spectrum, peak: Peak) -> Plane:
    """The whitened tile, moved and mirrored back to where the pattern begins."""
    tile = np.fft.irfft2(spectrum, s=(TILE, TILE)).astype(np.float32)
    tile = np.roll(tile, (-peak.shift[0], -peak.shift[1]), axis=(0, 1))
    return tile[:, ::-1] if peak.mirrored else tile


def _scales(least: float, most: float) -> list[float]:
    """Geometric steps, from 1 outwards."""
    first = round(np.log(least) / np.log(SCALE_STEP))
    last = round(np.log(most) / np.log(SCALE_STEP))
    return [SCALE_STEP**step for step in sorted(range(first, last + 1), key=abs)]


def _whole(length: float, tile: int) -> int:
    return -(-int(np.ceil(length)) // tile) * tile


def _spectrum(tile: Plane) -> Spectrum:
    return np.asarray(np.fft.rfft2(tile), np.complex64)

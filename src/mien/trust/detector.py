"""Is there a mark, and whose? Looks for the pilots first, then reads the id beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from mien.trust import search
from mien.trust.code import decode
from mien.trust.pattern import TILE, Pattern, Plane
from mien.trust.residual import ResidualSum
from mien.trust.search import Geometry, Peak, Spectrum, Target
from mien.vision.face import BgrImage

# How often at most an unmarked file may be called marked, all that is tried taken together.
FALSE_POSITIVE_RATE = 1e-6
STAGES = 4
# Mirrored or not, at every shift of the tile.
PLACES = 2 * TILE * TILE
IN_PLACE = 9
# A few specks on black are no sum of many small things: their scores would not be normal, and
# chance would be taken for a mark. Cutting outliers leaves little of such a plane.
LEAST_DEVIATION = 0.5


@dataclass(frozen=True)
class Finding:
    """What a file holds.

    confidence: one less the chance that an unmarked file scores as high anywhere in the search;
    0 where no mark was found. mark_id: 48 bits; None where none was readable. key: which of the
    detector's patterns.
    """

    marked: bool
    confidence: float
    mark_id: int | None
    key: int
    peak: Peak
    frames: int


@dataclass(frozen=True)
class _Candidate:
    peak: Peak
    key: int
    spectrum: Spectrum
    tries: int

    @property
    def chance(self) -> float:
        """Of so high a score in as many tries without a mark; above 1 it says nothing."""
        return STAGES * self.tries * NormalDist().cdf(-self.peak.score)


class Detector:
    """Looks for the marks of several keys at once: each new key begins where another ended."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        tiles = [pattern.pilot_tile() for pattern in patterns]
        self._targets = [Target.of(tile) for tile in tiles]
        self._small_targets = [Target.of(search.halved(tile)) for tile in tiles]
        self._sum = ResidualSum()

    def feed(self, frame: BgrImage) -> None:
        """Look at one more frame, (h, w, 3) uint8 BGR."""
        self._sum.add(frame)

    def result(self, thorough: bool = True) -> Finding:
        """What was found in all frames so far. Raises ValueError with no frame.

        thorough: also look for scaled, cut and turned pictures, which takes seconds.
        """
        return self.look_at(self._sum.plane(), self._sum.frames, thorough)

    def look_at(self, plane: Plane, frames: int, thorough: bool = True) -> Finding:
        """The same for residuals that were added up elsewhere, of so many frames."""
        if float(plane.std()) < LEAST_DEVIATION:
            return Finding(False, 0.0, None, 0, Peak(0.0, Geometry(), False, (0, 0)), frames)
        best = self._untouched(plane)
        stages = (search.scaled, search.turned) if thorough else ()
        for stage in stages:
            if best.chance < FALSE_POSITIVE_RATE:
                break
            best = min(best, self._searched(plane, list(stage())), key=lambda one: one.chance)
        if best.chance < FALSE_POSITIVE_RATE:
            best = self._refined(plane, best)
        return self._finding(best, frames)

    def _untouched(self, plane: Plane) -> _Candidate:
        """As it was sent: the very place first, which takes the weakest mark, then any shift."""
        spectrum = search.whiten(search.fold(plane, Geometry()))
        found = []
        for key, target in enumerate(self._targets):
            corner = np.roll(search.places(spectrum, target.spectra[0]), (1, 1), (0, 1))[:3, :3]
            row, column = divmod(int(corner.argmax()), 3)
            shift = ((row - 1) % TILE, (column - 1) % TILE)
            peak = Peak(float(corner.max()), Geometry(), False, shift)
            found.append(_Candidate(peak, key, spectrum, IN_PLACE * len(self._targets)))
        found.append(self._best_of(plane, [Geometry()], 1))
        return min(found, key=lambda one: one.chance)

    def _searched(self, plane: Plane, geometries: Sequence[Geometry]) -> _Candidate:
        likely = search.shortlist(search.halved(plane), self._small_targets, geometries)
        return self._best_of(plane, likely, len(geometries))

    def _best_of(self, plane: Plane, geometries: Sequence[Geometry], considered: int) -> _Candidate:
        tries = PLACES * considered * len(self._targets)
        return max(self._fits(plane, geometries, tries), key=lambda one: one.peak.score)

    def _fits(
        self, plane: Plane, geometries: Iterable[Geometry], tries: int
    ) -> Iterable[_Candidate]:
        for geometry in geometries:
            spectrum = search.whiten(search.fold(plane, geometry))
            for key, target in enumerate(self._targets):
                yield _Candidate(search.fit(spectrum, target, geometry), key, spectrum, tries)

    def _refined(self, plane: Plane, found: _Candidate) -> _Candidate:
        """Nearer to the true scale and turn, for reading; the chance stays what it was."""
        if found.peak.geometry == Geometry():
            return found
        target, best = self._targets[found.key], found
        for geometry in search.around(found.peak.geometry):
            spectrum = search.whiten(search.fold(plane, geometry))
            peak = search.fit(spectrum, target, geometry)
            if peak.score > best.peak.score:
                best = _Candidate(peak, found.key, spectrum, found.tries)
        return best

    def _finding(self, best: _Candidate, frames: int) -> Finding:
        marked = best.chance < FALSE_POSITIVE_RATE
        mark_id = None
        if marked:
            tile = search.aligned(best.spectrum, best.peak)
            mark_id = decode(self._patterns[best.key].read(tile))
        confidence = 1.0 - best.chance if marked else 0.0
        return Finding(marked, confidence, mark_id, best.key, best.peak, frames)

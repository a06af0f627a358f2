"""One source on one target: every figure, and the sheet to look at."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from mien.evaluation.appearance import sharpness_ratio, tone_delta
from mien.evaluation.expression import (
    EYES,
    MOUTH,
    blendshape_error,
    correlation,
    gaze_error,
    pose_error,
)
from mien.evaluation.flicker import Shake, ratio
from mien.evaluation.reader import Reading
from mien.evaluation.sheet import Sheet
from mien.vision.face import BgrImage
from mien.vision.identity import SAME_PERSON, distance


@dataclass(frozen=True)
class Figures:
    """What docs/quality.md explains, one field a figure; None where a pair can't tell it."""

    identity_source: float | None
    identity_target: float | None
    nearer_share: float | None
    same_person_share: float | None
    blendshape_correlation: float | None
    blendshape_ceiling: float | None
    mouth_correlation: float | None
    eyes_correlation: float | None
    blendshape_error: float | None
    mouth_error: float | None
    eyes_error: float | None
    gaze_error: float | None
    pose_deg: list[float] | None
    tone_delta: float | None
    sharpness_ratio: float | None
    flicker_ratio: float | None
    landmark_jitter_ratio: float | None
    photometric_ratio: float | None
    p50_ms: float | None
    p95_ms: float | None
    failed_share: float | None


@dataclass(frozen=True, eq=False)
class PairReport:
    """A pair's figures. frames: all; faces: those whose target shows a face; failed: those of
    them that were not swapped, or whose result shows no face. sheet: a JPEG."""

    source: str
    target: str
    frames: int
    faces: int
    failed: int
    figures: Figures
    sheet: bytes = field(repr=False)

    def to_json(self) -> dict[str, object]:
        """Everything but the sheet."""
        return {
            "source": self.source,
            "target": self.target,
            "frames": self.frames,
            "faces": self.faces,
            "failed": self.failed,
            **asdict(self.figures),
        }


class PairMeter:
    """Takes in the frames of one pair, in order.

    ceiling: the correlation that a mere copy of the target has.
    """

    def __init__(self, source: Reading, ceiling: float | None = None) -> None:
        self._source, self._ceiling = source, ceiling
        self._pairs: list[tuple[Reading, Reading]] = []
        self._tones: list[float] = []
        self._sharpness: list[float] = []
        self._times: list[float] = []
        self._before, self._after = Shake(), Shake()
        self.frames = self.faces = self.failed = 0

    def add(
        self,
        images: tuple[BgrImage, BgrImage],
        readings: tuple[Reading | None, Reading | None],
        milliseconds: float,
    ) -> None:
        """One frame: target and result, and what each shows; no result's reading is a failure."""
        target, result = readings
        self.frames += 1
        self._times.append(milliseconds)
        seen = target if result is not None else None
        self._before.add(images[0], seen, seen)
        self._after.add(images[1], seen, result if seen is not None else None)
        if target is None:
            return
        self.faces += 1
        if result is None:
            self.failed += 1
            return
        self._pairs.append((target, result))
        self._tones.append(tone_delta(*images, target))
        self._sharpness.append(sharpness_ratio(*images, target))

    def figures(self) -> Figures:
        """The figures of the frames so far; a failed frame counts as nobody's likeness."""
        to_source = [distance(one.embedding, self._source.embedding) for _, one in self._pairs]
        to_target = [distance(one.embedding, before.embedding) for before, one in self._pairs]
        nearer = sum(a < b for a, b in zip(to_source, to_target, strict=True))
        apart = _mean([distance(one.embedding, self._source.embedding) for one, _ in self._pairs])
        one_person = apart is not None and apart < SAME_PERSON
        jitter = ratio(self._after.landmarks(), self._before.landmarks())
        photometric = ratio(self._after.photometric(), self._before.photometric())
        return Figures(
            identity_source=_mean(to_source),
            identity_target=_mean(to_target),
            # Of two pictures of one person neither is the nearer.
            nearer_share=None if one_person else self._share(nearer),
            same_person_share=self._share(sum(a < SAME_PERSON for a in to_source)),
            blendshape_correlation=correlation(self._pairs),
            blendshape_ceiling=self._ceiling,
            mouth_correlation=correlation(self._pairs, MOUTH),
            eyes_correlation=correlation(self._pairs, EYES),
            blendshape_error=blendshape_error(self._pairs),
            mouth_error=blendshape_error(self._pairs, MOUTH),
            eyes_error=blendshape_error(self._pairs, EYES),
            gaze_error=gaze_error(self._pairs),
            pose_deg=pose_error(self._pairs),
            tone_delta=_mean(self._tones),
            sharpness_ratio=_mean(self._sharpness),
            flicker_ratio=_mean([one for one in (jitter, photometric) if one is not None]),
            landmark_jitter_ratio=jitter,
            photometric_ratio=photometric,
            p50_ms=_percentile(self._times, 50),
            p95_ms=_percentile(self._times, 95),
            failed_share=self._share(self.failed),
        )

    def report(self, source: str, target: str, sheet: Sheet) -> PairReport:
        """The pair is done."""
        counts = (self.frames, self.faces, self.failed)
        return PairReport(source, target, *counts, self.figures(), sheet.jpeg())

    def _share(self, count: int) -> float | None:
        return count / self.faces if self.faces else None


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values else None

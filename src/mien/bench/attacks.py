"""What somebody tries who has recordings and knows this program, but not the key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mien.bench.camera import SyntheticCamera
from mien.bench.distortions import psnr
from mien.trust.detector import Finding
from mien.trust.residual import ResidualSum
from mien.trust.search import Geometry, fold
from mien.trust.watermark import spread
from mien.vision.face import BgrImage

Frames = list[BgrImage]
# Grey levels: what a forger would dare to add.
AMPLITUDE = 1.5
OTHER_FRAMES = 30


@dataclass(frozen=True)
class Attack:
    """apply: from a session's recording, and another session's of the same scene, to what is shown.

    forges: the mark is to be found where it does not belong; else it is to be gone.
    """

    name: str
    apply: Callable[[Frames, Frames], Frames]
    forges: bool = False


@dataclass(frozen=True)
class AttackRow:
    """Of so many clips: a mark found, this session's id read, the other session's read.

    worst_psnr_db: of what is shown, against what it was before the attack.
    """

    attack: str
    clips: int
    marked: int
    right_id: int
    other_id: int
    lowest_score: float
    worst_psnr_db: float


def attacks() -> tuple[Attack, ...]:
    """All of them, in the order of the table."""
    return (
        Attack("frames averaged and subtracted", lambda mine, _: less_average(mine)),
        Attack("its tile estimated and subtracted", lambda mine, _: less_tile(mine, mine)),
        Attack("another session's tile subtracted", less_tile),
        Attack("averaged with another session of the same scene", averaged),
        Attack(
            "frames averaged and laid on another clip",
            lambda mine, _: with_average(mine, another_clip(mine)),
            forges=True,
        ),
        Attack(
            "its tile estimated and laid on another clip",
            lambda mine, _: with_tile(mine, another_clip(mine)),
            forges=True,
        ),
    )


def attack_row(
    attack: Attack,
    recordings: Sequence[tuple[Frames, Frames]],
    look: Callable[[Frames], Finding],
    ids: tuple[int, int],
) -> AttackRow:
    """Run it on a session's and another's recordings; ids: of the two marks."""
    findings, losses = [], []
    for mine, others in recordings:
        shown = attack.apply(mine, others)
        before = another_clip(mine) if attack.forges else mine
        losses += [psnr(*pair) for pair in zip(before[::12], shown[::12], strict=True)]
        findings.append(look(shown))
    return AttackRow(
        attack.name,
        len(findings),
        sum(finding.marked for finding in findings),
        sum(finding.mark_id == ids[0] for finding in findings),
        sum(finding.mark_id == ids[1] for finding in findings),
        round(min(finding.peak.score for finding in findings), 1),
        round(min(losses), 1),
    )


def less_average(frames: Frames) -> Frames:
    """What all frames have in common above 12 pixels' blur is taken for the mark."""
    return _added(frames, -_average(frames))


def with_average(frames: Frames, onto: Frames) -> Frames:
    """The same laid on another clip."""
    return _added(onto, _average(frames))


def less_tile(frames: Frames, known: Frames) -> Frames:
    """The mark repeats within a frame: all repetitions of `known` are averaged as well."""
    return _added(frames, -AMPLITUDE * _waves(known))


def with_tile(frames: Frames, onto: Frames) -> Frames:
    """The same laid on another clip."""
    return _added(onto, AMPLITUDE * _waves(frames))


def averaged(mine: Frames, others: Frames) -> Frames:
    """Two marks at half of their strength each."""
    both = zip(mine, others, strict=True)
    return [((a.astype(np.uint16) + b + 1) // 2).astype(np.uint8) for a, b in both]


def another_clip(like: Frames) -> Frames:
    """Unmarked frames of the same size."""
    height, width = like[0].shape[:2]
    camera = SyntheticCamera(width, height, np.random.default_rng(0))
    return [camera.frame(number) for number in range(OTHER_FRAMES)]


def _waves(frames: Frames) -> Any:
    """An estimate of the mark, mean square 1; (h, w, 1)."""
    total = ResidualSum()
    for frame in frames:
        total.add(frame)
    height, width = frames[0].shape[:2]
    return spread(fold(total.plane(), Geometry()), height, width)[..., None]


def _average(frames: Frames) -> Any:
    fine = [frame.astype(np.float32) - cv2.GaussianBlur(frame, (0, 0), 4) for frame in frames]
    return np.mean([np.clip(one, -6, 6) for one in fine], axis=0)


def _added(frames: Frames, what: Any) -> Frames:
    return [np.clip(np.rint(frame + what), 0, 255).astype(np.uint8) for frame in frames]

"""Is it the living person who consents: a challenge nobody can have filmed before, and its check.

The head must turn as a random order of turns says, and a face must turn with it: a flat or bent
photo that is turned shows nearly the same yaw all the while (docs/consent.md has what was tried).
A film that is made to measure, a mask or a synthetic face is not found out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Turn = Literal["left", "right"]
RandomBytes = Callable[[int], bytes]

TURNS = 3
WORDS_IN_PHRASE = 4
# Degrees of yaw away from the straight look that count as a turn, and as having come back.
TURNED, BACK = 18.0, 9.0
# Shares of the frames: with exactly one face, and with the right one among those that were asked.
ONE_FACE, RIGHT_FACE = 0.8, 0.8
SAME_PERSON = 0.55
LEAST_SECONDS, LEAST_SPEECH_S = 3.0, 0.8

# Short, known to everybody, hard to mistake for each other. 32 words: five bits each.
WORDS = (
    *("anchor", "basket", "candle", "desert", "engine", "forest", "garden", "hammer"),
    *("island", "jacket", "kitchen", "ladder", "marble", "needle", "orange", "pencil"),
    *("quarter", "river", "silver", "table", "umbrella", "velvet", "window", "yellow"),
    *("zebra", "bridge", "copper", "dolphin", "eleven", "feather", "guitar", "honey"),
)


@dataclass(frozen=True)
class Challenge:
    """What the person is asked to say and to do. left and right are the person's own."""

    phrase: tuple[str, ...]
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class PersonReading:
    """What was measured in a clip. yaws: degrees towards the picture's right, frame by frame, NaN
    without a face. apart: distances of embeddings to the registered face. one_face: share of the
    frames with exactly one. speech_s: seconds in which something is heard."""

    seconds: float
    yaws: tuple[float, ...]
    apart: tuple[float, ...]
    one_face: float
    speech_s: float


def make_challenge(random: RandomBytes) -> Challenge:
    """A phrase of twenty random bits, and one of six orders of turns that are not all alike."""
    phrase = tuple(WORDS[byte % len(WORDS)] for byte in random(WORDS_IN_PHRASE))
    order = 1 + int.from_bytes(random(8)) % (2**TURNS - 2)
    turns: tuple[Turn, ...] = tuple("left" if order >> k & 1 else "right" for k in range(TURNS))
    return Challenge(phrase, turns)


def objections(reading: PersonReading, challenge: Challenge) -> tuple[str, ...]:
    """What speaks against the clip, a sentence each; empty where it is accepted."""
    alike = float(np.mean([one < SAME_PERSON for one in reading.apart])) if reading.apart else 0.0
    told = {
        "The clip is too short; take your time.": reading.seconds < LEAST_SECONDS,
        "Keep exactly one face in the picture all the while.": reading.one_face < ONE_FACE,
        "The face in the clip is not the registered one.": alike < RIGHT_FACE,
        "The head was not turned as asked.": turns_of(reading.yaws) != challenge.turns,
        "Nothing was heard; say the words aloud.": reading.speech_s < LEAST_SPEECH_S,
    }
    return tuple(text for text, true in told.items() if true)


def turns_of(yaws: Sequence[float]) -> tuple[Turn, ...]:
    """The turns in a series of yaws, each one away from the straight look and back again.

    Who turns to his left turns to the picture's right: the clip is not mirrored.
    """
    seen = np.asarray([yaw for yaw in yaws if np.isfinite(yaw)])
    if len(seen) < 5:
        return ()
    # A camera beside the screen sees a straight look from the side, though not from far.
    away = seen - np.clip(np.median(seen[:3]), -BACK, BACK)
    turns: list[Turn] = []
    last: Turn | None = None
    for yaw in away:
        side: Turn = "left" if yaw > 0 else "right"
        if abs(yaw) > TURNED and side != last:
            turns.append(side)
            last = side
        elif abs(yaw) < BACK:
            last = None
    return tuple(turns)

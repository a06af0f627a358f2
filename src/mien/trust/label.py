"""The visible label: a badge on every frame, and a card over the first seconds."""

from dataclasses import dataclass

import numpy as np

from mien.trust.plate import LEAST_CAPITAL, PLATE_LEVEL, Plate, make_plate, text_width
from mien.trust.wording import Wording
from mien.vision.face import BgrImage

CARD_SECONDS = 2.5
# Capital letters are at least a twentieth of the short side high.
SHARE = 0.05
MARGIN = 0.025
WIDEST_BADGE = 0.5
WIDEST_LINE = 0.92
# The card's middle, from the top.
CARD_AT = 0.8


@dataclass(frozen=True, eq=False)
class _Layout:
    """What is laid on frames of one size, and where."""

    size: tuple[int, int]
    badge: Plate
    badge_at: tuple[int, int]
    card: Plate
    card_at: tuple[int, int]


class Label:
    """Draws on the frames of one stream. Text is rendered once a frame size; for one thread."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._layout: _Layout | None = None

    def draw(self, frame: BgrImage, seconds: float) -> None:
        """Badge and, in the first 2.5 seconds, card; in place.

        frame: (h, w, 3) uint8 BGR. seconds: since the stream began; infinity leaves out the card.
        """
        size = (frame.shape[0], frame.shape[1])
        if self._layout is None or self._layout.size != size:
            self._layout = _arrange(self._wording, size)
        layout = self._layout
        layout.badge.lay(frame, *layout.badge_at)
        if seconds < CARD_SECONDS:
            layout.card.lay(frame, *layout.card_at)


def draw_stop_card(wording: Wording, height: int, width: int) -> BgrImage:
    """A whole dark frame that says that the stream was stopped; (height, width, 3) uint8 BGR."""
    frame = np.full((height, width, 3), PLATE_LEVEL, np.uint8)
    capital = max(LEAST_CAPITAL, round(SHARE * min(height, width)))
    lines, capital = _wrapped(wording.stopped, capital, round(WIDEST_LINE * width))
    plate = make_plate(lines, capital, width)
    plate.lay(frame, max(0, (height - plate.mask.shape[0]) // 2), 0)
    return frame


def _arrange(wording: Wording, size: tuple[int, int]) -> _Layout:
    height, width = size
    short = min(size)
    capital = max(LEAST_CAPITAL, -int(-SHARE * short // 1))
    badge = make_plate([_badge_text(wording, capital, width)], capital)
    margin = round(MARGIN * short)
    left = max(0, width - badge.mask.shape[1] - margin)
    lines, card_capital = _wrapped(wording.card, capital, round(WIDEST_LINE * width))
    card = make_plate(lines, card_capital, width)
    top = max(0, round(CARD_AT * height - card.mask.shape[0] / 2))
    return _Layout(size, badge, (margin, left), card, (top, 0))


def _badge_text(wording: Wording, capital: int, width: int) -> str:
    fits = text_width(wording.badge, capital) <= WIDEST_BADGE * width
    return wording.badge if fits else wording.short


def _wrapped(text: str, capital: int, width: int) -> tuple[list[str], int]:
    """Lines no wider than allowed, in smaller letters only where a word alone is too wide.

    As few lines as will do, and those of about the same length.
    """
    words = text.split()
    while capital > LEAST_CAPITAL and max(text_width(word, capital) for word in words) > width:
        capital -= 1
    lines = _broken(words, capital, width)
    narrower = range(text_width(text, capital) // len(lines), width, capital)
    tries = (_broken(words, capital, limit) for limit in narrower)
    return next((even for even in tries if len(even) == len(lines)), lines), capital


def _broken(words: list[str], capital: int, width: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if text_width(longer, capital) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines

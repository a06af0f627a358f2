"""How many bits a second the encoder may spend."""

from math import sqrt

LOSS_HIGH = 0.10
LOSS_LOW = 0.02
GROWTH = 1.08
WINDOW_S = 1.0
LEAST_PACKETS = 20
SURE = 2.0  # standard deviations


class LossWindow:
    """Adds up a receiver's reports until they tell of a second and enough packets.

    Browsers report with every request for a lost packet: such a report tells of two packets or
    three, one of them lost, and says nothing of the line.
    """

    def __init__(self) -> None:
        self._began: tuple[int, int, float] | None = None

    def add(self, highest: int, lost: int, now: float) -> tuple[int, int] | None:
        """Totals until now, as a report has them; (lost, expected) of a window that is full."""
        if self._began is None or highest < self._began[0]:
            self._began = highest, lost, now
            return None
        expected = highest - self._began[0]
        if now - self._began[2] < WINDOW_S or expected < LEAST_PACKETS:
            return None
        gone = max(0, lost - self._began[1])  # what came late or twice takes from the total
        self._began = highest, lost, now
        return min(gone, expected), expected


class BitrateTarget:
    """Follows an estimate (ours or the receiver's) and its reported loss, within bounds.

    The rule on loss is that of Google congestion control (draft-ietf-rmcat-gcc-02, section 6):
    above 10 % the rate shrinks by half the loss, below 2 % the bound grows a little, between the
    two it stays. What is above must be so surely: chance alone, on a radio that loses a tenth
    whatever is sent, would drive the rate down for ever.
    """

    def __init__(self, *, lowest: int, start: int, highest: int) -> None:
        self._lowest, self._highest = lowest, highest
        self._estimate = start
        self._bound = float(highest)
        self.bits_per_second = start

    def on_estimate(self, bits_per_second: int) -> None:
        """How much the line carries."""
        self._estimate = bits_per_second
        self._settle()

    def on_loss(self, lost: int, expected: int) -> None:
        """So many of the expected packets were lost lately."""
        chance = SURE * sqrt(expected * LOSS_HIGH * (1 - LOSS_HIGH))
        if lost > LOSS_HIGH * expected + chance:
            self._bound = max(self.bits_per_second * (1 - 0.5 * lost / expected), self._lowest)
        elif lost < LOSS_LOW * expected:
            self._bound = min(self._bound * GROWTH, self._highest)
        self._settle()

    def less(self, other: float) -> int:
        """What is left when something else takes so many bits a second; never below the least."""
        return int(max(self._lowest, self.bits_per_second - other))

    def _settle(self) -> None:
        rate = min(self._bound, self._estimate)
        self.bits_per_second = int(max(self._lowest, min(rate, self._highest)))


class BitrateHysteresis:
    """Says when a changed rate is worth a new encoder, which costs a key frame.

    A drop of 30 % must be obeyed at once, or the line jams; otherwise a change must be above
    `ratio` and `hold_s` seconds after the last one.
    """

    def __init__(self, *, ratio: float = 0.35, hold_s: float = 4.0, drop: float = 0.7) -> None:
        self._ratio, self._hold_s, self._drop = ratio, hold_s, drop
        self._changed: float | None = None

    def should_change(self, current: int, target: int, now: float) -> bool:
        """Whether to go from `current` to `target` bits per second at `now` seconds."""
        held = self._changed is not None and now - self._changed < self._hold_s
        large = abs(target - current) > self._ratio * current
        if target < self._drop * current or (large and not held):
            self._changed = now
            return True
        return False

"""How many bits a second the encoder may spend."""

from mien.media.webrtc.counters import Average

LOSS_HIGH = 0.12
LOSS_LOW = 0.02
GROWTH = 1.08
SMOOTHING = 0.3


class BitrateTarget:
    """Follows an estimate (ours or the receiver's) and its reported loss, within bounds.

    The rule on loss is that of Google congestion control (draft-ietf-rmcat-gcc-02, section 6):
    when it is high the rate shrinks by half the loss, below 2 % the bound grows a little each
    report. Loss is smoothed, because one report of a radio that loses a tenth at random, whatever
    is sent, must not drive the rate down for ever.
    """

    def __init__(self, *, lowest: int, start: int, highest: int) -> None:
        self._lowest, self._highest = lowest, highest
        self._estimate = start
        self._bound = float(highest)
        self._loss = Average(SMOOTHING)
        self.bits_per_second = start

    def on_estimate(self, bits_per_second: int) -> None:
        """How much the line carries."""
        self._estimate = bits_per_second
        self._settle()

    def on_loss(self, fraction: float) -> None:
        """The receiver says what share of packets (0 to 1) it missed since its last report."""
        self._loss.add(fraction)
        if self._loss.value > LOSS_HIGH:
            self._bound = max(self.bits_per_second * (1 - 0.5 * self._loss.value), self._lowest)
        elif self._loss.value < LOSS_LOW:
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

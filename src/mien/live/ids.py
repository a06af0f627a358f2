"""Names of things: session ids, channel ids, source ids. Clock and randomness are passed in."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
RandomBytes = Callable[[int], bytes]

SOURCE_PREFIX = "src_"
LIKENESS_PREFIX = "lik_"


class Ids:
    """Makes ids. `clock` gives seconds since the epoch, `random` that many random bytes."""

    def __init__(self, clock: Clock, random: RandomBytes) -> None:
        self._clock = clock
        self._random = random
        self._serial = int.from_bytes(random(2)) % 10_000

    def session(self) -> str:
        """24 hex digits in ObjectId form: four bytes of creation second, eight random ones."""
        return (int(self._clock()).to_bytes(4) + self._random(8)).hex()

    def channel(self) -> str:
        """UTC `YYYYMMDDhhmmssSSS_NNNN`; the serial keeps ids of one millisecond apart."""
        moment = datetime.fromtimestamp(self._clock(), UTC)
        self._serial = (self._serial + 1) % 10_000
        return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}_{self._serial:04d}"

    def source(self) -> str:
        """`src_` and 128 random bits."""
        return SOURCE_PREFIX + self._random(16).hex()

    def likeness(self) -> str:
        """`lik_` and 96 random bits."""
        return LIKENESS_PREFIX + self._random(12).hex()

    def salt(self) -> int:
        """A media token's salt, 1 to 99,999,999 as Agora's builders have it."""
        return int.from_bytes(self._random(8)) % 99_999_999 + 1

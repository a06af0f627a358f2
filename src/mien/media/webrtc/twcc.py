"""Transport-wide congestion control: the feedback a browser's bandwidth estimator lives on.

Format: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
"""

from struct import pack

from mien.media.webrtc.counters import Unwrapper

URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
RTCP_RTPFB = 205
FORMAT = 15
DELTA_US = 250
REFERENCE_US = 64_000
SYMBOLS_PER_CHUNK = 7
MAX_REPORTED = 400
ABSENT, SMALL, LARGE = 0, 1, 2


class FeedbackBuilder:
    """Notes when packets arrived and reports them; one for all streams of a transport."""

    def __init__(self) -> None:
        self._sequence = Unwrapper(16)
        self._arrivals: dict[int, int] = {}
        self._next: int | None = None
        self._count = 0

    def add(self, sequence: int, now: float) -> None:
        """Note that the packet with this transport-wide sequence number came at `now` seconds."""
        number = self._sequence.unwrap(sequence)
        if self._next is None:
            self._next = number
        if number < self._next - MAX_REPORTED:
            return
        self._next = min(self._next, number)  # late: report again from here
        self._arrivals[number] = int(now * 1e6)
        if len(self._arrivals) > MAX_REPORTED:
            del self._arrivals[min(self._arrivals)]

    def build(self, sender_ssrc: int, media_ssrc: int) -> bytes | None:
        """An RTCP packet on everything since the last one, or None if nothing came."""
        if not self._arrivals or self._next is None:
            return None
        last = max(self._arrivals)
        first = max(self._next, last - MAX_REPORTED)
        body = self._body(range(first, last + 1), sender_ssrc, media_ssrc)
        self._next = last + 1
        self._arrivals.clear()
        self._count += 1
        return _padded(body)

    def _body(self, numbers: range, sender_ssrc: int, media_ssrc: int) -> bytes:
        reference = self._arrivals[min(n for n in self._arrivals if n in numbers)] // REFERENCE_US
        symbols, deltas = self._symbols(numbers, reference * REFERENCE_US)
        head = pack("!IIHH", sender_ssrc, media_ssrc, numbers[0] & 0xFFFF, len(symbols))
        clock = pack("!I", (reference & 0xFFFFFF) << 8 | self._count & 0xFF)
        return head + clock + _chunks(symbols) + deltas

    def _symbols(self, numbers: range, reference_us: int) -> tuple[list[int], bytes]:
        symbols: list[int] = []
        deltas = b""
        for number in numbers:
            arrival = self._arrivals.get(number)
            if arrival is None:
                symbols.append(ABSENT)
                continue
            steps = max(-32768, min(32767, (arrival - reference_us) // DELTA_US))
            # The next delta counts from what was told, so rounding never adds up.
            reference_us += steps * DELTA_US
            small = 0 <= steps <= 255
            symbols.append(SMALL if small else LARGE)
            deltas += pack("!B" if small else "!h", steps)
        return symbols, deltas


def _chunks(symbols: list[int]) -> bytes:
    """Status vector chunks of two-bit symbols."""
    chunks = b""
    for start in range(0, len(symbols), SYMBOLS_PER_CHUNK):
        value = 0b11 << 14
        for place, symbol in enumerate(symbols[start : start + SYMBOLS_PER_CHUNK]):
            value |= symbol << (12 - 2 * place)
        chunks += pack("!H", value)
    return chunks


def _padded(body: bytes) -> bytes:
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes([padding])
    flags = 0b10 << 6 | bool(padding) << 5 | FORMAT
    return pack("!BBH", flags, RTCP_RTPFB, len(body) // 4) + body

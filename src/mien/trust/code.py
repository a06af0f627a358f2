"""The mark's 48-bit id as symbols that survive noise: CRC-16, then a convolutional code.

The code is the rate 1/2, constraint length 7 code with the generators 133 and 171 (octal) that
Voyager and 802.11 use; it is closed by six zero bits, and read back by a soft Viterbi decoder.
"""

import numpy as np
from numpy.typing import NDArray

ID_BITS = 48
CRC_BITS = 16
MEMORY = 6
# 133 and 171 with the newest bit lowest, as libfec writes them.
GENERATORS = (0x6D, 0x4F)
STATES = 1 << MEMORY
STEPS = ID_BITS + CRC_BITS + MEMORY
SYMBOLS = STEPS * len(GENERATORS)

Symbols = NDArray[np.float32]


def encode(mark_id: int) -> Symbols:
    """(140,) float32 of -1 and 1. Raises ValueError for an id outside 48 bits."""
    if not 0 <= mark_id < 1 << ID_BITS:
        raise ValueError(f"A mark's id has {ID_BITS} bits; {mark_id} has not.")
    message = (mark_id << CRC_BITS | crc16(mark_id.to_bytes(ID_BITS // 8, "big"))) << MEMORY
    register, symbols = 0, []
    for step in range(STEPS):
        register = (register << 1 | message >> (STEPS - 1 - step) & 1) & (2 * STATES - 1)
        symbols += [1 - 2 * _parity(register & generator) for generator in GENERATORS]
    return np.array(symbols, np.float32)


def decode(soft: Symbols) -> int | None:
    """The id whose symbols are nearest to (140,) soft ones; None where its CRC is wrong."""
    bits = _viterbi(soft.astype(np.float64).reshape(STEPS, len(GENERATORS)))
    word = int("".join(map(str, bits[: ID_BITS + CRC_BITS])), 2)
    mark_id, crc = word >> CRC_BITS, word & (1 << CRC_BITS) - 1
    return mark_id if crc16(mark_id.to_bytes(ID_BITS // 8, "big")) == crc else None


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, starting at 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def _parity(value: int) -> int:
    return value.bit_count() & 1


def _viterbi(soft: NDArray[np.float64]) -> list[int]:
    """The likeliest input bits. A state is the last six bits, the newest lowest."""
    states = np.arange(STATES)
    # The two states before each, and the symbols that lead from them.
    before = np.stack([states >> 1, states >> 1 | STATES >> 1], axis=1)
    registers = (before << 1) | (states & 1)[:, None]
    expected = np.array(
        [[[1 - 2 * _parity(int(r) & g) for g in GENERATORS] for r in pair] for pair in registers]
    )
    score = np.full(STATES, -np.inf)
    score[0] = 0
    choices = np.empty((STEPS, STATES), np.int8)
    for step in range(STEPS):
        reached = score[before] + expected @ soft[step]
        choices[step] = reached.argmax(axis=1)
        score = reached.max(axis=1)
    state, bits = 0, []
    for step in range(STEPS - 1, -1, -1):
        bits.append(state & 1)
        state = int(before[state, choices[step, state]])
    return bits[::-1]

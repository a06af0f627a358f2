"""The id as symbols: known values, noise, and what is no code word."""

import numpy as np
import pytest

from mien.trust.code import SYMBOLS, crc16, decode, encode

IDS = (0, 1, 0x123456789ABC, (1 << 48) - 1)


def test_the_crc_is_the_published_one() -> None:
    # The check value of CRC-16/CCITT-FALSE (also named IBM-3740).
    assert crc16(b"123456789") == 0x29B1


def test_the_code_is_the_published_one() -> None:
    # One 1 among zeros writes out the generators 133 and 171: 1011011 and 1111001.
    symbols = encode(0).reshape(-1, 2)
    # Six zero bytes have a CRC that is not zero: its first 1 is where the register fills.
    first = 48 + f"{crc16(bytes(6)):016b}".index("1")
    assert symbols[:first].min() == 1
    assert symbols[first].tolist() == [-1, -1]
    alone = encode(1 << 47).reshape(-1, 2)[:7]
    assert [int(s < 0) for s in alone[:, 0]] == [1, 0, 1, 1, 0, 1, 1]
    assert [int(s < 0) for s in alone[:, 1]] == [1, 1, 1, 1, 0, 0, 1]


@pytest.mark.parametrize("mark_id", IDS)
def test_every_id_comes_back(mark_id: int) -> None:
    symbols = encode(mark_id)
    assert symbols.shape == (SYMBOLS,)
    assert set(np.unique(symbols)) <= {-1.0, 1.0}
    assert decode(symbols) == mark_id


def test_an_id_comes_back_from_symbols_of_which_every_tenth_is_wrong() -> None:
    symbols = encode(IDS[2])
    symbols[::10] *= -1
    assert decode(symbols) == IDS[2]


def test_an_id_comes_back_from_noise_as_loud_as_itself_three_quarters() -> None:
    noise = np.random.default_rng(1)
    good = [
        decode(encode(IDS[2]) + noise.normal(0, 0.75, SYMBOLS).astype(np.float32)) == IDS[2]
        for _ in range(20)
    ]
    assert sum(good) >= 18


def test_noise_alone_is_no_id() -> None:
    noise = np.random.default_rng(2)
    found = [decode(noise.normal(0, 1, SYMBOLS).astype(np.float32)) for _ in range(100)]
    assert found == [None] * 100


@pytest.mark.parametrize("wrong", [-1, 1 << 48])
def test_an_id_of_more_bits_is_refused(wrong: int) -> None:
    with pytest.raises(ValueError, match="48 bits"):
        encode(wrong)

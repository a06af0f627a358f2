"""The keyed tile: energy, layout, secrecy, and that reading undoes writing."""

import numpy as np
import pytest

from mien.trust.code import SYMBOLS, decode, encode
from mien.trust.pattern import CELLS, PAYLOAD_CELLS, PILOTS, TILE, make_pattern

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
MARK_ID = 0xC0FFEE123456


def test_every_cell_has_mean_square_one_and_no_brightness() -> None:
    waves = make_pattern(KEY).waves
    assert np.allclose((waves**2).mean(axis=(1, 2)), 1, atol=1e-5)
    assert np.allclose(waves.mean(axis=(1, 2)), 0, atol=1e-5)
    # Bytes hold 127/32 of an amplitude.
    assert np.abs(waves).max() < 127 / 32 * 1.35


def test_every_symbol_has_its_cells() -> None:
    counts = np.bincount(make_pattern(KEY).slots)
    assert counts[PILOTS:].tolist() == [2] * SYMBOLS
    assert counts[:PILOTS].sum() == CELLS - PAYLOAD_CELLS
    assert counts[:PILOTS].min() >= 7


def test_reading_undoes_writing() -> None:
    pattern = make_pattern(KEY)
    soft = pattern.read(pattern.id_tile(encode(MARK_ID)))
    assert np.allclose(soft, 128 * encode(MARK_ID), rtol=1e-4)
    assert decode(soft) == MARK_ID


def test_the_tile_starts_with_the_first_cell() -> None:
    pattern = make_pattern(KEY)
    symbols = np.concatenate([pattern.pilots, encode(MARK_ID)])
    tile = pattern.id_tile(encode(MARK_ID))
    assert tile.shape == (TILE, TILE)
    assert np.allclose(tile[:8, 8:16], pattern.waves[1] * symbols[pattern.slots[1]])
    assert np.allclose(tile[8:16, :8], pattern.waves[20] * symbols[pattern.slots[20]])


def test_pilots_are_the_same_for_every_id() -> None:
    pattern = make_pattern(KEY)
    pilots = pattern.pilot_tile()
    rest = pattern.id_tile(encode(MARK_ID)) - pilots
    assert np.abs(pattern.read(pilots)).max() == 0
    assert (pilots * rest).sum() == 0
    assert (pilots**2).mean() == pytest.approx(120 / 400, rel=1e-4)


def test_another_key_has_another_pattern() -> None:
    one, other = make_pattern(KEY), make_pattern(OTHER)
    tiles = [pattern.id_tile(encode(MARK_ID)).ravel() for pattern in (one, other)]
    # 2800 independent signs: a correlation of 0.1 would be five deviations.
    likeness = float((tiles[0] * tiles[1]).mean())
    assert abs(likeness) < 0.1
    assert decode(other.read(one.id_tile(encode(MARK_ID)))) is None


def test_a_key_always_makes_the_same_pattern() -> None:
    # Files marked years ago are read by these numbers; they must never change.
    pattern = make_pattern(KEY)
    assert pattern.slots[:8].tolist() == make_pattern(KEY).slots[:8].tolist() == SLOTS
    assert pattern.pilots.astype(int).tolist() == PILOT_SIGNS
    assert pattern.waves[0, 0, :3] == pytest.approx(FIRST_WAVE, abs=1e-4)


SLOTS = [70, 7, 1, 41, 12, 140, 13, 7]
PILOT_SIGNS = [1, 1, 1, 1, -1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, 1]
FIRST_WAVE = [0.32135, 0.35992, 0.38265]


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        make_pattern(b"short")

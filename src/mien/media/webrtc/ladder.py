"""Which viewers share an encode. Pure."""

from collections.abc import Mapping
from statistics import median_low
from typing import TypeVar

T = TypeVar("T")
SLOW, RECOVERED = 0.5, 0.8


def slow_ones(rates: Mapping[T, float], slow: frozenset[T]) -> frozenset[T]:
    """Those whose line is too slow for the encode that the others share.

    rates: bits a second of every viewer's line. slow: who was found slow last time. Below half
    of the median one is slow, from four fifths on no longer: so nobody gets less than half of what
    the median line carries because of another, and two encodes are enough for any number.
    """
    if not rates:
        return frozenset()
    middle = median_low(rates.values())
    return frozenset(
        who for who, rate in rates.items() if rate < middle * (RECOVERED if who in slow else SLOW)
    )

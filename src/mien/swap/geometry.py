"""The arrays of numbers that the swap works on, and the smooth step used everywhere."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def smooth_step(value: Any, low: float, high: float) -> Any:
    """0 below low, 1 above high, a cubic between; a float or an array of any shape."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)

"""Whether a figure stays flat: slope over hours, and the first quarter against the last."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Drift:
    """slope_per_hour by least squares; medians of the first and the last quarter of the time."""

    slope_per_hour: float
    first_quarter: float
    last_quarter: float

    def rounded(self) -> dict[str, float]:
        """As JSON, with two decimals."""
        return {name: round(value, 2) for name, value in asdict(self).items()}


def drift(samples: Sequence[tuple[float, float]]) -> Drift:
    """The drift of (seconds, value) samples. Raises ValueError for fewer than four of them."""
    if len(samples) < 4:
        raise ValueError("Drift needs at least four samples.")
    seconds, values = np.asarray(samples, np.float64).T
    quarter = (seconds.max() - seconds.min()) / 4
    return Drift(
        slope_per_hour=float(np.polyfit(seconds, values, 1)[0]) * SECONDS_PER_HOUR,
        first_quarter=float(np.median(values[seconds <= seconds.min() + quarter])),
        last_quarter=float(np.median(values[seconds >= seconds.max() - quarter])),
    )


def percentile(values: Sequence[float], percent: float) -> float | None:
    """A percentile by linear interpolation, to a tenth; None of nothing."""
    return round(float(np.percentile(values, percent)), 1) if values else None

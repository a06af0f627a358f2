import math

import numpy as np
import pytest

from mien.bench.drift import drift, percentile


def test_a_steady_rise_is_told_by_the_hour() -> None:
    rising = [(1000.0 + t, 40.0 + t / 360) for t in range(0, 1800, 5)]  # 10 an hour
    found = drift(rising)
    assert found.slope_per_hour == pytest.approx(10)
    assert found.first_quarter == pytest.approx(40.62, abs=0.02)
    assert found.last_quarter == pytest.approx(44.37, abs=0.02)


def test_noise_around_a_flat_line_is_flat() -> None:
    rng = np.random.default_rng(5)
    flat = [(float(t), 50 + float(rng.normal(0, 8))) for t in range(3600)]
    found = drift(flat)
    assert abs(found.slope_per_hour) < 1
    assert abs(found.first_quarter - found.last_quarter) < 1


def test_one_outlier_does_not_move_the_quarters() -> None:
    samples = [(float(t), 30.0) for t in range(100)]
    samples[2] = (2.0, 5000.0)
    assert drift(samples).first_quarter == 30


def test_quarters_are_of_time_not_of_samples() -> None:
    crowded = [(t / 10, 1.0) for t in range(100)] + [(30.0, 9.0), (35.0, 9.0), (40.0, 9.0)]
    assert drift(crowded).last_quarter == 9


def test_it_rounds_for_reading() -> None:
    rounded = drift([(float(t), t / 3) for t in range(8)]).rounded()
    assert rounded == {"slope_per_hour": 1200.0, "first_quarter": 0.17, "last_quarter": 2.17}


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="four"):
        drift([(0, 1), (1, 1), (2, 1)])


@pytest.mark.parametrize(("percent", "expected"), [(50, 30.0), (95, 48.0), (0, 10.0), (100, 50.0)])
def test_percentiles_are_interpolated(percent: float, expected: float) -> None:
    assert percentile([50, 10, 40, 20, 30], percent) == expected


def test_nothing_has_no_percentile() -> None:
    assert percentile([], 50) is None
    assert not math.isnan(percentile([1.0], 95) or math.nan)

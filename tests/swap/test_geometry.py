import numpy as np
import pytest

from mien.swap.geometry import smooth_step


def test_smooth_step_runs_from_0_to_1() -> None:
    np.testing.assert_allclose(
        smooth_step(np.array([-1.0, 2.0, 3.0, 4.0, 9.0]), 2, 4), [0, 0, 0.5, 1, 1]
    )
    assert smooth_step(0.25, 0, 1) == pytest.approx(0.15625)

import numpy as np
import pytest

from mien.media.webrtc.scaling import HOLD_S, PictureScale, shrink

VGA, HD = (640, 480), (1280, 720)


@pytest.mark.parametrize(
    ("size", "rate", "share"),
    [
        (VGA, 1_500_000, 1.0),
        (VGA, 260_000, 1.0),
        (VGA, 230_000, 0.75),
        (VGA, 150_000, 0.5),
        (HD, 1_500_000, 1.0),
        (HD, 600_000, 0.75),
        (HD, 300_000, 0.5),
        ((200, 150), 1_000, 1.0),  # smaller is of no use to anybody
    ],
)
def test_the_picture_is_as_large_as_the_line_can_carry(
    size: tuple[int, int], rate: int, share: float
) -> None:
    assert PictureScale().choose(size, rate, 0.0) == share


def test_it_shrinks_at_once_and_grows_step_by_step_when_there_is_room() -> None:
    scale = PictureScale()
    assert scale.choose(VGA, 1_000_000, 0.0) == 1.0
    assert scale.choose(VGA, 100_000, 0.1) == 0.5
    assert scale.choose(VGA, 1_000_000, 1.0) == 0.5  # too soon
    assert scale.choose(VGA, 1_000_000, HOLD_S + 0.2) == 0.75
    assert scale.choose(VGA, 1_000_000, HOLD_S + 1.0) == 0.75
    assert scale.choose(VGA, 1_000_000, 2 * HOLD_S + 0.3) == 1.0


def test_a_rate_about_a_bound_changes_the_size_once() -> None:
    scale = PictureScale()
    rates = [245_760 + 40_000 * (-1) ** n for n in range(600)]
    shares = [scale.choose(VGA, rate, n / 10) for n, rate in enumerate(rates)]
    assert len({*shares[2:]}) == 1


@pytest.mark.parametrize(("share", "size"), [(1.0, (97, 131)), (0.75, (72, 98)), (0.5, (48, 66))])
def test_sides_are_even_and_colours_stay(share: float, size: tuple[int, int]) -> None:
    small = shrink(np.full((97, 131, 3), (10, 90, 200), np.uint8), share)
    assert small.shape == (*size, 3)
    assert (small == (10, 90, 200)).all()

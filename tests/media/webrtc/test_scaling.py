import numpy as np
import pytest

from mien.media.webrtc.scaling import DOWN_AFTER_S, UP_AFTER_S, PictureScale, shrink

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
    scale = PictureScale()
    scale.choose(size, rate, 0.0)
    assert scale.choose(size, rate, DOWN_AFTER_S) == share


def sides(scale: PictureScale, rate: float, begin: float, seconds: float) -> list[float]:
    return [scale.choose(VGA, rate, begin + n / 10) for n in range(round(seconds * 10))]


def test_it_shrinks_soon_and_grows_step_by_step_when_there_is_room() -> None:
    scale = PictureScale()
    assert {*sides(scale, 1_000_000, 0.0, 10)} == {1.0}
    assert {*sides(scale, 100_000, 10.0, 0.9)} == {1.0}  # may be a moment's dip
    assert {*sides(scale, 1_000_000, 11.0, 1)} == {1.0}
    assert sides(scale, 100_000, 20.0, 2)[-1] == 0.5
    assert {*sides(scale, 1_000_000, 30.0, UP_AFTER_S - 0.1)} == {0.5}
    assert sides(scale, 1_000_000, 30 + UP_AFTER_S, UP_AFTER_S)[1] == 0.75
    assert sides(scale, 1_000_000, 30 + 2 * UP_AFTER_S, UP_AFTER_S)[-1] == 1.0


def test_a_rate_about_a_bound_changes_the_size_once() -> None:
    scale = PictureScale()
    rates = [245_760 + 40_000 * (-1) ** n for n in range(600)]
    shares = [scale.choose(VGA, rate, n / 10) for n, rate in enumerate(rates)]
    assert len({*shares}) == 1
    rates = [245_760 + 40_000 * (-1) ** (n // 20) for n in range(600)]  # now for seconds each
    shares = [scale.choose(VGA, rate, 100 + n / 10) for n, rate in enumerate(rates)]
    assert shares[40:] == [0.75] * 560


@pytest.mark.parametrize(("share", "size"), [(1.0, (97, 131)), (0.75, (72, 98)), (0.5, (48, 66))])
def test_sides_are_even_and_colours_stay(share: float, size: tuple[int, int]) -> None:
    small = shrink(np.full((97, 131, 3), (10, 90, 200), np.uint8), share)
    assert small.shape == (*size, 3)
    assert (small == (10, 90, 200)).all()

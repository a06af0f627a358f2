import itertools

from mien.media.webrtc.keyframes import KeyFrameLimit
from mien.media.webrtc.pacing import PacingBudget


def leaves_at(rate: float, packets: int, bits: int = 9600) -> list[float]:
    budget, now, times = PacingBudget(rate), 0.0, []
    for _ in range(packets):
        now += budget.wait_s(now)
        budget.spend(bits, now)
        times.append(now)
    return times


def test_a_usual_picture_leaves_at_once() -> None:
    # 1 Mb/s and 20 pictures a second: 50 kbit each, 40 of which are in the burst.
    assert leaves_at(1_000_000, 5)[-1] < 0.005


def test_a_key_frame_is_spread_over_what_the_line_can_take() -> None:
    times = leaves_at(300_000, 20)
    assert times[:2] == [0.0, 0.0]
    # 192 kbit, 12 of them in the burst, the rest at 750 kbit/s.
    assert 0.2 < times[-1] < 0.25
    steps = [b - a for a, b in itertools.pairwise(times[3:])]
    assert all(abs(step - 0.0128) < 1e-6 for step in steps)


def test_the_bucket_fills_again() -> None:
    budget = PacingBudget(1_000_000)
    budget.spend(100_000, 0.0)
    assert budget.wait_s(0.0) > 0
    assert budget.wait_s(0.1) == 0


def test_key_frames_take_half_of_the_rate_at_most() -> None:
    limit = KeyFrameLimit()
    assert limit.allows(0.0)
    limit.made(10_000, 1_000_000, 0.0)
    assert not limit.allows(0.2)
    assert limit.allows(0.25)
    limit.made(150_000, 300_000, 1.0)
    assert not limit.allows(1.9)
    assert limit.allows(2.0)
    limit.made(10_000_000, 300_000, 3.0)
    assert limit.allows(5.0)

import threading
import time

import pytest

from mien.media.pacing import CameraTime, LipSync, Newest, RateMeter


def test_the_newest_value_wins_and_the_lost_are_counted() -> None:
    slot: Newest[int] = Newest()
    assert slot.take_now() is None
    for value in (1, 2, 3):
        assert slot.put(value)
    assert slot.dropped == 2
    assert slot.take(0) == 3
    assert slot.take_now() is None
    slot.put(4)
    assert (slot.take_now(), slot.dropped) == (4, 2)


def test_a_falsy_value_is_a_value() -> None:
    slot: Newest[int] = Newest()
    slot.put(0)
    slot.put(0)
    assert (slot.take(0), slot.dropped) == (0, 1)


def test_a_waiting_thread_is_woken_by_a_value_and_by_the_end() -> None:
    slot: Newest[str] = Newest()
    taken: list[str | None] = []

    def consume() -> None:
        while (value := slot.take()) is not None:
            taken.append(value)

    thread = threading.Thread(target=consume)
    thread.start()
    slot.put("a")
    deadline = time.monotonic() + 5
    while not taken and time.monotonic() < deadline:
        time.sleep(0.001)
    slot.close()
    thread.join(5)
    assert not thread.is_alive()
    assert taken == ["a"]


def test_a_closed_slot_keeps_nothing() -> None:
    slot: Newest[str] = Newest()
    slot.put("a")
    slot.close()
    assert slot.take(1) is None
    assert slot.put("b") is False
    assert slot.take_now() is None


def test_a_taker_gives_up_after_its_time() -> None:
    assert Newest[int]().take(0.01) is None


def test_between_busy_threads_values_only_ever_get_newer() -> None:
    slot: Newest[int] = Newest()
    taken: list[int] = []

    def consume() -> None:
        while (value := slot.take()) is not None:
            taken.append(value)
            time.sleep(0.0002)

    thread = threading.Thread(target=consume)
    thread.start()
    for value in range(1, 5001):
        slot.put(value)
    deadline = time.monotonic() + 5
    while (not taken or taken[-1] != 5000) and time.monotonic() < deadline:
        time.sleep(0.001)
    slot.close()
    thread.join(5)
    assert taken == sorted(set(taken))
    assert taken[-1] == 5000
    assert len(taken) + slot.dropped == 5000


def test_the_rate_of_even_events_is_their_rate() -> None:
    meter = RateMeter()
    for n in range(100):
        meter.count(n / 20)
    assert meter.rate(99 / 20) == pytest.approx(20)


def test_the_rate_falls_while_nothing_happens_and_ends_at_zero() -> None:
    meter = RateMeter(window_s=2)
    assert meter.rate(0) == 0
    for n in range(41):
        meter.count(n / 20)
    rates = [meter.rate(2 + silence) for silence in (0, 0.5, 1, 1.5, 2.1)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(20)
    assert rates[2] < 15
    assert rates[-1] == 0


def test_the_rate_needs_two_events_and_bounded_memory() -> None:
    meter = RateMeter(most=10)
    meter.count(1)
    assert meter.rate(1) == 0
    for n in range(1000):
        meter.count(1 + n / 1000)
    assert meter.rate(1.999) == pytest.approx(1000)


def test_the_first_picture_sets_the_delay() -> None:
    sync = LipSync()
    assert sync.delay_s == sync.latency_s == 0
    assert sync.measured(0.08, 10) == 0.08


def test_the_delay_follows_a_lasting_change_within_its_time() -> None:
    sync = LipSync(settle_s=1)
    sync.measured(0.05, 0)
    delays = [sync.measured(0.15, n / 20) for n in range(1, 101)]
    assert delays == sorted(delays)
    assert 0.10 < delays[19] < 0.12  # 1 - 1/e of the way after one time constant
    assert delays[-1] == pytest.approx(0.15, abs=0.01)


def test_jitter_does_not_move_the_delay() -> None:
    sync = LipSync()
    sync.measured(0.05, 0)
    delays = {sync.measured(0.05 + 0.01 * (-1) ** n, n / 20) for n in range(1, 200)}
    assert delays == {0.05}


def test_the_frame_rate_does_not_change_how_fast_it_settles() -> None:
    slow, fast = LipSync(step_s=0), LipSync(step_s=0)
    for sync, rate in ((slow, 10), (fast, 60)):
        sync.measured(0.0, 0)
        for n in range(1, rate + 1):
            sync.measured(0.2, n / rate)
    assert slow.delay_s == pytest.approx(fast.delay_s, rel=0.01)


@pytest.mark.parametrize(("latency", "delay"), [(-1.0, 0.0), (9.0, 0.5)])
def test_the_delay_stays_in_its_bounds(latency: float, delay: float) -> None:
    assert LipSync(most_s=0.5).measured(latency, 0) == delay


def test_sound_leaves_earlier_by_its_lead() -> None:
    sync = LipSync(lead_s=0.06)
    assert sync.measured(0.1, 0) == pytest.approx(0.04)
    assert sync.latency_s == 0.1
    assert sync.measured(0.05, 100) == 0
    sync.lead_s = 0.0
    assert sync.measured(0.05, 200) == pytest.approx(0.05)


def test_a_clock_that_stands_still_changes_nothing() -> None:
    sync = LipSync()
    sync.measured(0.05, 1)
    assert sync.measured(0.4, 1) == 0.05


def test_camera_time_is_the_cameras_own_not_the_networks() -> None:
    time_of = CameraTime()
    arrivals = [5.0, 5.09, 5.11, 5.16]
    seconds = [time_of.of(1000 + n * 4500, at) for n, at in enumerate(arrivals)]
    assert seconds == pytest.approx([0, 0.05, 0.10, 0.15])


def test_camera_time_goes_on_where_its_32_bits_end() -> None:
    time_of = CameraTime()
    assert time_of.of(0xFFFFFFFF - 4499, 1.0) == 0
    assert time_of.of(0, 1.06) == pytest.approx(0.05)


@pytest.mark.parametrize("stamp", [1000, 900, 0x80000000, 1000 + 90_000 * 20])
def test_after_a_jump_camera_time_follows_the_arrival(stamp: int) -> None:
    time_of = CameraTime()
    time_of.of(1000, 1.0)
    assert time_of.of(stamp, 1.5) == pytest.approx(0.5)


def test_another_camera_goes_on_in_time() -> None:
    time_of = CameraTime()
    time_of.restart()
    time_of.of(1000, 1.0)
    time_of.restart()
    assert time_of.of(1000 + 9000, 1.04) == pytest.approx(0.04)
    assert time_of.of(1000 + 13500, 1.2) == pytest.approx(0.09)


def test_camera_time_always_rises() -> None:
    time_of = CameraTime()
    seconds = [time_of.of(stamp, 1.0) for stamp in (5, 5, 4, 3, 3)]
    assert seconds == sorted(set(seconds))

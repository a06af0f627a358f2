from mien.media.webrtc.nack import NackSchedule


def test_asks_at_once_then_after_the_interval_and_at_most_four_times() -> None:
    schedule = NackSchedule(interval_s=0.05, attempts=4)
    asked = [t for t in range(40) if schedule.due([7], t * 0.02)]
    assert asked == [0, 3, 6, 9]


def test_forgets_what_came() -> None:
    schedule = NackSchedule(interval_s=0.05)
    assert schedule.due([7, 8], 0.0) == [7, 8]
    assert schedule.due([8], 0.01) == []
    assert schedule.due([7, 8], 0.02) == [7]


def test_asks_for_the_newest_when_very_much_is_lost() -> None:
    schedule = NackSchedule(most_at_once=3)
    assert schedule.due(list(range(10)), 0.0) == [7, 8, 9]

import pytest

from mien.live.governor import CAUTION, MOST_CAUTION, PATIENCE, Governor, level_for

FPS = 20.0
CALM, FULL, LATE = 15.0, 45.0, 70.0


def seconds(governor: Governor, count: int, busy_ms: float, size: tuple[int, int]) -> list[int]:
    """So many seconds of frames that take busy_ms of the 50 ms that each has."""
    levels = []
    for _ in range(count):
        for _ in range(int(FPS)):
            governor.frame(busy_ms, *size)
        levels.append(governor.look(FPS))
    return levels


@pytest.mark.parametrize(
    ("size", "level"),
    [
        ((256, 144), 1),
        ((640, 360), 1),
        ((640, 480), 2),
        ((480, 640), 2),
        ((1280, 720), 3),
        ((1080, 1920), 3),
    ],
)
def test_the_size_says_the_level_unless_the_client_does(size: tuple[int, int], level: int) -> None:
    assert level_for(*size) == level
    governor = Governor()
    assert seconds(governor, 1, CALM, size) == [level]
    assert governor.why == "by size"
    asked = Governor(1)
    assert seconds(asked, 20, CALM, size)[-1] == 1
    assert asked.why == "as asked"


def test_it_steps_down_before_frames_are_late_and_says_why() -> None:
    governor = Governor(3)
    assert seconds(governor, PATIENCE, FULL, (1280, 720)) == [3] * (PATIENCE - 1) + [2]
    assert (governor.level, governor.wanted) == (2, 3)
    assert governor.why == "frames took too long"
    assert seconds(governor, 1, LATE, (1280, 720)) == [1], "at once where they are late"
    assert seconds(governor, 5, LATE, (1280, 720))[-1] == 1, "there is none below"


def test_one_slow_second_changes_nothing() -> None:
    governor = Governor(2)
    assert seconds(governor, 1, FULL, (640, 480)) == [2]
    assert seconds(governor, 1, CALM, (640, 480)) == [2]
    assert seconds(governor, 1, FULL, (640, 480)) == [2]


def test_it_goes_up_again_when_there_is_room_and_no_further_than_asked() -> None:
    governor = Governor(2)
    seconds(governor, PATIENCE, FULL, (640, 480))
    assert seconds(governor, CAUTION, CALM, (640, 480)) == [1] * (CAUTION - 1) + [2]
    assert governor.why == "as asked"
    assert seconds(governor, 30, CALM, (640, 480))[-1] == 2


def test_between_the_bounds_it_stays() -> None:
    governor = Governor(2)
    seconds(governor, PATIENCE, FULL, (640, 480))
    assert seconds(governor, 60, 33.0, (640, 480)) == [1] * 60


def test_it_does_not_go_up_and_down_all_the_time() -> None:
    """A machine that has room at level 1 and none at level 2."""
    governor = Governor(2)
    changes, level = 0, 2
    for _ in range(200):
        now = seconds(governor, 1, FULL if level == 2 else CALM, (640, 480))[0]
        changes, level = changes + (now != level), now
    assert changes < 14
    assert level in (1, 2)
    assert governor._caution == MOST_CAUTION


def test_a_new_size_begins_anew_where_the_client_said_nothing() -> None:
    governor = Governor()
    seconds(governor, PATIENCE, FULL, (640, 480))
    assert governor.level == 1
    assert seconds(governor, 1, CALM, (1280, 720)) == [3]


def test_too_few_frames_say_nothing() -> None:
    governor = Governor(3)
    governor.frame(500.0, 640, 480)
    assert governor.look(FPS) == 3
    assert governor.look(0.0) == 3

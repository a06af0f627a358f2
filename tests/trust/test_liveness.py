from dataclasses import replace

import pytest

from mien.trust.liveness import (
    TURNS,
    WORDS,
    Challenge,
    PersonReading,
    RandomBytes,
    make_challenge,
    objections,
    turns_of,
)

NAN = float("nan")
CHALLENGE = Challenge(("river", "honey", "table", "zebra"), ("left", "right", "left"))
GOOD = PersonReading(
    seconds=8.0,
    yaws=(0, 1, 0, 12, 25, 30, 20, 4, 0, -12, -24, -20, -3, 2, 15, 26, 10, 0),
    apart=(0.3,) * 9 + (0.7,),
    one_face=0.95,
    speech_s=2.0,
)


def test_a_clip_that_does_as_asked_is_accepted() -> None:
    assert objections(GOOD, CHALLENGE) == ()


@pytest.mark.parametrize(
    ("reading", "word"),
    [
        (replace(GOOD, seconds=2.9), "short"),
        (replace(GOOD, one_face=0.79), "one face"),
        (replace(GOOD, apart=(0.3,) * 7 + (0.7,) * 3), "not the registered"),
        (replace(GOOD, apart=()), "not the registered"),
        (replace(GOOD, yaws=tuple(-yaw for yaw in GOOD.yaws)), "not turned"),
        (replace(GOOD, yaws=(0.0,) * 18), "not turned"),
        (replace(GOOD, speech_s=0.7), "heard"),
    ],
)
def test_each_fault_is_told_alone(reading: PersonReading, word: str) -> None:
    (told,) = objections(reading, CHALLENGE)
    assert word in told


def test_turns_are_read_from_yaws() -> None:
    assert turns_of(GOOD.yaws) == ("left", "right", "left")
    # From one side straight to the other, without a frame in between.
    assert turns_of((0, 0, 0, 25, 30, -28, -30, 27)) == ("left", "right", "left")
    # To the same side twice, with the straight look between.
    assert turns_of((0, 0, 0, 25, 3, 28, 1)) == ("left", "left")
    # Not back to the straight look: one turn.
    assert turns_of((0, 0, 0, 25, 14, 28, 12, 30)) == ("left",)


def test_frames_without_a_face_do_not_count() -> None:
    assert turns_of((0, NAN, 0, 0, NAN, 25, NAN, -25, NAN)) == ("left", "right")
    assert turns_of((NAN,) * 20) == ()


def test_a_camera_beside_the_screen_is_allowed_for_but_not_any_angle() -> None:
    assert turns_of((8, 8, 8, 28, 8, -9, -12, 8)) == ("left", "right")
    # Who looks away from the start on has been turned from the start on.
    assert turns_of((40, 40, 40, 40, 40)) == ("left",)


def test_a_photo_that_is_turned_is_no_head_that_turns() -> None:
    """Yaws as measured of photos turned by 55 degrees to both sides, flat and bent."""
    assert turns_of((-2, -3, -5, -8, -11, -10, -6, -3, 0, 3, 5, 4, 2)) == ()


def test_challenges_are_random_and_never_all_one_way() -> None:
    def counted(number: int) -> RandomBytes:
        return lambda count: number.to_bytes(count, "big")

    orders = {make_challenge(counted(number)).turns for number in range(6)}
    assert len(orders) == 6
    assert all(len(order) == TURNS and len(set(order)) == 2 for order in orders)
    words = make_challenge(lambda n: bytes(range(n))).phrase
    assert words == WORDS[:4]
    assert len(set(WORDS)) == 32

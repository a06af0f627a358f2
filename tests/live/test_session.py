from dataclasses import replace

import pytest

from mien.errors import SessionClosed
from mien.live.session import Reason, Session, State

QUEUED = Session("s", "t", "c", "src_1", 2, 1, 3, 100, 3600, 7, 100.0)
INTERRUPTIONS = [reason for reason in Reason if reason is not Reason.CLOSED]


def test_the_states_are_the_documented_numbers() -> None:
    assert [state.value for state in State] == [1, 2, 3, 4]
    assert QUEUED.state is State.QUEUED


def test_placed_is_live() -> None:
    assert QUEUED.placed() == replace(QUEUED, state=State.LIVE)
    assert QUEUED.placed().placed().state is State.LIVE


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (Reason.CLOSED, State.FINISHED),
        (Reason.EVERYBODY_LEFT, State.FINISHED),
        (Reason.NOBODY_JOINED, State.FAILED),
        (Reason.CAMERA_GONE, State.FAILED),
        (Reason.WORKER_LOST, State.FAILED),
        (Reason.SERVER_RESTARTED, State.FAILED),
    ],
)
@pytest.mark.parametrize("start", [QUEUED, QUEUED.placed()])
def test_an_end_has_its_state_and_reason(start: Session, reason: Reason, state: State) -> None:
    ended = start.ended(reason)
    assert (ended.state, ended.reason) == (state, reason)


@pytest.mark.parametrize("reason", INTERRUPTIONS)
def test_what_was_interrupted_becomes_live_again(reason: Reason) -> None:
    again = QUEUED.placed().ended(reason).placed()
    assert (again.state, again.reason) == (State.LIVE, None)


def test_what_was_closed_stays_closed() -> None:
    closed = QUEUED.placed().ended(Reason.CLOSED)
    assert closed.closed
    with pytest.raises(SessionClosed):
        closed.placed()
    with pytest.raises(SessionClosed):
        closed.require_open()
    for reason in Reason:
        assert closed.ended(reason) == closed


@pytest.mark.parametrize("reason", INTERRUPTIONS)
def test_the_first_reason_stays_but_a_close_is_final(reason: Reason) -> None:
    ended = QUEUED.placed().ended(reason)
    assert all(ended.ended(later).reason is reason for later in INTERRUPTIONS)
    assert ended.ended(Reason.CLOSED).closed

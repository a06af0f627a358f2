import asyncio

from mien.live.rounds import Rounds


class Work:
    """Counts its rounds; the first of them fail."""

    def __init__(self, failures: int = 0) -> None:
        self.rounds = 0
        self.failures = failures
        self.again = asyncio.Event()

    async def __call__(self) -> None:
        self.rounds += 1
        if self.rounds <= self.failures:
            raise OSError("the disk is full")
        if self.rounds >= self.failures + 2:
            self.again.set()


async def test_it_begins_at_once_and_goes_on() -> None:
    work = Work()
    rounds = Rounds("a test", work)
    rounds.start(0.001)
    await asyncio.wait_for(work.again.wait(), 5)
    await rounds.stop()


async def test_a_failure_is_not_the_end() -> None:
    work = Work(failures=3)
    rounds = Rounds("a test", work)
    rounds.start(0.001)
    await asyncio.wait_for(work.again.wait(), 5)
    await rounds.stop()
    assert work.rounds >= 5


async def test_between_two_rounds_is_the_pause_and_after_the_stop_nothing() -> None:
    work = Work()
    rounds = Rounds("a test", work)
    rounds.start(600)
    await asyncio.sleep(0.02)
    assert work.rounds == 1
    await rounds.stop()
    await rounds.stop()
    assert work.rounds == 1


async def test_a_round_is_ended_in_its_middle() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(600)
        finally:
            ended.set()

    rounds = Rounds("a test", work)
    await rounds.stop()  # nothing was begun
    rounds.start(1)
    await asyncio.wait_for(begun.wait(), 5)
    await rounds.stop()
    assert ended.is_set()

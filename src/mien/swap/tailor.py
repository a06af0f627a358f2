"""What each person of a stream wears, fitted to him beside the stream."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from mien.models.weights import WeightStore
from mien.swap.album import Album
from mien.swap.fitting import Fitter
from mien.swap.look import Look, prepare_look
from mien.swap.portrait import Portrait
from mien.swap.source import SourceFace
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.hand import Hand

# So many people are remembered while they are away.
MOST_CLIENTS = 16


@dataclass(frozen=True)
class Plan:
    """steps: after how many portraits of a person a source is fitted to him, rising, and in how
    many rounds: a few moments must not be believed too much. spread: see Album."""

    steps: tuple[tuple[int, int], ...]
    spread: bool = False

    @property
    def most(self) -> int:
        """Portraits of a person that are of use."""
        return self.steps[-1][0]


# Beside a stream a fit takes what picture and sound need as well, so it has fewer rounds.
PLAN = Plan(((1, 8), (4, 10), (12, 12)))
PLAN_FOR_PICTURES = Plan(((1, 15),))
# Of a clip that is read ahead all moments are there at once, however few.
PLAN_FOR_CLIPS = Plan(((1, 12), (2, 12), (3, 14), (4, 15), (6, 15), (8, 16), (12, 18)), spread=True)


class Fittings(Protocol):
    """Sees people, and hands out what they wear."""

    def see(
        self, person: int, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand], seconds: float
    ) -> None:
        """Take in a frame, (h, w, 3) uint8 BGR, in which he can be seen; seconds: its time."""

    def look_for(self, person: int, look: Look) -> Look:
        """What he wears of a look by now."""


Work = Callable[[Callable[[], None]], bool]
"""Does a job now or soon, and says whether; not while it has another."""


def at_once(job: Callable[[], None]) -> bool:
    """Do it before anything else."""
    job()
    return True


@dataclass(frozen=True, eq=False)
class _Fit:
    """A source as it was fitted on so many portraits, and its look."""

    plain: SourceFace
    fitted: SourceFace
    portraits: int
    look: Look


class _Client:
    def __init__(self, plan: Plan) -> None:
        self.album = Album(plan.most, plan.spread)
        self.fit: _Fit | None = None
        # What was ordered last; a job that failed is not ordered again.
        self.ordered: tuple[SourceFace, int, int] | None = None


class Tailor:
    """Hands out looks. Called by one thread; work may do its jobs on another.

    load: makes the fitter, for each job anew: its nets are large, and needed for a second.
    """

    def __init__(
        self,
        load: Callable[[], Fitter],
        work: Work = at_once,
        plan: Plan = PLAN,
    ) -> None:
        self._load, self._work, self._plan = load, work, plan
        self._clients: dict[int, _Client] = {}
        self._known: frozenset[int] = frozenset()

    @classmethod
    def load(cls, store: WeightStore, work: Work = at_once, plan: Plan = PLAN) -> Self:
        """With fitters of the shipped nets, whose jobs raise WeightsError."""
        return cls(lambda: Fitter.load(store), work, plan)

    def see(
        self, person: int, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand], seconds: float
    ) -> None:
        """Take in a frame, (h, w, 3) uint8 BGR, in which he can be seen; seconds: its time."""
        if person in self._known:
            return
        if person not in self._clients:
            self._clients[person] = _Client(self._plan)
        self._clients[person].album.see(image, mesh, hands, seconds)
        if len(self._clients) > MOST_CLIENTS:
            del self._clients[next(iter(self._clients))]

    def know(self) -> None:
        """Whom it has seen it knows well enough: no further portraits of him, so no other look."""
        self._known = frozenset(self._clients)

    def look_for(self, person: int, look: Look) -> Look:
        """The look as it was fitted to him; as it is until then."""
        client = self._clients.get(person)
        if client is None:
            return look
        self._order(client, look)
        fit = client.fit
        if fit is None or fit.plain is not look.source or fit.look.size != look.size:
            return look
        return fit.look

    def _order(self, client: _Client, look: Look) -> None:
        """Have the source fitted, or its look made for another level of quality, if it is due."""
        there = client.album.portraits
        due = [step for step in self._plan.steps if step[0] <= len(there)]
        if not due:
            return
        portraits, rounds = due[-1]
        order = look.source, look.size, portraits
        before = client.ordered
        # An album that was thinned holds fewer for a while: the fit on more of them stays.
        if before is None or before[:2] != order[:2] or before[2] < portraits:
            tried = _evenly(there, portraits)
            if self._work(lambda: self._fit(client, look, tried, rounds)):
                client.ordered = order

    def _fit(self, client: _Client, look: Look, portraits: Sequence[Portrait], rounds: int) -> None:
        source, fit = look.source, client.fit
        if fit is not None and fit.plain is source and fit.portraits == len(portraits):
            fitted = fit.fitted
        else:
            fitted = self._load()(source, portraits, rounds)
        made = prepare_look(fitted, look.size)
        client.fit = _Fit(source, fitted, len(portraits), made)


def _evenly(there: Sequence[Portrait], number: int) -> tuple[Portrait, ...]:
    """So many of them, the first among them."""
    return tuple(there[turn * len(there) // number] for turn in range(number))

"""What each person of a stream wears, fitted to him beside the stream."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mien.swap.fitting import Fitter
from mien.swap.look import Look, prepare_look
from mien.swap.portrait import Portrait, tells_enough
from mien.swap.source import SourceFace
from mien.vision.face import BgrImage, FaceMesh
from mien.vision.hand import Hand

# After how many portraits of a person a source is fitted: at once, and when it can be done well.
FITTED_AT = (1, 4)
# Seconds between two portraits.
APART_S = 0.25
# So many people are remembered while they are away.
MOST_CLIENTS = 16

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


@dataclass(eq=False)
class _Client:
    portraits: list[Portrait] = field(default_factory=list)
    seen: float = float("-inf")
    fit: _Fit | None = None
    # What was ordered last; a job that failed is not ordered again.
    ordered: tuple[SourceFace, int, int] | None = None


class Tailor:
    """Hands out looks. Called by one thread; work may do its jobs on another.

    load: makes the fitter, for each job anew: its nets are large, and needed for a second.
    """

    def __init__(self, load: Callable[[], Fitter], work: Work = at_once) -> None:
        self._load, self._work = load, work
        self._clients: dict[int, _Client] = {}

    def see(
        self, person: int, image: BgrImage, mesh: FaceMesh, hands: Sequence[Hand], seconds: float
    ) -> None:
        """Take in a frame, (h, w, 3) uint8 BGR, in which he can be seen; seconds: its time."""
        client = self._clients.setdefault(person, _Client())
        wanted = len(client.portraits) < max(FITTED_AT)
        if wanted and abs(seconds - client.seen) >= APART_S and tells_enough(mesh, hands):
            client.portraits.append(Portrait.of(image, mesh, hands))
            client.seen = seconds
        while len(self._clients) > MOST_CLIENTS:
            del self._clients[next(iter(self._clients))]

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
        portraits = max((n for n in FITTED_AT if n <= len(client.portraits)), default=0)
        order = look.source, look.size, portraits
        if portraits == 0 or client.ordered == order:
            return
        tried = tuple(client.portraits[:portraits])
        if self._work(lambda: self._fit(client, look, tried)):
            client.ordered = order

    def _fit(self, client: _Client, look: Look, portraits: Sequence[Portrait]) -> None:
        source, fit = look.source, client.fit
        if fit is not None and fit.plain is source and fit.portraits == len(portraits):
            fitted = fit.fitted
        else:
            fitted = self._load()(source, portraits)
        made = prepare_look(fitted, look.size)
        client.fit = _Fit(source, fitted, len(portraits), made)

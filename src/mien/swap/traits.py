"""What is known of one person, however he comes and goes and whatever he wears."""

from dataclasses import dataclass
from typing import Self

from mien.swap.eyewear import Eyewear
from mien.swap.folds import Folds
from mien.swap.shape import Neutral


@dataclass(frozen=True, eq=False)
class Traits:
    """neutral: his shape at rest. folds: his skin above the eyes at rest, and what an expression
    adds to it. eyewear: whether he wears glasses."""

    neutral: Neutral
    folds: Folds
    eyewear: Eyewear

    @classmethod
    def unknown(cls, grid: int) -> Self:
        """Of somebody new; grid: side of the light's grid."""
        return cls(Neutral(), Folds(grid), Eyewear())

    def copy(self, grid: int, relit: bool = False) -> Self:
        """An independent copy for a grid of that size. Folds look otherwise on another grid or,
        relit, in another light."""
        lasting = self.folds.grid == grid and not relit
        folds = self.folds.copy() if lasting else Folds(grid)
        return type(self)(self.neutral.copy(), folds, self.eyewear.copy())

"""Whose faces are worn, and by whom."""

from dataclasses import dataclass
from typing import Literal, get_args

from mien.errors import ParameterError
from mien.swap.source import SourceFace
from mien.vision.identity import Embedding
from mien.vision.tracker import MOST_PEOPLE

FaceMode = Literal["largest", "all", "order", "chosen"]
FACE_MODES: tuple[FaceMode, ...] = get_args(FaceMode)


@dataclass(frozen=True, eq=False)
class Cast:
    """Sources and how they are given out.

    largest: the first source to one person, the largest at first and then the same. all: the first
    source to everybody. order: the sources to people from left to right, as they stand when they
    are first seen; who comes later gets the next one left. chosen: source n to whoever targets[n],
    an embedding, is. Raises ParameterError for no or too many sources, or targets that don't fit.
    """

    sources: tuple[SourceFace, ...]
    mode: FaceMode = "largest"
    targets: tuple[Embedding, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < len(self.sources) <= MOST_PEOPLE:
            raise ParameterError(f"A cast has 1 to {MOST_PEOPLE} source faces.")
        if self.mode == "chosen" and len(self.targets) != len(self.sources):
            raise ParameterError("Each source needs one target face that it is meant for.")

    @property
    def people(self) -> int:
        """How many people must be followed at once."""
        return 1 if self.mode == "largest" else MOST_PEOPLE

"""The text form of landmarks that detect gives and create takes: "x,y:x,y:..."."""

import re
from typing import Annotated

from pydantic import WithJsonSchema

from mien.errors import ParameterError

Landmarks = tuple[tuple[int, int], ...]


def _integers(count: int) -> WithJsonSchema:
    """How a fixed number of integers is described; FastAPI misspells a tuple's own schema."""
    items = {"type": "integer"}
    return WithJsonSchema({"type": "array", "items": items, "minItems": count, "maxItems": count})


# x, y; and x, y, width, height: pixels of the picture.
Point = Annotated[tuple[int, int], _integers(2)]
Region = Annotated[tuple[int, int, int, int], _integers(4)]

# Four points in the first form of detect, six where a client sends all of the newer form.
COUNTS = (4, 6)
NUMBER = r"\s*(-?\d{1,6})(?:\.\d{0,20})?\s*"
POINT = re.compile(f"{NUMBER},{NUMBER}", re.ASCII)
MAX_TEXT = 500


def parse_landmarks(text: str | None, field: str) -> Landmarks:
    """Four or six points; none for missing or empty text. Fractions are cut off.

    Raises ParameterError naming the field.
    """
    if text is None or not text.strip():
        return ()
    parts = text.split(":") if len(text) <= MAX_TEXT else []
    points = [match for match in map(POINT.fullmatch, parts) if match]
    if len(points) != len(parts) or len(points) not in COUNTS:
        raise ParameterError(f'{field}: must be 4 or 6 points "x,y:x,y:...", as detect gives them.')
    return tuple((int(match[1]), int(match[2])) for match in points)


def format_landmarks(points: Landmarks) -> str:
    """ "x,y:x,y:..." of the points."""
    return ":".join(f"{x},{y}" for x, y in points)

"""Who a newly found face is: one of those who were lost, or a stranger."""

from collections.abc import Sequence
from dataclasses import dataclass

from mien.vision.face import Detection, FaceMesh
from mien.vision.identity import Embedding, distance
from mien.vision.person import Person
from mien.vision.place import Place

# A place alone speaks less than a likeness does.
BY_PLACE = 1.0


@dataclass(frozen=True, eq=False)
class Newcomer:
    """A face that nobody is followed in yet.

    embedding: None where nobody asked who it is. frontal: whether it is to be trusted.
    """

    candidate: Detection
    mesh: FaceMesh
    embedding: Embedding | None
    frontal: bool


def recognise(
    lost: Sequence[Person], newcomers: Sequence[Newcomer], seconds: float, cut: bool
) -> dict[Person, Newcomer]:
    """Whose faces the newcomers' are; the likeliest pairs first, each at most once.

    A face near where somebody was lost a moment ago is taken for his more readily, but not across
    a cut.
    """
    pairs = []
    for person in lost:
        for number, newcomer in enumerate(newcomers):
            near = not cut and person.left_near(Place.of(newcomer.mesh.points), seconds)
            gap = _gap(person, newcomer.embedding, near)
            if gap is not None:
                pairs.append((gap, person.id, number, person, newcomer))
    found: dict[Person, Newcomer] = {}
    for *_, person, newcomer in sorted(pairs, key=lambda pair: pair[:3]):
        if person not in found and newcomer not in found.values():
            found[person] = newcomer
    return found


def _gap(person: Person, embedding: Embedding | None, near: bool) -> float | None:
    """How unlike they are; None where the face is not his."""
    if embedding is None or person.embedding is None:
        return BY_PLACE if near else None
    if not person.resembles(embedding, near=near):
        return None
    return distance(person.embedding, embedding)

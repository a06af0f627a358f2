import numpy as np
import pytest
from tests.swap.faces import placed

from mien.errors import ParameterError
from mien.swap.cast import Cast
from mien.swap.casting import Casting
from mien.swap.rehearsal import plain_source
from mien.vision.face import FaceTrack
from mien.vision.identity import Embedding
from mien.vision.sighting import Sighting


def somebody(angle: float) -> Embedding:
    """People whose angles differ by one are strangers."""
    face = np.zeros(128, np.float32)
    face[:2] = np.cos(angle), np.sin(angle)
    return face


def track(face_id: int, x: float, embedding: Embedding | None = None) -> FaceTrack:
    return FaceTrack(face_id, placed(dx=x), 1, embedding)


def sighting(*tracks: FaceTrack, gone: tuple[int, ...] = ()) -> Sighting:
    return Sighting(tracks, (), frozenset({one.id for one in tracks} | set(gone)))


def test_everybody_wears_the_one_source() -> None:
    seen = sighting(track(3, 0), track(7, 90))
    casting = Casting("all", 1).recast(seen)
    assert casting.roles == {3: 0, 7: 0}
    assert casting.hides_unknown(seen), "who comes is covered until he is followed"


def test_order_is_from_the_left_as_they_stand_at_first() -> None:
    first = Casting("order", 3).recast(sighting(track(1, 80), track(2, -80)))
    assert first.roles == {2: 0, 1: 1}
    crossed = first.recast(sighting(track(1, -80), track(2, 80)))
    assert crossed is first
    more = first.recast(sighting(track(1, 80), track(2, 0), track(4, -90), track(5, 0)))
    assert more.roles == {2: 0, 1: 1, 4: 2}, "the next source left, then none"


def test_while_a_face_is_left_to_give_newcomers_are_expected_and_covered() -> None:
    seen = sighting(track(1, 0))
    two = Casting("order", 2).recast(seen)
    assert two.expecting
    assert two.hides_unknown(seen), "the next one will wear what is left"
    both = two.recast(sighting(track(1, 0), track(2, 50)))
    assert not both.expecting
    assert not both.hides_unknown(sighting(track(1, 0), track(2, 50)))
    assert Casting("all", 1).recast(seen).expecting
    assert not Casting("largest", 1).recast(seen).expecting
    assert not Casting("largest", 1).expecting


def test_a_role_waits_for_who_is_known_and_is_free_after_that() -> None:
    casting = Casting("order", 1).recast(sighting(track(1, 0)))
    away = sighting(track(2, 0), gone=(1,))
    assert casting.recast(away).roles == {1: 0}
    assert casting.missing(away)
    assert casting.hides_unknown(away)
    assert casting.recast(sighting(track(2, 0))).roles == {2: 0}


def test_the_chosen_are_known_by_their_faces() -> None:
    targets = (somebody(0), somebody(1))
    casting = Casting("chosen", 2, targets)
    casting = casting.recast(sighting(track(1, 0, somebody(1.1)), track(2, 50, somebody(2.5))))
    assert casting.roles == {1: 1}
    assert casting.undecided(track(3, 0)), "nobody knows yet who he is"
    assert not casting.undecided(track(2, 0, somebody(2.5)))
    everybody = sighting(
        track(1, 0, somebody(1.1)), track(3, 0, somebody(0.4)), track(4, 0, somebody(0.1))
    )
    assert casting.recast(everybody).roles == {1: 1, 4: 0}, "the likest of two"


def test_somebody_chosen_takes_his_role_again_under_a_new_id() -> None:
    casting = Casting("chosen", 1, (somebody(0),)).recast(sighting(track(1, 0, somebody(0))))
    again = casting.recast(sighting(track(9, 0, somebody(0.2)), gone=(1,)))
    assert again.roles == {9: 0}


def test_only_while_a_chosen_one_is_missing_are_the_unknown_covered() -> None:
    seen = sighting(track(1, 0, somebody(0)))
    casting = Casting("chosen", 1, (somebody(0),))
    assert casting.hides_unknown(seen)
    assert not casting.recast(seen).hides_unknown(seen)


def test_a_cast_must_be_whole() -> None:
    source = plain_source()
    with pytest.raises(ParameterError, match="1 to 8"):
        Cast(())
    with pytest.raises(ParameterError, match="1 to 8"):
        Cast((source,) * 9, "order")
    with pytest.raises(ParameterError, match="target"):
        Cast((source, source), "chosen", (somebody(0),))
    assert Cast((source,)).people == 1
    assert Cast((source,), "all").people == 8

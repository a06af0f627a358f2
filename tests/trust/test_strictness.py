from itertools import pairwise

import pytest

from mien.trust.policy import Policy
from mien.trust.strictness import RANKS, is_laxer


@pytest.mark.parametrize(
    ("field", "from_lax_to_strict"),
    [
        ("likeness", ["implicit", "required"]),
        ("gate", ["off", "on", "required"]),
        ("recording", ["allow", "deny"]),
        ("recording_days", [30.0, 7.0, 0.5]),
        ("lost_face", ["pass", "hold"]),
        ("lost_face", ["pass", "blur"]),
    ],
)
def test_each_field_has_an_order(field: str, from_lax_to_strict: list[str | float]) -> None:
    for lax, strict in pairwise(from_lax_to_strict):
        assert is_laxer(field, lax, strict)
        assert not is_laxer(field, strict, lax)
        assert not is_laxer(field, lax, lax)


def test_a_bare_face_is_seen_neither_held_nor_blurred() -> None:
    assert not is_laxer("lost_face", "hold", "blur")
    assert not is_laxer("lost_face", "blur", "hold")


def test_every_field_that_a_tenant_may_have_is_ordered() -> None:
    assert set(RANKS) | {"recording_days", "label"} == set(Policy().as_json())

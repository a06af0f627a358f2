import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.api.landmarks import format_landmarks, parse_landmarks
from mien.errors import ParameterError

FOUR = ((239, 364), (386, 366), (317, 472), (266, 539))


def parse(text: str | None) -> tuple[tuple[int, int], ...]:
    return parse_landmarks(text, "opts")


def test_the_documented_form() -> None:
    assert parse("239,364:386,366:317,472:266,539") == FOUR
    assert parse("1,2:3,4:5,6:7,8:9,10:11,12")[5] == (11, 12)
    assert parse(" 239.9, 364 :386,366:317,472:-266,539")[3] == (-266, 539)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_none(text: str | None) -> None:
    assert parse(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "1,2",
        "1,2:3,4:5,6",
        "1,2:3,4:5,6:7",
        "1,2:3,4:5,6:7,8:",
        "1,2:3,4:5,6:7,8:9,10",
        "1,2:3,4:5,6:7,8,9",
        "1;2:3,4:5,6:7,8",
        "1e9,2:3,4:5,6:7,8",
        "9999999,2:3,4:5,6:7,8",
        "\u0661,2:3,4:5,6:7,8",
        "1,2:3,4:5,6:7,8" + " " * 500,
        "text",
    ],
)
def test_wrong_texts_name_the_field(text: str) -> None:
    with pytest.raises(ParameterError, match=r"^opts:"):
        parse(text)


@given(st.lists(st.tuples(st.integers(-9999, 9999), st.integers(0, 9999)), min_size=4, max_size=4))
def test_what_was_formatted_comes_back(points: list[tuple[int, int]]) -> None:
    assert parse(format_landmarks(tuple(points))) == tuple(points)


@given(st.text(alphabet="0123456789,:.- x\n", max_size=80) | st.text(max_size=600))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ParameterError):
        assert len(parse(text)) in (0, 4, 6)

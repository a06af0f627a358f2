import inspect

import pytest

from mien import errors
from mien.errors import ANSWERS, MarkingFailed, MienError, WeightsError, answer_for

CONTRACT_CODES = {1003, 1004, 1005, 1006, 1007, 1008, 1009, 1016, 1101, 1102, 1200, 1215}


def test_every_code_of_the_contract_is_in_the_table() -> None:
    assert {answer.code for answer in ANSWERS.values()} == CONTRACT_CODES


def test_every_error_but_server_faults_has_an_answer() -> None:
    classes = {
        item
        for _, item in inspect.getmembers(errors, inspect.isclass)
        if issubclass(item, MienError) and item is not MienError
    }
    unanswered = {kind for kind in classes if not set(kind.__mro__) & set(ANSWERS)}
    assert unanswered == {MarkingFailed, WeightsError}


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.MissingCredentials("x"), 1102, 401),
        (errors.BadCredentials("x"), 1101, 401),
        (errors.NoCapacity("x"), 1215, 503),
        (errors.NotFound("x"), 1008, 404),
        (errors.Forbidden("x"), 1009, 403),
        (errors.SourceRejected("x"), 1016, 400),
        (errors.PayloadTooLarge("x"), 1003, 413),
    ],
)
def test_answers(error: MienError, code: int, status: int) -> None:
    answer = answer_for(error)
    assert (answer.code, answer.http_status) == (code, status)
    assert answer.advice.endswith(".")


def test_a_failure_says_what_to_do_after_what_happened() -> None:
    assert (
        str(errors.ImageRejected("It is blurred", "take another."))
        == "It is blurred; take another."
    )
    assert str(errors.ImageRejected("It is blurred.")) == "It is blurred."


def test_a_failure_of_one_of_several_names_it_and_stays_what_it_is() -> None:
    named = errors.ContentRefused("It shows nudity", "take another.").about("sourceImage[1]")
    assert type(named) is errors.ContentRefused
    assert str(named) == "sourceImage[1]: It shows nudity; take another."
    assert named.advice == "take another."


def test_a_subclass_answers_like_its_base() -> None:
    class TinyFace(errors.SourceRejected):
        pass

    assert answer_for(TinyFace("20 px")).code == 1016


def test_a_server_fault_has_no_answer() -> None:
    with pytest.raises(KeyError):
        answer_for(WeightsError("gone"))

"""What is told of a finding, to machines and to people."""

import json

from mien.trust.credentials import Credentials
from mien.trust.detector import Finding
from mien.trust.registry import Statement
from mien.trust.search import Geometry, Peak
from mien.trust.verdict import Verdict

PEAK = Peak(12.0, Geometry(), False, (0, 0))
FOUND = Finding(True, 0.99999999, 0xBEEF, 0, PEAK, 24)
NOT_FOUND = Finding(False, 0.0, None, 0, PEAK, 1)
STATEMENT = Statement(0xBEEF, "d" * 32, "live", 1_800_000_000.0, "0.1.0")


def test_a_machine_reads_the_documented_fields() -> None:
    found = json.loads(json.dumps(Verdict(FOUND, STATEMENT).as_json()))
    assert found == {
        "marked": True,
        "confidence": 0.99999999,
        "mark_id": "00000000beef",
        "c2pa": "absent",
        "bound": False,
        "manifest": None,
        "false_positive_rate": 1e-6,
        "frames": 24,
        "statement": {
            "session": "d" * 32,
            "made": "live",
            "made_at": "2027-01-15T08:00:00+00:00",
            "engine_version": "0.1.0",
        },
    }


def test_nothing_found() -> None:
    found = Verdict(NOT_FOUND).as_json()
    assert (found["marked"], found["mark_id"], found["statement"]) == (False, None, None)
    said = Verdict(NOT_FOUND).as_text()
    assert said.startswith("Not marked, as far as can be seen in 1 frame.")


def test_people_read_whose_it_is() -> None:
    said = Verdict(FOUND, STATEMENT).as_text()
    assert "less than once in 1,000,000 tries" in said
    assert "Mark 00000000beef: made in a live session on 2027-01-15 at 08:00:00 UTC" in said


def test_a_mark_that_is_too_weak_and_one_that_nobody_knows() -> None:
    weak = Finding(True, 0.9999999, None, 0, PEAK, 24)
    assert "too weak to say which" in Verdict(weak).as_text()
    assert "no statement about it" in Verdict(FOUND).as_text()


def test_a_manifest_is_told_beside_the_mark() -> None:
    trusted = Credentials("trusted", "Somebody", "2027-01-15T08:00:00+00:00", 0xBEEF, "d" * 32)
    verdict = Verdict(FOUND, STATEMENT, trusted)
    assert verdict.as_json()["manifest"] == {
        "signed_by": "Somebody",
        "signed_at": "2027-01-15T08:00:00+00:00",
        "mark_id": "00000000beef",
        "session": "d" * 32,
    }
    assert "signed by Somebody, who is trusted here" in verdict.as_text()
    assert "different sessions" not in verdict.as_text()


def test_a_mark_laid_under_another_session_s_manifest_is_noticed() -> None:
    other = Credentials("trusted", "Somebody", None, 0xCAFE, "d" * 32)
    assert "name different sessions" in Verdict(FOUND, STATEMENT, other).as_text()


def test_a_changed_file_is_called_so() -> None:
    verdict = Verdict(FOUND, STATEMENT, Credentials("invalid"))
    assert (verdict.as_json()["c2pa"], verdict.as_json()["manifest"]) == ("invalid", None)
    assert "one of them was changed" in verdict.as_text()


def test_only_a_trusted_manifest_binds_the_mark_to_the_file() -> None:
    """Without one the mark may have been copied; a stranger may sign what he copied it onto."""
    warning = "it can be copied from a recording"
    for credentials, bound in (
        (Credentials("trusted", "Somebody", None, 0xBEEF, "d" * 32), True),
        (Credentials("valid", "A stranger", None, 0xBEEF, "d" * 32), False),
        (Credentials("trusted", "Somebody", None, 0xCAFE, "d" * 32), False),
        (Credentials("trusted", "Somebody"), False),
        (Credentials("invalid"), False),
        (Credentials(), False),
    ):
        verdict = Verdict(FOUND, STATEMENT, credentials)
        assert verdict.as_json()["bound"] is verdict.bound is bound
        assert (warning in verdict.as_text()) is not bound
    nothing = Verdict(NOT_FOUND, None, Credentials("trusted", "Somebody"))
    assert not nothing.bound
    assert warning not in nothing.as_text()

from pathlib import Path

import pytest

from mien.models.cores import at_most, usable_cores


@pytest.mark.parametrize(
    ("text", "cores"), [("50000 100000\n", 0.5), ("max 100000\n", None), ("junk", None), ("", None)]
)
def test_a_containers_quota_counts(tmp_path: Path, text: str, cores: float | None) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(text)
    unlimited = usable_cores(tmp_path / "missing")
    assert unlimited >= 1
    assert usable_cores(quota) == (cores or unlimited)


@pytest.mark.parametrize(
    ("there", "wanted", "given"), [(2.0, 2, 2), (8.0, 2, 2), (1.9, 2, 1), (0.5, 2, 1), (8.0, 1, 1)]
)
def test_nobody_gets_more_cores_than_there_are(
    there: float, wanted: int, given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.models.cores.usable_cores", lambda: there)
    assert at_most(wanted) == given

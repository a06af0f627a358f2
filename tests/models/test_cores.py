from pathlib import Path

import pytest

from mien.models.cores import usable_cores


@pytest.mark.parametrize(
    ("text", "cores"), [("50000 100000\n", 0.5), ("max 100000\n", None), ("junk", None), ("", None)]
)
def test_a_containers_quota_counts(tmp_path: Path, text: str, cores: float | None) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(text)
    unlimited = usable_cores(tmp_path / "missing")
    assert unlimited >= 1
    assert usable_cores(quota) == (cores or unlimited)

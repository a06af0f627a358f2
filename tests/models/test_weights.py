import shutil
from pathlib import Path

import pytest

from mien.errors import WeightsError
from mien.models.weights import DATA, WEIGHTS, WeightStore


def copied(directory: Path, *names: str) -> WeightStore:
    for weight in WEIGHTS:
        if weight.name in names:
            shutil.copy(DATA / weight.file, directory / weight.file)
    return WeightStore(directory)


def test_every_shipped_weight_is_whole() -> None:
    assert WeightStore().problems() == ()


def test_the_table_names_every_shipped_file() -> None:
    assert {weight.file for weight in WEIGHTS} == {path.name for path in DATA.iterdir()}


def test_a_path_leads_to_the_file() -> None:
    assert WeightStore().path("blendshapes") == DATA / "face_blendshapes.tflite"


def test_a_missing_file_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"face_blendshapes\.tflite is missing"):
        WeightStore(tmp_path).path("blendshapes")


def test_one_changed_byte_is_noticed(tmp_path: Path) -> None:
    store = copied(tmp_path, "canonical_face")
    file = store.path("canonical_face")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(WeightsError, match="damaged"):
        WeightStore(tmp_path).path("canonical_face")


def test_problems_lists_each_missing_or_damaged_file(tmp_path: Path) -> None:
    store = copied(tmp_path, "canonical_face", "blendshapes")
    (tmp_path / "face_blendshapes.tflite").write_bytes(b"")
    problems = store.problems()
    assert len(problems) == len(WEIGHTS) - 1
    assert "The model file face_blendshapes.tflite is damaged" in problems
    assert not any("geometry" in problem for problem in problems)


def test_the_hash_is_read_once(tmp_path: Path) -> None:
    store = copied(tmp_path, "canonical_face")
    file = store.path("canonical_face")
    file.write_bytes(b"changed after the check")
    assert store.path("canonical_face") == file


def test_a_name_outside_the_table_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        WeightStore().path("no such net")

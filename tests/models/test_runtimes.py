import os
from pathlib import Path

import numpy as np
import pytest

from mien.errors import WeightsError
from mien.models.runtimes import LiteRtModel, OnnxModel
from mien.models.weights import WeightStore


def test_litert_gives_every_output_in_order() -> None:
    model = LiteRtModel(WeightStore().path("landmarks_478"))
    assert model.input_shape == (1, 256, 256, 3)
    outputs = model(np.zeros(model.input_shape, np.float32))
    assert [output.size for output in outputs] == [1434, 1, 1]
    assert outputs[1].item() < 0, "a black picture holds no face"


def test_litert_outputs_are_the_callers_own() -> None:
    model = LiteRtModel(WeightStore().path("blendshapes"))
    first = model(np.zeros(model.input_shape, np.float32))[0]
    kept = first.copy()
    model(np.random.default_rng(1).random(model.input_shape, np.float32))
    np.testing.assert_array_equal(first, kept)


def test_litert_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    LiteRtModel(WeightStore().path("blendshapes"))
    assert capfd.readouterr() == ("", "")


def test_stderr_works_after_loading(capfd: pytest.CaptureFixture[str]) -> None:
    LiteRtModel(WeightStore().path("blendshapes"))
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


def test_onnx_runs() -> None:
    model = OnnxModel(WeightStore().path("identity"))
    (embedding,) = model(np.zeros((1, 3, 150, 150), np.float32))
    assert embedding.shape == (1, 128)


def test_an_onnx_net_without_an_arena_says_the_same_and_keeps_less() -> None:
    path = WeightStore().path("identity")
    noise = np.random.default_rng(0).uniform(0, 255, (1, 3, 150, 150)).astype(np.float32)
    kept, spare = OnnxModel(path), OnnxModel(path, arena=False)
    np.testing.assert_allclose(spare(noise)[0], kept(noise)[0], atol=1e-5)
    assert kept._session.get_session_options().enable_cpu_mem_arena
    assert not spare._session.get_session_options().enable_cpu_mem_arena


@pytest.mark.parametrize("runtime", [LiteRtModel, OnnxModel])
def test_a_file_that_is_no_model_is_a_weights_error(
    runtime: type[LiteRtModel] | type[OnnxModel], tmp_path: Path
) -> None:
    file = tmp_path / "net.bin"
    file.write_bytes(b"not a model")
    with pytest.raises(WeightsError, match=r"net\.bin"):
        runtime(file)
